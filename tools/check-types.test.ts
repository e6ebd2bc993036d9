import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTypes } from './check-types.ts';

const checked = new Set(['net/prefix.ts', 'net/prefix.test.ts', 'ui/main.tsx']);
const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['nothing', [], []],
  ['files that are checked', ['net/prefix.ts', 'net/prefix.test.ts', 'ui/main.tsx'], []],
  ['a test that is not', ['net/prefix.ts', 'ui/policy/search.test.ts'], ['ui/policy/search.test.ts: this test']],
  ['a file that is not', ['ui/start.ts'], ['ui/start.ts: this file']],
  ['one of almost that name', ['prefix.ts', 'ui/main.ts'], ['prefix.ts: this file', 'ui/main.ts: this file']],
];

for (const [title, files, complaints] of cases) {
  test(`types of every file are checked: ${title}`, () => {
    const found = checkTypes(files, checked);
    assert.deepEqual(
      found.map((text) => text.replace(/ is in none of .*/, '')),
      complaints,
    );
  });
}
