/**
 * A compromised workload is isolated by one command, on the lab estate whose hosts only observe: both ends close in both
 * directions, live sessions end, rescue goes on, the answer says what leaks, peers close when its own agent is stopped,
 * and release restores. Everything is looked at with packets.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { traces } from './left-behind.ts';
import { answer, checks, product, type Running, said, start, until } from './scenario.ts';
import { readShop } from './shop.ts';

type HostRow = {
  readonly name: string;
  readonly connected: boolean;
  readonly generation: { readonly intended: number; readonly proven: number };
};
type Side = { readonly all: number; readonly proven: number; readonly open: readonly string[] };
type Leak = {
  readonly rule: string | null;
  readonly services: readonly string[];
  readonly between: readonly { readonly from: string; readonly to: string }[];
};
type Isolation = {
  readonly id: number;
  readonly workloads: readonly string[];
  readonly closed: { readonly isolated: Side; readonly peers: Side };
  readonly run: {
    readonly state: string;
    readonly hosts: readonly { readonly workload: string; readonly state: string; readonly proven: number | null }[];
    readonly probes: {
      readonly cells: number;
      readonly closed: number;
      readonly hosts: readonly string[];
      readonly open: readonly object[];
    } | null;
    readonly leaks: { readonly items: readonly Leak[] } | null;
  };
};
type State = 'open' | 'closed' | 'filtered';

/** Rescue is from the jump host alone; what the agents need is named, because the lab's controller is behind a relay. */
const policy = `
kind: Lifeline
name: lab
controllers: ["10.20.255.1/32 tcp/8444", "fd20:ff::1/128 tcp/8444"]
---
kind: Ruleset
name: glass
tier: rescue
rules:
  - {name: ssh, allow: [tcp/22], from: role=jump, to: "env in (prod,dev,shared)"}
`;
/** It is nobody's policy that closes it: what stops a scrape of everything by anybody is the isolation. */
const victim = 'web-1';
const rounds = 20;
const shop = readShop();
const { say, check, fail, finish } = checks('isolate');
const data = mkdtempSync(join(tmpdir(), 'bulkhead-isolate-'));
const run = `/run/bulkhead-lab-isolate-${process.pid}`;
const machine = traces(run);
const online = ['--data', data];
let controller: Running | null = null;

const lab = <T>(words: readonly string[], seconds = 60) => answer<T>(['lab', ...words, '--run', run], { seconds });

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run isolate: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  try {
    await bringUp();
    await everythingIsOpen();
    await oneCommandCloses();
    await releaseRestores();
    await howFast();
    await itsAgentDoesNotAnswer();
    await aSegment();
  } catch (error) {
    fail(error);
  } finally {
    await takeDown();
  }
  return finish();
}

async function bringUp(): Promise<void> {
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `unix:${data}/agents.sock`];
  controller = start(['up', '--data', data, ...listen], join(data, 'controller.log'));
  await until('the controller answers', async () => ((await product(['status', ...online])).code === 0 ? true : null));
  const sockets = ['--controller-socket', `${data}/control.sock`, '--agents-socket', `${data}/agents.sock`];
  const estate = start(['lab', 'up', '--foreground', ...sockets, '--run', run], join(data, 'lab.log'));
  await said(estate, 'the lab is up', 120);
  machine.lookAround();
  const folder = mkdtempSync(join(data, 'draft-'));
  writeFileSync(join(folder, 'rescue.yaml'), policy);
  await answer(['draft', 'put', 'rescue', folder, ...online]);
  // On a busy machine a host may answer late; that all of them have it in the end is what counts here.
  await product(['provision', 'rescue', '--yes', ...online]);
  await allProven();
  say(`the lab is up: ${shop.labels.size} hosts, ${shop.managed.size} with agents that only observe`);
}

function allProven(): Promise<HostRow[]> {
  let rows: HostRow[] = [];
  return until(
    'every managed host to be proven',
    async () => {
      rows = await answer<HostRow[]>(['hosts', ...online]);
      const done = rows.filter((row) => row.connected && row.generation.proven === row.generation.intended);
      return done.length === shop.managed.size ? rows : null;
    },
    { seconds: 60, seen: () => rows },
  );
}

async function connect(line: string, family: 4 | 6 = 4): Promise<State> {
  const ran = await product([
    'lab',
    'connect',
    ...line.split(' '),
    ...(family === 6 ? ['--ipv6'] : []),
    '--run',
    run,
    '--json',
  ]);
  return (JSON.parse(ran.stdout) as { state: State }).state;
}

type Hold = { readonly id: number; readonly flows: boolean };
const hold = (line: string) => lab<Hold>(['hold', ...line.split(' ')]);

async function flows({ id }: Hold): Promise<boolean> {
  const ran = await product(['lab', 'hold', 'check', String(id), '--run', run, '--json']);
  return (JSON.parse(ran.stdout) as Hold).flows;
}

/** In both directions, to ports where something listens, managed and unmanaged ends. */
const inbound = [
  'lb-1 web-1 tcp/80',
  'mon-1 web-1 tcp/9100',
  'db-1 web-1 tcp/22',
  'client-1 web-1 tcp/80',
  'attacker-1 web-1 tcp/22',
];
const outbound = [
  'web-1 db-1 tcp/5432',
  'web-1 api-1 tcp/8080',
  'web-1 cache-1 tcp/6379',
  'web-1 jump-1 tcp/22',
  'web-1 web-2 tcp/80',
];
const bystanders = ['lb-1 web-2 tcp/80', 'web-2 api-1 tcp/8080', 'attacker-1 db-1 tcp/5432'];
const rescue = 'jump-1 web-1 tcp/22';

async function expectState(lines: readonly string[], wanted: State, when: string, family: 4 | 6 = 4): Promise<void> {
  const wrong: string[] = [];
  for (const line of lines) {
    const state = await connect(line, family);
    if (state !== wanted) wrong.push(`${line} is ${state}`);
  }
  check(`${when}: ${lines.length} connections are ${wanted} (IPv${family})`, wrong.length === 0, wrong);
}

async function everythingIsOpen(when = 'before'): Promise<void> {
  await expectState([...inbound, ...outbound, ...bystanders, rescue], 'open', when);
  await expectState(inbound, 'open', when, 6);
}

const isolate = async (target: readonly string[], more: readonly string[] = []) => {
  const began = performance.now();
  const ran = await product(['isolate', ...target, '--yes', '--json', ...more, ...online]);
  const took = performance.now() - began;
  if (ran.code > 1) throw new Error(`isolate ended with ${ran.code}: ${ran.stderr}`);
  return { code: ran.code, took, isolation: JSON.parse(ran.stdout) as Isolation };
};
/** A host that is late on a busy machine follows; then the release is whole. */
const release = async (id: number): Promise<Isolation> => {
  const ran = await product(['release', String(id), '--json', ...online]);
  if (ran.code > 1) throw new Error(`release ended with ${ran.code}: ${ran.stderr}`);
  return until('the release to be everywhere', async () => {
    const now = await answer<Isolation>(['isolate', 'show', String(id), ...online]);
    return now.run.state === 'done' ? now : null;
  });
};

/** On a busy machine a host may be later than the command waits; then it is named there, and follows. */
const closedEverywhere = ({ id }: Isolation): Promise<Isolation> =>
  until(
    'every host to have closed',
    async () => {
      const now = await answer<Isolation>(['isolate', 'show', String(id), ...online]);
      return now.run.state === 'done' ? now : null;
    },
    { seconds: 60 },
  );

async function oneCommandCloses(): Promise<void> {
  const [into, outOf, other] = [
    await hold('lb-1 web-1 tcp/80'),
    await hold('web-1 db-1 tcp/5432'),
    await hold('api-1 cache-1 tcp/6379'),
  ];
  check('live sessions of both directions are held', into.flows && outOf.flows && other.flows);
  const ahead = await answer<{ edges: { cut: number }; peers: object; stays: { items: Leak[] } }>([
    'isolate',
    victim,
    '--preview',
    ...online,
  ]);
  check(`the look ahead counts edges that are cut (${ahead.edges.cut})`, ahead.edges.cut > 0, ahead.peers);
  await lab(['traffic', '--reset']);
  const { code, took, isolation } = await isolate([victim], ['--reason', 'odd connections']);
  say(`isolated in ${Math.round(took)} ms, from the command to its answer with probes`);
  const { closed, run: ran } = await closedEverywhere(isolation);
  const peers = shop.managed.size - 1;
  check('its own host has closed and was read back', closed.isolated.proven === 1, closed.isolated);
  check(`${peers} of ${peers} peers have closed and were read back`, closed.peers.proven === peers, closed.peers);
  const said = isolation.run.state === 'done' ? 0 : 1;
  check(`the exit code says what was so by then (${code})`, code === said && ran.state === 'done', [code, ran.state]);
  check('a live session into it has ended', !(await flows(into)));
  check('a live session out of it has ended', !(await flows(outOf)));
  check('a live session of others goes on', await flows(other));
  await expectState([...inbound, ...outbound], 'filtered', 'isolated');
  await expectState(inbound, 'filtered', 'isolated', 6);
  await expectState([rescue, ...bystanders], 'open', 'isolated');
  check('the jump host gets no further than rescue', (await connect('jump-1 web-1 tcp/80')) === 'filtered');
  const { probes } = ran;
  check(
    `its answer probed ${probes?.cells} cells from ${probes?.hosts.length} hosts`,
    (probes?.cells ?? 0) >= 20,
    probes,
  );
  check('and all were closed', probes !== null && probes.closed === probes.cells && probes.open.length === 0, probes);
  const rules = (ran.leaks?.items ?? []).map(({ rule }) => rule).sort();
  const expected = ['glass/ssh', 'lifeline/dhcp', 'lifeline/lab-controller', 'lifeline/neighbour-discovery'];
  check(
    'what still passes is the lifeline and rescue, by name',
    JSON.stringify(rules) === JSON.stringify(expected),
    rules,
  );
  await others();
  const listed = await answer<Isolation[]>(['isolate', 'list', ...online]);
  check('it is in the list', listed.length === 1 && listed[0]?.workloads.join() === victim, listed);
}

/** Clients that have nothing to do with the victim noticed nothing. */
async function others(): Promise<void> {
  type Traffic = {
    readonly edges: readonly { from: string; to: string; counted: boolean; failures: number; attempts: number }[];
  };
  const { edges } = await lab<Traffic>(['traffic']);
  // A proxy in between, and who goes through it, has the victim among its ends.
  const direct = edges.filter(
    ({ from, to, counted }) => counted && ![from, to].some((name) => name === victim || name === 'lb-1'),
  );
  const failed = direct.filter(({ failures }) => failures > 0);
  const attempts = direct.reduce((sum, edge) => sum + edge.attempts, 0);
  check(`clients of others keep 100 % success (${attempts} attempts)`, failed.length === 0 && attempts > 0, failed);
}

async function releaseRestores(): Promise<void> {
  const [current] = await answer<Isolation[]>(['isolate', 'list', ...online]);
  if (current === undefined) throw new Error('Nothing is isolated');
  const released = await release(current.id);
  check('the release reached every host', released.run.state === 'done', released.closed);
  await everythingIsOpen('released');
}

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * part) - 1)] ?? 0;

/** From the order to the last of all hosts read back, as the controller saw it; and the whole command beside it. */
async function howFast(): Promise<void> {
  const [last, own, commands]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const { isolation, took } = await isolate([victim], ['--no-rescue']);
    const times = isolation.run.hosts.map(({ proven }) => proven ?? Infinity);
    last.push(Math.max(...times));
    own.push(isolation.run.hosts.find(({ workload }) => workload === victim)?.proven ?? Infinity);
    commands.push(took);
    await release(isolation.id);
  }
  const text = (values: readonly number[]) =>
    `p50 ${Math.round(percentile(values, 0.5))} ms, p99 ${Math.round(percentile(values, 0.99))} ms`;
  say(
    `${rounds} isolations over ${shop.labels.size} hosts: its own host ${text(own)}; every host ${text(last)}; command with probes ${text(commands)}`,
  );
  check(
    `isolated everywhere and read back within 2 s (p99 ${Math.round(percentile(last, 0.99))} ms)`,
    percentile(last, 0.99) <= 2000,
    last,
  );
}

const signalAgent = (signal: 'STOP' | 'CONT') =>
  product([
    'lab',
    'run-on',
    '--run',
    run,
    victim,
    '--',
    'sh',
    '-c',
    `kill -${signal} $(sed 's/.*"pid":\\([0-9]*\\).*/\\1/' /var/lib/bulkhead/state.json)`,
  ]);

async function itsAgentDoesNotAnswer(): Promise<void> {
  await signalAgent('STOP');
  say(`the agent of ${victim} is stopped with SIGSTOP`);
  const { code, isolation } = await isolate([victim]);
  const { closed, run: ran } = isolation;
  const peers = shop.managed.size - 1;
  check('the exit code says that something is open', code === 1, code);
  check('the answer says that its own agent does not answer', closed.isolated.open.join() === victim, closed.isolated);
  check(`${peers} of ${peers} peers have closed`, closed.peers.proven === peers, closed.peers);
  const open = ran.leaks?.items.find(({ rule }) => rule === null);
  const between = JSON.stringify(open?.between ?? []);
  check('and that what has no agent of its own still reaches it', /attacker-1 and 1 more/.test(between), between);
  const towards = inbound.filter((line) => shop.managed.has(line.split(' ')[0] ?? ''));
  await expectState([...towards, ...outbound], 'filtered', 'its agent stopped');
  check('a connection that the answer says leaks does', (await connect('attacker-1 web-1 tcp/22')) === 'open');
  check('rescue goes on', (await connect(rescue)) === 'open');
  await signalAgent('CONT');
  await until('its own host to close, too', async () => {
    const now = await answer<Isolation>(['isolate', 'show', String(isolation.id), ...online]);
    return now.closed.isolated.proven === 1 ? true : null;
  });
  check('then also that is closed', (await connect('attacker-1 web-1 tcp/22')) === 'filtered');
  await release(isolation.id);
  await allProven();
  await everythingIsOpen('released again');
}

/** By labels, with access of its own that the rescue rules do not have. */
async function aSegment(): Promise<void> {
  const { isolation } = await isolate(['--selector', 'env=dev'], ['--no-rescue', '--allow', 'mon-1 tcp/9100']);
  check(
    'a segment is isolated as a whole',
    isolation.workloads.join() === 'dev-api-1,dev-db-1,dev-web-1',
    isolation.workloads,
  );
  await expectState(
    ['dev-api-1 dev-db-1 tcp/5432', 'dev-web-1 dev-api-1 tcp/8080', 'jump-1 dev-db-1 tcp/9100'],
    'filtered',
    'a segment',
  );
  await expectState(['mon-1 dev-db-1 tcp/9100', 'mon-1 dev-web-1 tcp/9100'], 'open', 'a segment');
  await release(isolation.id);
  await expectState(['dev-api-1 dev-db-1 tcp/5432', 'jump-1 dev-db-1 tcp/9100'], 'open', 'a segment, released');
}

async function takeDown(): Promise<void> {
  await product(['lab', 'down', '--run', run]);
  controller?.process.kill('SIGTERM');
  const left = machine.left();
  check('nothing is left behind', left.length === 0, left);
  if (process.env.BULKHEAD_KEEP === undefined) rmSync(data, { recursive: true, force: true });
  else say(`kept ${data}`);
}

process.exit(await main());
