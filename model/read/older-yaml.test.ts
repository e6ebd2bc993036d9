import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isItsOwnText, olderKind } from './older-yaml.ts';

/** As the reader of YAML 1.1 that kubectl has takes a text without quotes. */
const kinds: readonly (readonly [kind: ReturnType<typeof olderKind>, texts: string])[] = [
  ['boolean', 'y Y yes Yes YES on On ON n N no No NO off Off OFF'],
  [null, 'yEs oN nO oFf yesterday none offer nope ony web Y2 n1 on-call'],
  ['number', '12_000 1_0.5 1_2 0b11 0B11 -0b11 0b-1 +0X1f 0x1_0 0O17 01_7 08_9 1_e3'],
  [null, '1:30 2024-01-02 10.0.0.1 1.2.3 v1 1.20-rc 0b12 0xg - _1 . ._5 1_a 0b 1e'],
];
for (const [kind, texts] of kinds)
  for (const text of texts.split(' '))
    test(`${text} without quotes is ${kind ?? 'a text'} in YAML 1.1`, () => assert.equal(olderKind(text), kind));

const own: readonly (readonly [is: boolean, texts: string])[] = [
  [true, 'true false 0 8080 -3'],
  [false, 'True FALSE 1.10 1e3 010 +1 0x10 1234567890123456'],
];
for (const [is, texts] of own)
  for (const text of texts.split(' '))
    test(`the key ${text} is ${is ? 'the same' : 'another'} text where it is written as a value`, () =>
      assert.equal(isItsOwnText(text), is));
