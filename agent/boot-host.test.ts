import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { missing, runScenario } from './testkit/scenario.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

const units = fileURLToPath(new URL('./units/', import.meta.url));
const textOf = (name: string): string => readFileSync(join(units, name), 'utf8');
const load = textOf('bulkhead-load.service');
const agent = textOf('bulkhead-agent.service');

for (const [title, text, line] of [
  ['rules are loaded before the network', load, /^Before=.*\bnetwork-pre\.target\b/m],
  ['who needs the network waits for that', load, /^Wants=network-pre\.target$/m],
  ['nothing that starts later is waited for', load, /^DefaultDependencies=no$/m],
  ['the load asks nobody', load, /^ExecStart=\S+ agent --once --data \S+$/m],
  ['the agent comes after the load', agent, /^After=.*\bbulkhead-load\.service\b/m],
  ['the watchdog outlives the agent', agent, /^KillMode=process$/m],
] as const)
  test(title, () => assert.match(text, line));

const noAnalyze = spawnSync('systemd-analyze', ['--version']).error !== undefined && 'systemd-analyze is not installed';
test('the service manager takes the units', { skip: noAnalyze }, (t) => {
  const folder = temporaryDirectory(t);
  const paths = readdirSync(units).map((name) => {
    const path = join(folder, name);
    // It looks for the program, which is not installed here.
    writeFileSync(path, textOf(name).replaceAll('/usr/lib/bulkhead/bulkhead', '/bin/true'));
    return path;
  });
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
});

test('a host that boots judges the first packet, with nobody to ask', {
  skip: missing(),
  timeout: 90_000,
}, async (t) => {
  const boots = await runScenario(t, 'boot');
  // Nothing came through before the network was up, and then never what is denied.
  const good = { code: 0, early: 0, generation: 5, denied: 0, tried: true };
  assert.deepEqual(boots, [good, good, good]);
});
