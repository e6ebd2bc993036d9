/**
 * From the first packet to the first enforced rule, on real hosts: the estate talks, is seen, is drafted, tested,
 * enforced, survives the death of its controller and of an agent, and goes back.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { traces } from './left-behind.ts';
import { answer, checks, product, type Running, said, start, until } from './scenario.ts';
import {
  type DeclaredEdge,
  declaredName,
  edgeName,
  endName,
  isAgentEdge,
  laterName,
  policyFiles,
  readShop,
  sameLabels,
} from './shop.ts';

type HostRow = {
  readonly name: string;
  readonly connected: boolean;
  readonly generation: { readonly intended: number; readonly applied: number; readonly proven: number };
  readonly lost: number | null;
};
type Finding = { readonly to: string; readonly service: string; readonly state: 'open' | 'closed' | 'filtered' };
type Traffic = {
  readonly edges: readonly {
    readonly attempts: number;
    readonly successes: number;
    readonly failures: number;
    readonly from: string;
    readonly to: string;
    readonly service: string;
    readonly lastError: string | null;
    readonly trigger: string | null;
    readonly counted: boolean;
  }[];
};

const shop = readShop();
const { say, check, fail, finish } = checks('first-rule');
const data = mkdtempSync(join(tmpdir(), 'bulkhead-first-rule-'));
const run = `/run/bulkhead-lab-e2e-${process.pid}`;
const machine = traces(run);
const controllerLog = join(data, 'controller.log');
const online = ['--data', data];
let controller: Running | null = null;
let estate: Running | null = null;
/** When every agent had enrolled, milliseconds since the epoch. */
let enrolled = 0;

const lab = <T>(words: readonly string[], seconds = 60) => answer<T>(['lab', ...words, '--run', run], { seconds });
const edgesNow = (filter: readonly string[] = []) => answer<Edge[]>(['flows', ...filter, ...online]);
const hostsNow = () => answer<HostRow[]>(['hosts', ...online]);
const unplanned = (edges: readonly Edge[], planned: ReadonlySet<string>) =>
  edges.filter((edge) => !isAgentEdge(shop, edge) && !planned.has(laterName(shop, edge, enrolled))).map(edgeName);
const triggered = shop.edges.filter((edge) => edge.trigger !== null);
const declared = new Set(shop.edges.map(declaredName));

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run first-rule: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  try {
    await bringUp();
    await everyDeclaredEdgeIsSeen();
    await policyInTestMode();
    await policyEnforced();
    await controllerAndAgentDie();
    await tamperingIsPutBack();
    await previousVersionComesBack();
  } catch (error) {
    fail(error);
  } finally {
    await takeDown();
  }
  return finish();
}

async function startController(): Promise<void> {
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `unix:${data}/agents.sock`];
  controller = start(['up', '--data', data, ...listen], controllerLog);
  await until('the controller answers', async () => ((await product(['status', ...online])).code === 0 ? true : null));
}

async function bringUp(): Promise<void> {
  await startController();
  say('the controller is up');
  const sockets = ['--controller-socket', `${data}/control.sock`, '--agents-socket', `${data}/agents.sock`];
  estate = start(['lab', 'up', '--foreground', ...sockets, '--run', run], join(data, 'lab.log'));
  await said(estate, 'the lab is up', 120);
  say('the lab is up');
  machine.lookAround();
  const proven = await allProven();
  enrolled = Date.now();
  check(`${shop.managed.size} agents enrolled and proven`, proven.length === shop.managed.size);
}

/** Waits until every managed host holds, proven, what the controller intends. */
function allProven(): Promise<HostRow[]> {
  let rows: HostRow[] = [];
  return until(
    'every managed host to be proven',
    async () => {
      rows = await hostsNow();
      const done = rows.filter((row) => row.connected && row.generation.proven === row.generation.intended);
      return done.length === shop.managed.size ? rows : null;
    },
    {
      seconds: 60,
      seen: () => rows.map(({ name, connected, generation }) => ({ name, connected, generation })),
    },
  );
}

async function everyDeclaredEdgeIsSeen(): Promise<void> {
  for (const { trigger } of triggered) await lab(['trigger', trigger ?? '']);
  let missing: string[] = [];
  const named = (edge: DeclaredEdge, edges: readonly Edge[]) =>
    edges.find((seen) => edgeName(seen) === declaredName(edge) && seen.server?.process != null);
  const edges = await until(
    'every declared edge with its server process',
    async () => {
      const seen = await edgesNow();
      missing = shop.edges.filter((edge) => named(edge, seen) === undefined).map(declaredName);
      return missing.length === 0 ? seen : null;
    },
    { seconds: 60, seen: () => missing },
  );
  check(`all ${shop.edges.length} declared edges appear`, missing.length === 0, missing);
  const strangers = unplanned(edges, declared);
  check('no edge that was not made', strangers.length === 0, strangers);
  const mislabelled = edges
    .flatMap((edge) => [edge.from, edge.to])
    .filter(isMislabelled)
    .map(endName);
  check('labels of both ends are right', mislabelled.length === 0, mislabelled);
  const wrong = shop.edges.filter(({ process, unit, ...edge }) => {
    const server = named({ process, unit, ...edge }, edges)?.server;
    return server?.process !== process || server.unit !== unit;
  });
  check('server process and unit are right', wrong.length === 0, wrong);
  const foreign = edges.filter((edge) =>
    edge.reporters.some((name) => name !== endName(edge.from) && name !== endName(edge.to)),
  );
  const { foreignReports } = (await answer<{ reports: { foreignReports: number } }>(['status', ...online])).reports;
  check('no record of another host', foreign.length === 0 && foreignReports === 0, [
    foreignReports,
    foreign.map(edgeName),
  ]);
}

const isMislabelled = (end: Edge['from']): boolean =>
  end.kind === 'workload' && !sameLabels(end.labels, shop.labels.get(end.name) ?? {});

/** Puts the example policy into a draft with one file of modes, and provisions it. Answers the new version. */
async function provision(modes: 'test' | 'enforce'): Promise<number> {
  const folder = mkdtempSync(join(data, 'draft-'));
  for (const { path, text } of policyFiles(modes)) writeFileSync(join(folder, path), text);
  await answer(['draft', 'put', 'shop', folder, ...online]);
  const began = performance.now();
  const { version } = await answer<{ version: number }>(['provision', 'shop', '--yes', ...online]);
  await allProven();
  say(
    `version ${version} (${modes}) proven on every host ${Math.round(performance.now() - began)} ms after the command`,
  );
  return version;
}

/** Connections nobody declared, made on purpose; sources and targets are lab hosts. */
const sideways = [
  'web-1 db-1 tcp/5432',
  'dev-api-1 db-1 tcp/5432',
  'dev-web-1 api-1 tcp/8080',
  'lb-1 cache-1 tcp/6379',
];

async function connect(line: string): Promise<Finding['state']> {
  const ran = await product(['lab', 'connect', ...line.split(' '), '--run', run, '--json']);
  return (JSON.parse(ran.stdout) as Finding).state;
}

async function attack(kind: 'scan' | 'sideways'): Promise<readonly Finding[]> {
  const ran = await product(['lab', 'attack', kind, '--run', run, '--json'], { seconds: 120 });
  return (JSON.parse(ran.stdout) as { findings: Finding[] }).findings;
}

/** The edges an attack made that some managed host can have seen. */
const attacked = (findings: readonly Finding[]) =>
  findings.filter(({ to }) => shop.managed.has(to)).map(({ to, service }) => `attacker-1 -> ${to} ${service}`);

/** Live edges are counted in buckets: waits for the next to begin, so that what happens from now on is counted apart. */
async function nextBucket(): Promise<string> {
  const bucket = 15_000;
  const begin = (Math.floor(Date.now() / bucket) + 1) * bucket;
  await until('the next bucket to begin', async () => (Date.now() > begin ? true : null));
  return new Date(begin).toISOString();
}

let testVersion = 0;
const made = new Set<string>();

async function policyInTestMode(): Promise<void> {
  testVersion = await provision('test');
  const since = await nextBucket();
  await lab(['traffic', '--reset']);
  for (const line of sideways) check(`in test mode ${line} still opens`, (await connect(line)) === 'open');
  for (const kind of ['scan', 'sideways'] as const) for (const name of attacked(await attack(kind))) made.add(name);
  for (const line of sideways) made.add(line.replace(' ', ' -> '));
  for (const { trigger } of triggered) await lab(['trigger', trigger ?? '']);
  let [missing, strangers]: [string[], string[]] = [[], []];
  await until(
    'the would-be-denied flows to be exactly the undeclared ones',
    async () => {
      const would = (await edgesNow(['--since', since])).filter((edge) => edge.wouldBeDenied > 0).map(edgeName);
      missing = [...made].filter((name) => !would.includes(name));
      strangers = would.filter((name) => !made.has(name));
      return missing.length === 0 && strangers.length === 0 ? true : null;
    },
    { seconds: 20, seen: () => ({ missing, strangers }) },
  );
  check(`would-be-denied flows are exactly the ${made.size} undeclared ones`, missing.length + strangers.length === 0);
  check(
    'nothing was denied in test mode',
    (await edgesNow()).every((edge) => edge.denied === 0),
  );
}

async function policyEnforced(): Promise<void> {
  const held = await lab<{ id: number; flows: boolean }>(['hold', 'web-1', 'db-1', 'tcp/5432']);
  const kept = await lab<{ id: number; flows: boolean }>(['hold', 'api-1', 'cache-1', 'tcp/6379']);
  check('two connections are held, one of them undeclared', held.flows && kept.flows, { held, kept });
  await provision('enforce');
  check('the established undeclared connection stops', !(await holdFlows(held.id)));
  check('the established declared connection goes on', await holdFlows(kept.id));
  for (const line of sideways) {
    const state = await connect(line);
    check(`${line} fails`, state === 'filtered', state);
  }
  for (const kind of ['scan', 'sideways'] as const) {
    const findings = await attack(kind);
    const passed = findings.filter(({ to, state }) => shop.managed.has(to) && state !== 'filtered');
    check(`the attacker's ${kind} reaches nothing`, passed.length === 0, passed);
    const tried = attacked(findings);
    check(`and tries ${tried.length} ways`, tried.length > 0 && tried.every((name) => made.has(name)), tried);
  }
  for (const { trigger } of triggered) await lab(['trigger', trigger ?? '']);
  await declaredTrafficIsClean('through the change');
  await rulesOnDeniedEdgesAreRight();
}

async function holdFlows(id: number): Promise<boolean> {
  const ran = await product(['lab', 'hold', 'check', String(id), '--run', run, '--json']);
  return (JSON.parse(ran.stdout) as { flows: boolean }).flows;
}

async function declaredTrafficIsClean(when: string): Promise<void> {
  const { edges } = await lab<Traffic>(['traffic']);
  const counted = edges.filter((edge) => edge.counted);
  const failed = counted.filter((edge) => edge.failures > 0);
  const idle = counted.filter((edge) => edge.attempts === 0 && edge.trigger === null).map((edge) => edge.from);
  const attempts = counted.reduce((sum, edge) => sum + edge.attempts, 0);
  const left = edges.length - counted.length;
  check(
    `every declared client keeps 100 % success ${when} (${attempts} attempts; ${left} edges of daemons are not counted)`,
    failed.length + idle.length === 0,
    {
      failed,
      idle,
    },
  );
}

/** Every denied edge names the rule that `decide` names, at the end that denied it. */
async function rulesOnDeniedEdgesAreRight(): Promise<void> {
  let denied: Edge[] = [];
  const missing = () => [...made].filter((name) => !denied.some((edge) => edgeName(edge) === name));
  await until(
    'every undeclared edge to be denied',
    async () => {
      denied = (await edgesNow()).filter((edge) => edge.denied > 0);
      return missing().length === 0 ? true : null;
    },
    { seconds: 20, seen: missing },
  );
  const strangers = denied.map(edgeName).filter((name) => !made.has(name));
  check(`${denied.length} edges are denied: every undeclared one and no other`, strangers.length === 0, strangers);
  const folders = ['--estate', 'examples/estate', '--policy', 'examples/policy'];
  const probes = denied.map((edge) =>
    JSON.stringify({ from: endName(edge.from), to: endName(edge.to), service: edge.serviceText }),
  );
  const decided = await product(['decide', ...folders, '--json'], { input: `${probes.join('\n')}\n` });
  const answers = decided.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<'outbound' | 'inbound', { verdict: string; rule: string | null }>);
  const wrong = denied.flatMap((edge, index) => {
    const judged = edge.rules.filter((rule) => rule.effective === 'deny');
    const unnamed = judged.length === 0 ? [{ edge: edgeName(edge), rule: null, decided: answers[index] }] : [];
    const others = judged
      .filter((rule) => rule.effectiveRule !== answers[index]?.[rule.end === 'source' ? 'outbound' : 'inbound']?.rule)
      .map((rule) => ({ edge: edgeName(edge), rule, decided: answers[index] }));
    return [...unnamed, ...others];
  });
  check('the rule on each denied record is the one decide names', wrong.length === 0, wrong.slice(0, 5));
  const byRule = new Set(denied.flatMap((edge) => edge.rules.map((rule) => rule.effectiveRule)));
  check('some are denied by a named rule, some by nothing matching', byRule.size > 1 && byRule.has(null), [...byRule]);
}

async function controllerAndAgentDie(): Promise<void> {
  await lab(['traffic', '--reset']);
  const lostBefore = new Map((await hostsNow()).map((row) => [row.name, row.lost ?? 0]));
  controller?.process.kill('SIGKILL');
  await lab(['agent', 'kill', 'api-1']);
  say('controller and the agent of api-1 killed with SIGKILL');
  await until('traffic to go on without both', async () => {
    const { edges } = await lab<Traffic>(['traffic']);
    const busy = edges.find((edge) => edge.to === 'api-1' && edge.service === 'tcp/8080');
    return busy !== undefined && busy.successes >= 20 ? true : null;
  });
  for (const line of sideways) {
    const state = await connect(line);
    check(`without controller ${line} still fails`, state === 'filtered', state);
  }
  await declaredTrafficIsClean('without controller and with a dead agent');
  await startController();
  await lab(['agent', 'start', 'api-1']);
  await allProven();
  let rows: HostRow[] = [];
  await until(
    'the gap of api-1 to be counted',
    async () => {
      rows = await hostsNow();
      return (rows.find((row) => row.name === 'api-1')?.lost ?? 0) > (lostBefore.get('api-1') ?? 0) ? true : null;
    },
    { seen: () => rows.map(({ name, lost }) => ({ name, lost })) },
  );
  const gap = rows.find((row) => row.name === 'api-1')?.lost;
  check(`the reporting gap of api-1 is counted and shown (${gap} records)`, (gap ?? 0) > 0);
  const unknown = rows.filter((row) => row.lost === null).map(({ name }) => name);
  check('every host says what it lost', unknown.length === 0, unknown);
  const others = rows
    .filter((row) => row.name !== 'api-1' && (row.lost ?? 0) > 0)
    .map(({ name, lost }) => ({ name, lost }));
  check('no other host lost a record', others.length === 0, others);
  await declaredTrafficIsClean('after both came back');
}

/** Somebody flushes the rules of one host again and again, faster than a look and a load take. */
async function tamperingIsPutBack(): Promise<void> {
  const onHost = (...words: string[]) => product(['lab', 'run-on', '--run', run, 'web-1', '--', ...words]);
  const flushing =
    'end=$(($(date +%s) + 6)); while [ $(date +%s) -lt $end ]; do nft flush table inet bulkhead; sleep 0.03; done';
  await onHost('sh', '-c', flushing);
  const began = performance.now();
  await until('the rules of web-1 to be back', async () => {
    const { stdout } = await onHost('nft', 'list', 'chain', 'inet', 'bulkhead', 'input');
    return stdout.includes('goto input_first') ? true : null;
  });
  say(`the rules are back ${Math.round(performance.now() - began)} ms after they were flushed for the last time`);
  const state = await connect(sideways[0] ?? '');
  check(`after tampering ${sideways[0]} fails`, state === 'filtered', state);
  const rows = await allProven();
  const web = rows.find(({ name }) => name === 'web-1');
  check('and nothing counts as lost for it', web?.lost === 0, web?.lost);
}

async function previousVersionComesBack(): Promise<void> {
  await answer(['restore', String(testVersion), '--yes', ...online]);
  await allProven();
  for (const line of sideways) check(`after the restore ${line} opens again`, (await connect(line)) === 'open');
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
