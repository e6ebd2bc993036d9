/**
 * Workloads without an agent of their own: they are declared, their host's agent enforces for them, and real connections
 * between guests, their hosts and other hosts, to a published port too, end as the policy says.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { traces } from './left-behind.ts';
import { answer, checks, product, type Running, repository, said, start, until } from './scenario.ts';

type HostRow = {
  readonly name: string;
  readonly host: string | null;
  readonly connected: boolean;
  readonly proven: boolean;
  readonly restored: number | null;
  readonly problems: readonly string[];
  readonly generation: { readonly intended: number; readonly applied: number | null };
};
type Edge = {
  readonly from: { readonly name?: string };
  readonly to: { readonly name?: string };
  readonly serviceText: string;
  readonly state: string;
  readonly rules: readonly { readonly end: string; readonly effectiveRule: string | null }[];
};
type Held = { readonly id: number; readonly flows: boolean };

const { say, check, fail, finish } = checks('guests');
const data = mkdtempSync(join(tmpdir(), 'bulkhead-guests-'));
const run = `/run/bulkhead-lab-e2e-guests-${process.pid}`;
const machine = traces(run);
const online = ['--data', data];
const inLab = ['--run', run];
const everybody = ['cache-1', 'cart-1', 'client-1', 'db-1', 'shop-1', 'web-1'];
let controller: Running | null = null;
let estate: Running | null = null;

/**
 * A client reaches the shop, the shop its database and its cache; the shop's host reaches the cart. The last three speak for
 * one end only, so that what is denied there is denied at a guest's end.
 */
const rules = (client: boolean): string => `kind: Ruleset
name: shop
rules:
  - {name: shop-to-db, allow: [tcp/9100], from: role=shop, to: role=db}
  - {name: shop-to-cache, allow: [tcp/8080], from: role=shop, to: role=cache}
  - {name: host-to-cart, allow: [tcp/8080], from: role=web, to: role=cart}
  - {name: cart-to-host, allow: [tcp/9100], from: role=cart, to: role=web}
  - {name: not-in, allow: [tcp/8080], from: "role in (db,web,cart)", to: "role in (shop,cache)", at: source}
  - {name: published, allow: [tcp/8081], from: "role in (client,db)", to: role=web, at: source}
  - {name: not-out, allow: [tcp/9100], from: role=shop, to: "role in (client,web)", at: destination}
${client ? '  - {name: client-to-shop, allow: [tcp/8080], from: role=client, to: role=shop}\n' : ''}---
{kind: Mode, selector: "", inbound: enforce, outbound: enforce}
---
{kind: Lifeline, name: lab, controllers: [10.30.255.1 tcp/8444, "fd30:ff::1 tcp/8444"]}
`;

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run guests: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  try {
    await bringUp();
    await nothingIsDeniedYet();
    await policyIsEnforced();
    await publishedPortIsJudged();
    await narrowingCutsAConnection();
    await tamperingIsUndone();
    await restartChangesNothing();
    await guestThatLeavesIsFree();
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
  const file = join(repository, 'examples/guests.yaml');
  estate = start(['lab', 'up', file, '--foreground', ...sockets, ...inLab], join(data, 'lab.log'));
  await said(estate, 'the lab is up', 120);
  machine.lookAround();
  const rows = await allProven();
  const guests = rows.filter(({ host }) => host !== null).map(({ name, host }) => `${name} on ${host}`);
  check(
    'guests are declared, and proven without an agent',
    guests.join() === 'cache-1 on db-1,cart-1 on web-1,shop-1 on web-1',
    guests,
  );
  const shown = await product(['workload', 'show', 'shop-1', ...online]);
  check('a guest is shown with its host', shown.stdout.includes('guest of web-1'), shown);
}

const hosts = () => answer<HostRow[]>(['hosts', ...online]);

/** Every host and guest holds, proven, what the controller intends. */
function allProven(names = everybody): Promise<HostRow[]> {
  let seen: readonly HostRow[] = [];
  return until(
    'every host and guest to be proven',
    async () => {
      const rows = await hosts();
      seen = rows;
      const done = rows.filter(({ connected, proven }) => connected && proven).map(({ name }) => name);
      return done.sort().join() === names.join() ? rows : null;
    },
    { seconds: 60, seen: () => seen },
  );
}

async function provision(text: string): Promise<void> {
  const folder = join(data, 'policy');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'shop.yaml'), text);
  for (const args of [
    ['draft', 'put', 'guests', folder],
    ['provision', 'guests', '--yes'],
  ]) {
    const ran = await product([...args, ...online], { seconds: 120 });
    if (ran.code !== 0) throw new Error(`bulkhead ${args.join(' ')} exited ${ran.code}: ${ran.stderr || ran.stdout}`);
  }
  await allProven();
}

/** As the kernel ends it: `open`, `closed` or `filtered`. */
async function connect(from: string, to: string, service: string, family: 4 | 6 = 4): Promise<string> {
  const words = ['lab', 'connect', from, to, service, ...(family === 6 ? ['--ipv6'] : []), '--json', ...inLab];
  return (JSON.parse((await product(words)).stdout) as { state: string }).state;
}

async function nothingIsDeniedYet(): Promise<void> {
  for (const family of [4, 6] as const)
    check(
      `a guest that only observes is open (IPv${family})`,
      (await connect('db-1', 'shop-1', 'tcp/8080', family)) === 'open',
    );
}

type Expected = readonly [from: string, to: string, service: string, state: 'open' | 'filtered', what: string];
const expected: readonly Expected[] = [
  ['client-1', 'shop-1', 'tcp/8080', 'open', 'from another host to a guest'],
  ['client-1', 'shop-1', 'tcp/9100', 'filtered', 'to a port of a guest that no rule names'],
  ['db-1', 'shop-1', 'tcp/8080', 'filtered', 'from a host that may not'],
  ['client-1', 'cart-1', 'tcp/8080', 'filtered', 'to the other guest of the host'],
  ['shop-1', 'db-1', 'tcp/9100', 'open', 'from a guest to another host'],
  ['shop-1', 'client-1', 'tcp/9100', 'filtered', 'from a guest to a host that it may not reach'],
  ['shop-1', 'cache-1', 'tcp/8080', 'open', 'from a guest to a guest of another host'],
  ['cart-1', 'cache-1', 'tcp/8080', 'filtered', 'from the other guest to it'],
  ['cart-1', 'shop-1', 'tcp/8080', 'filtered', 'between two guests of one host'],
  ['web-1', 'cart-1', 'tcp/8080', 'open', 'from the host to its guest'],
  ['web-1', 'shop-1', 'tcp/8080', 'filtered', 'from the host to a guest that it may not reach'],
  ['cart-1', 'web-1', 'tcp/9100', 'open', 'from a guest to its host'],
  ['shop-1', 'web-1', 'tcp/9100', 'filtered', 'from a guest to its host, where it may not'],
];

async function policyIsEnforced(): Promise<void> {
  await provision(rules(true));
  for (const family of [4, 6] as const)
    for (const [from, to, service, state, what] of expected) {
      const found = await connect(from, to, service, family);
      check(`${what}: ${from} -> ${to} ${service} is ${state} (IPv${family})`, found === state, found);
    }
  const edges = await until('reports of guests', async () => {
    const found = await answer<Edge[]>(['flows', '--from', 'cart-1', ...online]);
    return found.some(({ to, state }) => to.name === 'shop-1' && state === 'denied') ? found : null;
  });
  const denied = edges.find(({ to }) => to.name === 'shop-1');
  check('what a guest tried is reported as its own', denied?.from.name === 'cart-1', denied);
  const allowed = await until('the report of an allowed connection', async () => {
    const found = await answer<Edge[]>(['flows', '--to', 'shop-1', ...online]);
    return found.find(({ from, serviceText }) => from.name === 'client-1' && serviceText === 'tcp/8080') ?? null;
  });
  const named = allowed.rules.filter(({ effectiveRule }) => effectiveRule === 'shop/client-to-shop');
  check('with the rule of both ends', new Set(named.map(({ end }) => end)).size === 2, allowed.rules);
}

const onHost = (host: string, script: string) =>
  answer<{ code: number; stdout: string; stderr: string }>([
    'lab',
    'run-on',
    ...inLab,
    '--json',
    '--',
    host,
    'sh',
    '-c',
    script,
  ]);

/** As a container engine publishes one: the host's port 8081 is the shop's 8080. */
async function publishedPortIsJudged(): Promise<void> {
  const script = `nft -f - <<'END'
table ip published {
  chain prerouting { type nat hook prerouting priority dstnat; tcp dport 8081 dnat to 10.30.101.2:8080; }
}
END`;
  const made = await onHost('web-1', script);
  if (made.code !== 0) throw new Error(`Cannot publish a port: ${made.stderr}`);
  const client = await connect('client-1', 'web-1', 'tcp/8081');
  check('a published port is judged as the guest behind it: who may comes through', client === 'open', client);
  const database = await connect('db-1', 'web-1', 'tcp/8081');
  check('and who may not does not', database === 'filtered', database);
}

const hold = (...words: string[]) => product(['lab', 'hold', ...words, '--json', ...inLab]);
async function open(from: string, to: string, service: string): Promise<number> {
  const held = JSON.parse((await hold(from, to, service)).stdout) as Held;
  check(`a connection ${from} -> ${to} ${service} is held`, held.flows, held);
  return held.id;
}
const flows = async (id: number): Promise<boolean> =>
  (JSON.parse((await hold('check', String(id))).stdout) as Held).flows;

async function narrowingCutsAConnection(): Promise<void> {
  const [cut, kept] = [await open('client-1', 'shop-1', 'tcp/8080'), await open('shop-1', 'cache-1', 'tcp/8080')];
  await provision(rules(false));
  check('a forwarded connection that is denied now is cut', !(await flows(cut)));
  check('one that is still allowed goes on', await flows(kept));
  await provision(rules(true));
  check(
    'and may be opened again when it is allowed again',
    (await connect('client-1', 'shop-1', 'tcp/8080')) === 'open',
  );
}

/** Says after how many milliseconds the kernel holds both guests again. */
const flushAndWait = `nft flush ruleset; began=$(date +%s%3N)
for i in $(seq 200); do
  held=$(nft list chain inet bulkhead held 2>/dev/null || true)
  case $held in *p=1*p=2*) echo $(($(date +%s%3N) - began)); exit 0 ;; esac
  sleep 0.05
done
exit 1`;

async function tamperingIsUndone(): Promise<void> {
  const before = (await hosts()).find(({ name }) => name === 'web-1')?.restored ?? 0;
  const done = await onHost('web-1', flushAndWait);
  if (done.code !== 0) throw new Error(`Cannot flush: ${done.stderr}`);
  const milliseconds = Number(done.stdout);
  check(`what a guest's place held is back within five seconds of a flush`, milliseconds < 5000, milliseconds);
  say(`put back after ${milliseconds} ms`);
  await until('the rules to be put back', async () => {
    const restored = (await hosts()).find(({ name }) => name === 'web-1')?.restored ?? 0;
    return restored > before && (await connect('db-1', 'shop-1', 'tcp/8080')) === 'filtered' ? true : null;
  });
  await allProven();
  check(
    'rules of guests that somebody flushed are put back',
    (await connect('cart-1', 'shop-1', 'tcp/8080')) === 'filtered',
  );
  check('and what is allowed passes', (await connect('client-1', 'shop-1', 'tcp/8080')) === 'open');
}

async function restartChangesNothing(): Promise<void> {
  const id = await open('client-1', 'shop-1', 'tcp/8080');
  const numbers = () => onHost('web-1', 'nft list chain inet bulkhead held');
  const before = (await numbers()).stdout;
  await product(['lab', 'agent', 'kill', 'web-1', ...inLab]);
  check(
    'without its agent a host goes on enforcing for its guests',
    (await connect('db-1', 'shop-1', 'tcp/8080')) === 'filtered',
  );
  await product(['lab', 'agent', 'start', 'web-1', ...inLab]);
  await allProven();
  const after = (await numbers()).stdout;
  check('a restarted agent takes over what the kernel holds', after === before && before.includes('p=1'), [
    before,
    after,
  ]);
  check('and connections of guests go on', await flows(id));
}

async function guestThatLeavesIsFree(): Promise<void> {
  const set = await product(['workload', 'set', 'cart-1', '--no-host', ...online]);
  check('a guest can be said to run nowhere', set.code === 0, set);
  await until('its rules to be gone', async () => {
    const held = (await onHost('web-1', 'nft list chain inet bulkhead held')).stdout;
    return held.includes('p=1') !== held.includes('p=2') ? true : null;
  });
  const names = everybody.filter((name) => name !== 'cart-1');
  await allProven(names);
  const found = await connect('client-1', 'cart-1', 'tcp/8080');
  check('nothing is enforced at its end any more, and its peer still judges for itself', found === 'filtered', found);
  check('the other guest is enforced as before', (await connect('db-1', 'shop-1', 'tcp/8080')) === 'filtered');
  check('and reached as before', (await connect('client-1', 'shop-1', 'tcp/8080')) === 'open');
}

/** A controller that still writes would put back what is removed. */
async function ended(running: Running | null): Promise<void> {
  if (running === null) return;
  const { process: child } = running;
  child.kill('SIGTERM');
  await until(`${running.log} to end`, async () =>
    child.exitCode !== null || child.signalCode !== null ? true : null,
  );
}

async function takeDown(): Promise<void> {
  await product(['lab', 'down', ...inLab]);
  for (const one of [estate, controller]) await ended(one);
  const left = machine.left();
  check('nothing is left behind', left.length === 0, left);
  if (process.env.BULKHEAD_KEEP === undefined) rmSync(data, { recursive: true, force: true });
  else say(`kept ${data}`);
}

process.exit(await main());
