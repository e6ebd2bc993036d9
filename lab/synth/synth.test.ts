import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { controllerBody } from '../controller-request.ts';
import { repository } from '../site.ts';
import type { SynthEnd, SynthState } from './edges.ts';
import { planEstate } from './plan.ts';

type EdgeSeen = {
  readonly from: { readonly name?: string; readonly address?: string; readonly labels?: object };
  readonly to: EdgeSeen['from'];
  readonly service: number;
  readonly state: SynthState;
  readonly attempts: number;
  readonly reporters: readonly string[];
};

const size = { workloads: 30, apps: 5, edges: 60, seed: 4 };
const words = Object.entries(size).flatMap(([name, value]) => [`--${name}`, String(value)]);
const planned = planEstate({ ...size, reporters: 0, taken: new Set() });
const plan = typeof planned === 'string' ? assert.fail(planned) : planned;

describe('synth and a real controller', () => {
  const data = mkdtempSync(`${tmpdir()}/bulkhead-synth-test-`);
  const socket = `${data}/control.sock`;
  let controller: ChildProcess;

  const start = (...args: readonly string[]) =>
    spawn(`${repository}/bulkhead`, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });

  async function synth(...args: readonly string[]) {
    const child = start('lab', 'synth', '--data', data, '--json', ...args);
    const [out, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { out, said, code };
  }
  const seenEdges = async (): Promise<readonly EdgeSeen[]> =>
    ((await controllerBody(socket, 'GET', '/edges?limit=10000')) as { readonly items: EdgeSeen[] }).items;

  before(async () => {
    const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `unix:${data}/agents.sock`];
    const child = start('up', '--data', data, '--json', ...listen);
    controller = child;
    const said = text(child.stderr);
    // One line once everything listens.
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(async () => assert.fail(`the controller ended: ${await said}`)),
    ]);
  });
  after(async () => {
    if (controller.exitCode === null) {
      controller.kill('SIGTERM');
      await once(controller, 'exit');
    }
    rmSync(data, { recursive: true, force: true });
  });

  test('every edge arrives with its ends, labels, state and count', async () => {
    const { out, said, code } = await synth(...words);
    assert.equal(code, 0, said);
    const { workloads, edges, rounds, controller: seen } = JSON.parse(out);
    assert.deepEqual([workloads, edges, rounds, seen.edges, seen.foreign], [30, 60, 1, 60, 0]);
    assert.match(said, /enrolled \d+ of \d+/);
    assert.match(said, /edges 60 of 60/);
    const end = ({ workload, address }: SynthEnd) => [workload?.name ?? address, workload?.labels];
    const expected = plan.edges.map(({ from, to, service, state, count }) =>
      JSON.stringify([...end(from), ...end(to), service, state, count]),
    );
    const shown = ({ name, address, labels }: EdgeSeen['from']) => [name ?? address, labels && inOrder(labels)];
    const found = (await seenEdges()).map(({ from, to, service, state, attempts }) =>
      JSON.stringify([...shown(from), ...shown(to), service, state, attempts]),
    );
    assert.deepEqual(found.sort(), expected.sort());
  });

  test('reporters are managed, the others are not, and nobody is twice', async () => {
    const listed = (await controllerBody(socket, 'GET', '/workloads?limit=1000')) as {
      readonly items: readonly { readonly name: string; readonly managed: boolean; readonly connected: boolean }[];
    };
    const managed = listed.items.filter((workload) => workload.managed).map(({ name }) => name);
    assert.equal(listed.items.length, 30);
    assert.deepEqual(managed.sort(), [...plan.reports.keys()].map(({ name }) => name).sort());
    assert.ok(!listed.items.some(({ connected }) => connected), 'sessions are closed');
  });

  test('an estate that holds workloads is refused', async () => {
    const { code, said } = await synth(...words);
    assert.deepEqual([code, /holds 30 workloads already/.test(said)], [3, true], said);
  });

  test('with --add another one comes beside it, and --repeat goes on for a while', async () => {
    const { out, code, said } = await synth(...words, '--add', '--stay', '--repeat', '0.2', '--for', '1');
    assert.equal(code, 0, said);
    const { rounds, reports, controller: seen } = JSON.parse(out);
    assert.equal(seen.edges, 120);
    assert.ok(rounds >= 2 && reports >= rounds * 60, `${rounds} rounds, ${reports} reports`);
    const more = (await seenEdges()).reduce((sum, { attempts }) => sum + attempts, 0);
    assert.ok(more > plan.edges.reduce((sum, { count }) => sum + count, 0) * 2, 'counts grow');
  });

  test('without a controller it says so', async () => {
    const child = start('lab', 'synth', '--controller-socket', `${data}/nobody.sock`);
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.equal(code, 3);
    assert.match(said, /a running controller is needed at .*nobody\.sock/);
  });
});

/** Labels as a plan writes them: the order of keys means nothing. */
const inOrder = (labels: object): object =>
  Object.fromEntries(['role', 'app', 'env', 'loc'].map((key) => [key, (labels as Record<string, string>)[key]]));
