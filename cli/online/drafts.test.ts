import assert from 'node:assert/strict';
import test from 'node:test';
import { nameOf } from './drafts.ts';

test('a file given by itself is named below where it may be written one day', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a.yaml', 'a.yaml'],
    ['./examples/modes/a.yaml', 'examples/modes/a.yaml'],
    ['../../a.yaml', 'a.yaml'],
    ['/etc/bulkhead/a.yaml', 'etc/bulkhead/a.yaml'],
    ['x/../../a.yaml', 'a.yaml'],
    ['..a/b.yaml', '..a/b.yaml'],
  ];
  for (const [file, name] of cases) assert.equal(nameOf(file), name);
});
