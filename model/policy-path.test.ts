import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongPolicyPath, wrongPolicyPaths } from './policy-path.ts';

const away = /leads out/;
const characters = /characters that paths do not have/;
const notForPolicy = /not for policy/;

/** Null: it is the path of a policy file. */
const cases: readonly (readonly [path: string, why: RegExp | null])[] = [
  ['a.yaml', null],
  ['teams/shop/a.yaml', null],
  ['..a/b..yaml', null],
  ['.hidden/a.yaml', null],
  ['.gitignore', null],
  ['plain', null],
  ['teams/läden 1.yaml', null],
  ['店/規則.yaml', null],
  ['teams/labels.txt', null],
  [`${'x'.repeat(240)}/a.yaml`, null],
  ['', away],
  ['/a.yaml', away],
  ['..', away],
  ['../a.yaml', away],
  ['teams/../../a.yaml', away],
  ['./a.yaml', away],
  ['teams/./a.yaml', away],
  ['teams//a.yaml', away],
  ['teams/', away],
  ['a\\b.yaml', characters],
  ['a\nb.yaml', characters],
  ['a\u0000.yaml', characters],
  ['a\u009b.yaml', characters],
  ['a\u2028.yaml', characters],
  ['lmay.\u202elmth', characters],
  ['a\u200b.yaml', characters],
  ['a\ud800.yaml', characters],
  ['\udc00', characters],
  ['.git/hooks/pre-commit', notForPolicy],
  ['.GIT/config', notForPolicy],
  ['teams/shop/.git/x.yaml', notForPolicy],
  ['.svn', notForPolicy],
  ['.bulkhead.json', notForPolicy],
  ['teams/.bulkhead.json', notForPolicy],
  ['labels.txt', /label assignments/],
  [`${'x'.repeat(241)}/a.yaml`, /241 bytes/],
  [`teams/${'ä'.repeat(150)}.yaml`, /305 bytes/],
  [`${'x/'.repeat(250)}a`, /501 characters/],
];

for (const [path, why] of cases)
  test(`${JSON.stringify(path).slice(0, 60)} is ${why === null ? '' : 'not '}the path of a policy file`, () => {
    const wrong = wrongPolicyPath(path);
    if (why === null) assert.equal(wrong, null);
    else assert.match(wrong ?? '', why);
  });

test('what is a file and a folder at once is wrong as a file', () => {
  const paths = ['a.yaml', 'a.yaml.d/b.yaml', 'shop', 'shop/deep/b.yaml', 'pay/../x'];
  assert.deepEqual([...wrongPolicyPaths(paths).keys()], ['shop', 'pay/../x']);
});
