import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from './testkit/eventually.ts';
import { report } from './testkit/report.ts';
import {
  addresses,
  allProven,
  enrolAgent,
  finished,
  putDraft,
  type Reachable,
  shopPolicy,
  threeHosts,
} from './testkit/shop.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { controlRequest } from './testkit/test-controller.ts';

type Running = Reachable & { readonly kill: (signal: NodeJS.Signals) => Promise<void> };

/** The real program in a process of its own. */
async function spawnController(context: TestContext, directory: string): Promise<Running> {
  const agents = `unix:${join(directory, 'agents.sock')}`;
  const options = [
    '--data',
    directory,
    '--listen',
    '127.0.0.1:0',
    '--listen-agents',
    agents,
    '--waves',
    'off',
    '--json',
  ];
  const program = join(import.meta.dirname, 'main.ts');
  const env = { ...process.env, BULKHEAD_LOG: 'fatal' };
  const child = spawn(process.execPath, [program, 'up', ...options], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = (signal: NodeJS.Signals) => end(child, signal);
  context.after(() => kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const { controlSocket } = JSON.parse(String(line));
  const api: Running['api'] = (method, path, body, headers) =>
    controlRequest(controlSocket, { method, path, body, headers });
  return { directory, api, kill };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

test('SIGKILL during ingest: nothing that was acknowledged is lost, nothing counts twice', async (context) => {
  const directory = temporaryDirectory(context);
  const first = await spawnController(context, directory);
  const agent = await enrolAgent(first, 'web', { role: 'web' });
  await agent.connect([addresses.web ?? '']);
  await eventually('a ruleset', () => agent.held);
  const batch = (sequence: number) => agent.batch([report('10.0.0.1', '10.0.0.2', { records: sequence })], sequence);
  for (let sequence = 1; sequence <= 200; sequence++) batch(sequence);
  await eventually('some acknowledgement', () => agent.acknowledged > 0);
  await first.kill('SIGKILL');
  const acknowledged = agent.acknowledged;
  const second = await spawnController(context, directory);
  agent.received.length = 0;
  await agent.connect();
  await eventually('the welcome', () => agent.received.some(({ kind }) => kind === 'welcome'));
  const welcome = agent.received.find((message) => message.kind === 'welcome');
  assert.ok((welcome?.acknowledged ?? 0) >= acknowledged, 'what was acknowledged is still there');
  for (let sequence = acknowledged + 1; sequence <= 200; sequence++) batch(sequence);
  await eventually('the last acknowledgement', () => agent.acknowledged === 200);
  const stored = (await second.api('GET', '/flows?limit=1000')).body.items.map(
    (flow: { records: number }) => flow.records,
  );
  assert.deepEqual(
    stored.sort((a: number, b: number) => a - b),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
});

test('SIGKILL during provisioning: the next start finishes it, and no host is left in between', async (context) => {
  const directory = temporaryDirectory(context);
  const first = await spawnController(context, directory);
  const agents = await threeHosts(first);
  // A host that does not answer keeps the first step waiting, so that the kill comes in the middle of it.
  agents.other.manner = 'silent';
  await putDraft(first, 'd', shopPolicy);
  const { body } = await first.api('POST', '/drafts/d/provision', {});
  await eventually('the step to begin', async () => (await first.api('GET', '/provisions/1')).body.hosts.length > 0);
  await first.kill('SIGKILL');
  agents.other.manner = 'applies';
  const second = await spawnController(context, directory);
  for (const agent of Object.values(agents)) await agent.connect();
  assert.equal((await finished(second, body.version)).state, 'done');
  await allProven(second);
  for (const agent of Object.values(agents)) assert.equal(agent.held?.version, 1);
  const gaps = (await second.api('GET', '/hosts/web')).body.gaps;
  assert.equal(gaps.length, 1, 'the time without a controller is a gap');
});

test('SIGTERM ends in order', async (context) => {
  const controller = await spawnController(context, temporaryDirectory(context));
  const agent = await enrolAgent(controller, 'web', {});
  await agent.connect();
  await eventually('a ruleset', () => agent.held);
  await controller.kill('SIGTERM');
  await eventually('the session to end', () => agent.closed);
});
