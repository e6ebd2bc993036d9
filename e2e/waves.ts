/**
 * A version that takes something away is tried out, on real hosts with real traffic: what nobody uses goes, what traffic
 * uses comes back by itself, and what is within a budget stays until somebody restores it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { traces } from './left-behind.ts';
import { answer, checks, product, type Ran, type Running, said, start, until } from './scenario.ts';
import { edgeName, policyFiles, readShop } from './shop.ts';

type HostRow = {
  readonly name: string;
  readonly connected: boolean;
  readonly version: number | null;
  readonly generation: { readonly intended: number; readonly proven: number };
};
type Provision = {
  readonly version: number;
  readonly state: string;
  readonly hosts: readonly { readonly workload: string; readonly wave: number | null; readonly state: string }[];
  readonly waves: {
    readonly waves: readonly { readonly state: string; readonly newlyDenied: number }[];
    readonly rolledBack: {
      readonly version: number;
      readonly equals: number;
      readonly reason: string;
      readonly groups: readonly { readonly from: string; readonly to: string; readonly service: string }[];
    } | null;
  };
};
type Traffic = {
  readonly edges: readonly {
    readonly attempts: number;
    readonly failures: number;
    readonly from: string;
    readonly to: string;
    readonly service: string;
    readonly counted: boolean;
  }[];
};

const shop = readShop();
const { say, check, fail, finish } = checks('waves');
const data = mkdtempSync(join(tmpdir(), 'bulkhead-waves-'));
const run = `/run/bulkhead-lab-e2e-${process.pid}`;
const machine = traces(run);
const online = ['--data', data];
/** Connections of clients that try several times a second. */
const used = 'api-1 -> db-1 tcp/5432';
let controller: Running | null = null;
let estate: Running | null = null;

const lab = <T>(words: readonly string[], seconds = 60) => answer<T>(['lab', ...words, '--run', run], { seconds });

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run waves: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  try {
    await bringUp();
    await whatNobodyUsesGoes();
    await whatIsUsedComesBack();
    await withinTheBudgetItStays();
  } catch (error) {
    fail(error);
  } finally {
    await takeDown();
  }
  return finish();
}

async function bringUp(): Promise<void> {
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `unix:${data}/agents.sock`];
  controller = start(['up', '--data', data, '--waves', 'on', ...listen], join(data, 'controller.log'));
  await until('the controller answers', async () => ((await product(['status', ...online])).code === 0 ? true : null));
  const sockets = ['--controller-socket', `${data}/control.sock`, '--agents-socket', `${data}/agents.sock`];
  estate = start(['lab', 'up', '--foreground', ...sockets, '--run', run], join(data, 'lab.log'));
  await said(estate, 'the lab is up', 120);
  machine.lookAround();
  await allProven();
  say('the lab is up, and its hosts are proven');
  const { waves } = await provision(policyFiles('enforce'), ['--no-waves']);
  const rows = await allProven();
  const holding = rows.filter((row) => row.version === 1).length;
  check('without waves all hosts get the first version', holding === rows.length && waves.waves.length === 0, waves);
  await passing('under the first version');
}

async function allProven(): Promise<readonly HostRow[]> {
  return until(
    'every managed host to be proven',
    async () => {
      const rows = await answer<HostRow[]>(['hosts', ...online]);
      const proven = rows.filter((row) => row.connected && row.generation.proven === row.generation.intended);
      return proven.length === shop.managed.size ? rows : null;
    },
    { seconds: 90 },
  );
}

/** The edge is there, and its newest attempt was let through. */
async function passing(when: string): Promise<void> {
  const began = new Date().toISOString();
  const seen = await until(
    `${used} to pass ${when}`,
    async () => {
      const edges = await answer<Edge[]>(['flows', '--since', began, ...online]);
      return edges.find((edge) => edgeName(edge) === used && edge.latest === 'allowed') ?? null;
    },
    { seconds: 60 },
  );
  check(`${used} passes ${when}`, seen.attempts > 0);
}

type Files = ReturnType<typeof policyFiles>;

async function put(files: Files): Promise<void> {
  const folder = mkdtempSync(join(data, 'draft-'));
  for (const { path, text } of files) writeFileSync(join(folder, path), text);
  await answer(['draft', 'put', 'shop', folder, ...online]);
}

/** Despite the policy's own tests: they say that what is taken away here should be there. */
async function provisionRan(files: Files, options: readonly string[]): Promise<Ran> {
  await put(files);
  return product(['provision', 'shop', '--yes', '--despite', '--json', ...options, ...online], { seconds: 180 });
}

async function provision(files: Files, options: readonly string[]): Promise<Provision> {
  const ran = await provisionRan(files, options);
  if (ran.stdout === '') throw new Error(`provision exited ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Provision;
}

/** The example policy without one of its rules. */
function without(rule: string, files: Files = policyFiles('enforce')): Files {
  const lines = (text: string) => text.split('\n').filter((line) => !line.includes(`{name: ${rule},`));
  const fewer = files.map(({ path, text }) => ({ path, text: lines(text).join('\n') }));
  if (JSON.stringify(fewer) === JSON.stringify(files)) throw new Error(`The example policy has no rule ${rule}`);
  return fewer;
}

/** In force from the first step on. */
const leaner = without('report');

async function whatNobodyUsesGoes(): Promise<void> {
  const { state, hosts, waves } = await provision(leaner, ['--watch', '5s']);
  check('a rule that nobody uses is taken away, with a budget of nothing', state === 'done', { state, waves });
  const states = waves.waves.map((wave) => wave.state);
  check('in a canary and a rest', states.length === 2 && states.every((each) => each === 'passed'), states);
  const canary = hosts.filter(({ wave }) => wave === 1);
  check('the canary is one host', canary.length === 1, canary);
}

async function whatIsUsedComesBack(): Promise<void> {
  const before = await versionNow();
  await lab(['traffic', '--reset']);
  const began = performance.now();
  const { code, stdout } = await provisionRan(without('api-to-db', leaner), ['--canary', '20%', '--watch', '30s']);
  const taken = Math.round(performance.now() - began);
  const { state, waves, version, hosts } = JSON.parse(stdout) as Provision;
  const rolledBack = waves.rolledBack;
  check('a rule that traffic uses is not taken away: the version is rolled back', state === 'rolled-back', state);
  check('the command says so', code === 1, code);
  check(`within the pause, ${taken} ms after the command`, taken < 30_000, taken);
  check('it says why', rolledBack?.reason.includes('that passed before') === true, rolledBack);
  const named = rolledBack?.groups.some(({ to, service }) => to.includes('role=db') && service === 'tcp/5432');
  check('and which flows, by the labels of their ends', named === true, rolledBack?.groups);
  check('the version before is said again', rolledBack?.equals === before, { before, rolledBack });
  const rest = hosts.filter(({ wave }) => wave !== null && wave > 1);
  check('no host but the canary was narrowed', rest.length === 0, rest);
  const rows = await allProven();
  const holding = rows.filter((row) => row.version === version).map(({ name }) => name);
  check('no host holds it any more', holding.length === 0, holding);
  await passing('after the roll-back');
  await lab(['traffic', '--reset']);
  await until('some attempts of every client', async () => ((await failing()).idle === 0 ? true : null), {
    seconds: 60,
  });
  const { failed } = await failing();
  check('all clients succeed again', failed.length === 0, failed);
  await listedWithItsReason(version);
}

async function failing(): Promise<{ readonly failed: readonly string[]; readonly idle: number }> {
  const { edges } = await lab<Traffic>(['traffic']);
  const toDatabase = edges.filter(({ counted, service }) => counted && service === 'tcp/5432');
  const failed = toDatabase.filter(({ failures }) => failures > 0).map(({ from, to }) => `${from} -> ${to}`);
  return { failed, idle: toDatabase.filter(({ from, attempts }) => from.startsWith('api') && attempts === 0).length };
}

const versionNow = async (): Promise<number> =>
  (await answer<{ version: { number: number } }>(['status', ...online])).version.number;

async function listedWithItsReason(version: number): Promise<void> {
  const versions = await answer<{ number: number; createdBy: string; note: string; current: boolean }[]>([
    ...['versions', ...online],
  ]);
  const newest = versions.find(({ current }) => current);
  const says = newest?.createdBy === 'controller' && newest.note.startsWith(`rolls back version ${version} `);
  check('the version in force says who made it and why', says === true, newest);
}

async function withinTheBudgetItStays(): Promise<void> {
  const options = ['--budget', '100', '--watch', '8s', '--canary', '50%'];
  const { state, waves } = await provision(without('api-to-db', leaner), options);
  const denied = waves.waves.at(-1)?.newlyDenied ?? 0;
  check('within the budget it goes through', state === 'done', { state, waves });
  check(`and ${denied} flows are counted`, denied > 0, waves);
  await product(['restore', '2', '--yes', '--despite', '--no-waves', '--json', ...online], { seconds: 120 });
  const versions = await answer<{ number: number; hash: string; current: boolean }[]>(['versions', ...online]);
  const hashOf = (is: (version: { number: number; current: boolean }) => boolean) => versions.find(is)?.hash;
  const restored = hashOf(({ current }) => current) === hashOf(({ number }) => number === 2);
  check('an earlier version is restored', restored, versions);
  await allProven();
  await passing('after that');
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
