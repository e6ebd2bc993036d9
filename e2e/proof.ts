/**
 * What is proven, and shown as such, on the lab estate: every host within seconds; a host whose agent is stopped grows
 * old and is never shown as fresh; what somebody takes away is found and put back; a foreign accept opens nothing; a
 * table that is gone while nobody on that host can tell is found by its peers' packets; and all of it can be checked by others.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { traces } from './left-behind.ts';
import { answer, checks, product, type Running, said, start, until } from './scenario.ts';
import { policyFiles, readShop } from './shop.ts';

type Host = {
  readonly name: string;
  readonly proof: {
    readonly intended: { readonly generation: number };
    readonly proven: {
      readonly state: 'proven' | 'old' | 'not proven';
      readonly at: string | null;
      readonly reason: string | null;
      readonly depth: string | null;
      readonly generation: number | null;
    };
    readonly probed: {
      readonly closed: { readonly tried: number; readonly asExpected: number };
      readonly alarms: readonly string[];
    };
  };
};

/** Milliseconds after which a proof must not be shown as fresh. */
const freshFor = 30_000;
/** Inbound alone is enforced, so that hosts let packets out that only their destination stops. */
const modes = '{kind: Mode, selector: "", inbound: enforce, outbound: observe}\n';
const victim = 'db-1';
const closedLine = 'web-1 db-1 tcp/5432';
const shop = readShop();
const { say, check, fail, finish } = checks('proof');
const data = mkdtempSync(join(tmpdir(), 'bulkhead-proof-'));
const run = `/run/bulkhead-lab-proof-${process.pid}`;
const machine = traces(run);
const online = ['--data', data];
let controller: Running | null = null;

const onHost = (name: string, ...words: string[]) => product(['lab', 'run-on', '--run', run, name, '--', ...words]);

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run proof: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  try {
    await bringUp();
    await everyHostIsProven();
    await anElementIsTakenAway();
    await othersRules();
    await theTableIsGone();
    await othersCanCheck();
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
  say(`the lab is up: ${shop.managed.size} hosts with agents`);
}

async function hostsNow(): Promise<readonly Host[]> {
  const ran = await product(['proof', 'show', '--json', ...online]);
  return JSON.parse(ran.stdout) as readonly Host[];
}

async function hostNow(name: string): Promise<Host['proof']> {
  const ran = await product(['proof', 'show', name, '--json', ...online]);
  return (JSON.parse(ran.stdout) as Host).proof;
}

async function proven(seconds: number): Promise<readonly Host[]> {
  let seen: readonly Host[] = [];
  return until(
    'every host to be proven',
    async () => {
      seen = await hostsNow();
      const done = seen.filter(
        ({ proof }) => proof.proven.state === 'proven' && proof.proven.generation === proof.intended.generation,
      );
      return done.length === shop.managed.size ? seen : null;
    },
    { seconds, seen: () => seen.filter(({ proof }) => proof.proven.state !== 'proven') },
  );
}

async function everyHostIsProven(): Promise<void> {
  await proven(60);
  const folder = mkdtempSync(join(data, 'draft-'));
  for (const { path, text } of policyFiles('enforce')) {
    writeFileSync(join(folder, path), path === 'enforce.yaml' ? modes : text);
  }
  await answer(['draft', 'put', 'shop', folder, ...online]);
  await answer(['provision', 'shop', '--yes', '--no-waves', ...online], { seconds: 120 });
  const began = Date.now();
  const hosts = await proven(60);
  const took = Date.now() - began;
  check(`${hosts.length} hosts are proven within 30 s of the provision`, took < 30_000, took);
  say(`they were ${took} ms after it ended`);
  const whole = await until('everything to be read back', async () => {
    const now = await hostsNow();
    return now.every(({ proof }) => proof.proven.depth === 'everything') ? now : null;
  });
  check('each of everything, with nothing changed since', whole.length === shop.managed.size);
  check('and the exit code says so', (await product(['proof', 'show', ...online])).code === 0);
  check(`${closedLine} is closed by its destination`, (await connect(closedLine)) === 'filtered');
}

async function connect(line: string): Promise<string> {
  const ran = await product(['lab', 'connect', ...line.split(' '), '--run', run, '--json']);
  return (JSON.parse(ran.stdout) as { state: string }).state;
}

async function signalAgent(signal: 'STOP' | 'CONT'): Promise<void> {
  const pid = `$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/' /var/lib/bulkhead/state.json)`;
  await onHost(victim, 'sh', '-c', `kill -${signal} ${pid}`);
}

/** The element of the map, whichever copy of it is in use; empty when there is none. */
async function elementOn(name: string, address: string): Promise<string> {
  const { stdout } = await onHost(
    name,
    'sh',
    '-c',
    `nft list table inet bulkhead | grep -o '${address} comment' | head -1`,
  );
  return stdout.trim();
}

async function anElementIsTakenAway(): Promise<void> {
  const [address = ''] = [...shop.owners].find(([text, owner]) => owner === 'api-1' && text.includes('.')) ?? [];
  check(`${victim} knows ${address}`, (await elementOn(victim, address)) !== '');
  await signalAgent('STOP');
  const before = await hostNow(victim);
  const take = `for c in a b; do nft delete element inet bulkhead id4_$c "{ ${address} }" 2>/dev/null; done; true`;
  await onHost(victim, 'sh', '-c', take);
  check('somebody took it away while the agent is stopped', (await elementOn(victim, address)) === '');
  let dishonest = 0;
  const began = Date.now();
  const old = await until(
    'the proof to be old',
    async () => {
      const now = await hostNow(victim);
      const age = Date.now() - Date.parse(now.proven.at ?? '');
      // A second for the command itself.
      if (now.proven.state === 'proven' && age > freshFor + 1000) dishonest++;
      return now.proven.state === 'proven' ? null : now;
    },
    { seconds: 60 },
  );
  say(
    `its proof, of ${before.proven.at}, is ${old.proven.state} ${Math.round((Date.now() - began) / 1000)} s later: ${old.proven.reason}`,
  );
  check('its proof is shown as old', old.proven.state === 'old', old.proven);
  check('and was never shown as fresh after 30 s', dishonest === 0, dishonest);
  check('the exit code says that something is not proven', (await product(['proof', 'show', ...online])).code === 1);
  const status = (await product(['status', ...online])).stdout;
  check('status names it', new RegExp(`${victim}: proof is old`).test(status), status);
  await signalAgent('CONT');
  const resumed = Date.now();
  await until('the element to be back', async () => ((await elementOn(victim, address)) === '' ? null : true));
  say(`it is back ${Date.now() - resumed} ms after the agent goes on`);
  await proven(30);
  check('and the host is proven again', true);
}

/** A foreign accept overrides no drop of ours, and a flush is put back. */
async function othersRules(): Promise<void> {
  const theirs =
    'add table inet theirs; add chain inet theirs c { type filter hook input priority -100; policy accept; }; add rule inet theirs c accept';
  await onHost(victim, 'nft', theirs);
  check(`a foreign accept before ours opens nothing: ${closedLine}`, (await connect(closedLine)) === 'filtered');
  await proven(30);
  check('and the host stays proven', true);
  await onHost(victim, 'nft', 'delete table inet theirs');
  await onHost(victim, 'nft', 'flush table inet bulkhead');
  await until('the rules to be back', async () => ((await connect(closedLine)) === 'filtered' ? true : null));
  await proven(30);
  check('a flush is put back, and the host is proven again', true);
}

async function theTableIsGone(): Promise<void> {
  await until(
    'its peers to have probed it',
    async () => ((await hostNow(victim)).probed.closed.tried > 0 ? true : null),
    { seconds: 60 },
  );
  const { probed } = await hostNow(victim);
  check(
    `${probed.closed.tried} cells of ${victim} were tried, and all are closed`,
    probed.closed.tried === probed.closed.asExpected,
    probed,
  );
  await signalAgent('STOP');
  await onHost(victim, 'nft', 'delete table inet bulkhead');
  check(`without the table ${closedLine} is open`, (await connect(closedLine)) === 'open');
  const began = Date.now();
  const alarmed = await until(
    'an alarm',
    async () => {
      const now = await hostNow(victim);
      return now.probed.alarms.length > 0 ? now : null;
    },
    { seconds: 60 },
  );
  const took = Math.round((Date.now() - began) / 1000);
  say(`after ${took} s: ${alarmed.probed.alarms[0]}`);
  check('peers find the open cell within 45 s', took <= 45, took);
  const status = (await product(['status', ...online])).stdout;
  check('status says it as an alarm', new RegExp(`ALARM +${victim}`).test(status), status);
  await signalAgent('CONT');
  await proven(40);
  await until('the alarm to end', async () => ((await hostNow(victim)).probed.alarms.length === 0 ? true : null), {
    seconds: 90,
  });
  check('once it is closed again the alarm ends', (await connect(closedLine)) === 'filtered');
}

/** What the controller exports is checked without it. */
async function othersCanCheck(): Promise<void> {
  const exported = await product(['proof', 'export', ...online]);
  const file = join(data, 'proofs.jsonl');
  writeFileSync(file, exported.stdout);
  const verify = (path: string) => product(['proof', 'verify', path, '--authority', join(data, 'ca.crt')]);
  const good = await verify(file);
  check('exported statements are verified with the authority alone', good.code === 0, good.stdout);
  say(good.stdout.trim());
  const forged = join(data, 'forged.jsonl');
  writeFileSync(forged, readFileSync(file, 'utf8').replace('\\"outcome\\":\\"holds\\"', '\\"outcome\\":\\"differs\\"'));
  check('one that was changed is found', (await verify(forged)).code === 1);
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
