import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed, nearest, suggest } from './nearest.ts';

const keys = ['allow', 'deny', 'pass', 'from', 'to', 'services'];

const cases: readonly (readonly [string, string | null])[] = [
  ['alow', 'allow'],
  ['Allow', 'allow'],
  ['allwo', 'allow'],
  ['form', 'from'],
  ['service', 'services'],
  ['tto', 'to'],
  ['xy', null],
  ['permit', null],
  ['', null],
  ['serv', null],
];

test('the nearest candidate is a typing mistake away, or none is', () => {
  for (const [text, expected] of cases) assert.equal(nearest(text, keys), expected, text);
});

test('without a near one the candidates are listed, and long lists are cut', () => {
  assert.equal(suggest('permit', ['a', 'b']), 'known are a, b');
  assert.equal(suggest('permit', []), undefined);
  assert.match(listed(Array.from({ length: 25 }, (_, i) => `n${i}`)), /, n19 and 5 more$/);
});
