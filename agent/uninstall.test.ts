import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openDirectory } from './directory.ts';
import { FakeKernel } from './testkit/fake-kernel.ts';
import { ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { type UninstallParts, uninstall } from './uninstall.ts';

/** A host with rules, units, files, and a unit of somebody else. */
async function installed(t: TestContext, change: Partial<UninstallParts> = {}) {
  const units = temporaryDirectory(t);
  const directory = openDirectory(join(temporaryDirectory(t), 'data'));
  for (const unit of ['bulkhead-agent.service', 'bulkhead-load.service', 'ssh.service'])
    writeFileSync(join(units, unit), '');
  writeFileSync(directory.ruleset, '{}');
  writeFileSync(directory.state, JSON.stringify({ pid: 17 }));
  const kernel = new FakeKernel();
  await kernel.replace(ruleset(1));
  const told: string[] = [];
  const manager = async (...words: readonly string[]) => {
    told.push(words.join(' '));
    return true;
  };
  const parts = { directory, kernel, purge: false, isAlive: () => false, units, manager, ...change };
  return { ...parts, kernel, told, run: () => uninstall(parts) };
}

test('rules and units go, what is on disk stays, and the rest of the firewall is the same', async (t) => {
  const { kernel, units, directory, told, run } = await installed(t);
  const done = await run();
  assert.ok(done.kind === 'done');
  assert.equal(done.before, done.after);
  assert.match(done.before, /^[0-9a-f]{64}$/);
  assert.deepEqual([kernel.ruleset, readdirSync(units)], [null, ['ssh.service']]);
  assert.ok(existsSync(directory.ruleset));
  assert.deepEqual(told, ['disable --now bulkhead-agent.service bulkhead-load.service', 'daemon-reload']);
});

test('with purge what is on disk goes, too', async (t) => {
  const { directory, run } = await installed(t, { purge: true });
  assert.equal((await run()).kind, 'done');
  assert.equal(existsSync(directory.path), false);
});

test('not while the agent runs: it would put its rules back', async (t) => {
  const { kernel, units, run } = await installed(t, { isAlive: () => true, purge: true });
  const done = await run();
  assert.match(done.kind === 'refused' ? done.message : '', /runs as process 17, end it first/);
  assert.notEqual(kernel.ruleset, null);
  assert.equal(readdirSync(units).length, 3);
});

test('a kernel that cannot be read is left alone, and so is the disk', async (t) => {
  const failing = { kind: 'failed', code: 'enforce-missing', message: 'no nft' } as const;
  const kernel = { others: async () => failing, remove: () => Promise.reject(new Error('never asked')) };
  const { directory, units, run } = await installed(t, { kernel, purge: true });
  assert.deepEqual(await run(), failing);
  assert.deepEqual([existsSync(directory.path), readdirSync(units).length], [true, 3]);
});
