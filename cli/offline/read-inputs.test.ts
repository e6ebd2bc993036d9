import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readInputs } from './read-inputs.ts';

test('files and folders are read, and what is neither is refused without waiting for it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-inputs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  writeFileSync(at('a.yaml'), 'kind: Mode');
  writeFileSync(at('notes.txt'), 'text');
  symlinkSync(at('round'), at('round'));
  spawnSync('mkfifo', [at('pipe.yaml')]);
  assert.deepEqual(
    readInputs([folder]).map(({ file }) => file),
    [at('a.yaml')],
  );
  assert.equal(readInputs([at('notes.txt'), at('a.yaml'), folder]).length, 2);
  for (const [name, message] of [
    ['pipe.yaml', /it is no file and no directory/],
    ['round', /there is no such file/],
    ['missing', /there is no such file/],
  ] as const) {
    assert.throws(() => readInputs([at(name)]), message, name);
  }
});
