import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ownMounts = ['--mount', '--propagation', 'private'];
const canMount = spawnSync('unshare', [...ownMounts, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test('a full disk is a value; nothing acknowledged is lost; with room again it goes on', {
  skip: canMount ? false : 'needs root to mount a small tmpfs in a mount namespace',
}, (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-full-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const program = join(import.meta.dirname, 'fill-disk.ts');
  const run = spawnSync('unshare', [...ownMounts, process.execPath, program, directory], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});
