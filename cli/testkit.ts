import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..');
export const testdata = join(import.meta.dirname, 'testdata');

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs `./bulkhead` as an operator does, in an environment that says nothing about a controller. */
export function bulkhead(words: readonly string[], input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(join(repository, 'bulkhead'), words, {
    cwd: testdata,
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nonexistent', BULKHEAD_DATA: '/nonexistent', NO_COLOR: '1' },
  });
  return { code: status, stdout, stderr };
}

/** Compares with `testdata/golden/<name>`; UPDATE_GOLDEN=1 writes it instead, to be reviewed as a difference. */
export function assertGolden(name: string, text: string): void {
  const file = join(testdata, 'golden', name);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'), `${file} differs; UPDATE_GOLDEN=1 writes it anew`);
}
