import assert from 'node:assert/strict';
import fs, { existsSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { commitFile, removeFile, replaceFile, stagedPath, stageFile, writeFileAtomically } from './atomic-file.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

/** What is done to files while `act` runs, in order: syncing what, renaming to what, removing what. */
function doneBy(context: TestContext, act: () => void): string[] {
  const done: string[] = [];
  const { fsyncSync, renameSync, rmSync } = fs;
  context.mock.method(fs, 'fsyncSync', (file: number) => {
    const path = readlinkSync(`/proc/self/fd/${file}`);
    const isFile = statSync(path).isFile();
    done.push(isFile ? `sync ${basename(path)} of ${readFileSync(path).length}` : 'sync the directory');
    fsyncSync(file);
  });
  context.mock.method(fs, 'renameSync', (from: string, to: string) => {
    done.push(`rename ${basename(from)} to ${basename(to)}`);
    renameSync(from, to);
  });
  context.mock.method(fs, 'rmSync', (path: string, options: object) => {
    done.push(`remove ${basename(path)}`);
    rmSync(path, options);
  });
  // The file under test has imported them by name.
  syncBuiltinESMExports();
  try {
    act();
  } finally {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  }
  return done;
}

const staged = 'sync file.next of 4';
const committed = ['rename file.next to file', 'sync the directory'];

const cases: readonly (readonly [title: string, act: (path: string) => void, done: readonly string[]])[] = [
  ['staged', (path) => stageFile(path, 'text'), [staged]],
  ['written', (path) => writeFileAtomically(path, 'text'), [staged, ...committed]],
  ['removed', (path) => removeFile(path), ['remove file', 'sync the directory']],
  ['replaced, which a power cut may undo', (path) => replaceFile(path, 'text'), ['rename file.next to file']],
];

for (const [title, act, expected] of cases)
  test(`a file is ${title}: ${expected.join(', ')}`, (context) => {
    const path = join(temporaryDirectory(context), 'file');
    writeFileSync(path, 'before');
    assert.deepEqual(
      doneBy(context, () => act(path)),
      expected,
    );
  });

test('a staged file takes its place whole, is on disk there, and is its owner’s alone', (context) => {
  const path = join(temporaryDirectory(context), 'file');
  stageFile(path, 'text');
  assert.deepEqual([existsSync(path), statSync(stagedPath(path)).mode & 0o777], [false, 0o600]);
  assert.deepEqual(
    doneBy(context, () => commitFile(path)),
    committed,
  );
  assert.deepEqual([readFileSync(path, 'utf8'), existsSync(stagedPath(path))], ['text', false]);
});
