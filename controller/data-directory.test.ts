import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDataDirectory } from './data-directory.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

test('a data directory is made with all above it, for its owner alone', (context) => {
  const path = join(temporaryDirectory(context), 'a', 'b');
  assert.equal(makeDataDirectory(path), null);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(makeDataDirectory(path), null);
});

test('what cannot be one is said in a sentence', (context) => {
  const file = join(temporaryDirectory(context), 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'below'), '/proc/no-such-place/below']) {
    assert.match(makeDataDirectory(path) ?? '', /^Cannot keep data in "/, path);
  }
});
