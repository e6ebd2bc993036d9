import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import { FakeController } from './fake-controller.ts';

/**
 * A real agent, kernel, helper and name server: a host that may reach what its rules name, in a network namespace that the
 * caller made for us, and a neighbour with the name server and everybody it answers for. Prints what was observed as one
 * line of JSON; agent/names-host.test.ts says what it should be.
 */
const folder = process.argv[2] as string;
const data = join(folder, 'data');
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const run = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8' });

const neighbour = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 120'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(neighbour.stdout, 'data');
const inside = `nsenter --net=/proc/${neighbour.pid}/ns/net`;
/** Fresh ones for the measurement. */
const measured = Array.from({ length: 20 }, (_, index) => index + 30);
run(`ip link set lo up
  echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
  ${inside} sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
  ip link add here type veth peer name there
  ip link set there netns ${neighbour.pid}
  ip addr add 10.9.0.1/24 dev here
  ip link set here up
  ${inside} ip addr add 10.9.0.2/24 dev there
  for last in 11 12 13 14 ${measured.join(' ')}; do ${inside} ip addr add 10.9.0.$last/24 dev there; done
  ${inside} ip link set there up
  ${inside} ip link set lo up`);

const serve =
  "require('node:net').createServer((s) => s.on('error', () => {}).pipe(s)).listen(8080, '0.0.0.0', () => console.log('ready'))";
const server = spawn('nsenter', [`--net=/proc/${neighbour.pid}/ns/net`, process.execPath, '-e', serve], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(server.stdout, 'data');

const hosts = join(folder, 'hosts');
const answers = (...lines: readonly string[]) =>
  writeFileSync(
    hosts,
    `${[...lines, ...measured.map((last) => `10.9.0.${last} n${last}.rot.example.org`)].join('\n')}\n`,
  );
answers('10.9.0.11 api.example.org', '10.9.0.13 api.example.org', '10.9.0.14 bank.example');
const nameServer = spawn('nsenter', [
  `--net=/proc/${neighbour.pid}/ns/net`,
  'dnsmasq',
  ...['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--user=root', '--pid-file'],
  ...['--listen-address=10.9.0.2', '--bind-interfaces', '--local-ttl=5', `--addn-hosts=${hosts}`],
  ...['--cname=www.example.com,api.example.org', '--log-facility=/dev/null'],
]);
const resolver = new Resolver({ timeout: 1000, tries: 1 });
resolver.setServers(['10.9.0.2']);
const ask = async (name: string): Promise<readonly string[]> => {
  try {
    return (await resolver.resolve4(name)).sort();
  } catch {
    return [];
  }
};

const deny = { verdict: 'deny', rule: null, tier: null } as const;
const allow = (rule: string) => ({ verdict: 'allow', rule, tier: 'application' }) as const;
const guard = { verdict: 'deny', rule: 'guard/no', tier: 'guardrail' } as const;
const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;
const named = ['*.rot.example.org', 'api.example.org', 'www.example.com'];

function content(names: readonly string[]): HostRulesetContent {
  const all = names.map((name, index) => ({ id: index + 1, name }));
  const alternatives = all.map(({ id }) => ({ name: id, decision: 2 }));
  return {
    identities: [
      { id: 1, name: 'name server' },
      { id: 2, name: 'denied by the guardrail' },
    ],
    addresses: [],
    prefixes: [
      { prefix: prefix('10.9.0.2/32'), identity: 1 },
      { prefix: prefix('10.9.0.13/32'), identity: 2 },
    ],
    classes: [
      { id: 1, services: [{ first: 17 * 65536 + 53, last: 17 * 65536 + 53 }] },
      { id: 2, services: [{ first: 6 * 65536 + 8080, last: 6 * 65536 + 8080 }] },
    ],
    ...(all.length === 0 ? {} : { names: all }),
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow('lifeline/dns'), intended: allow('lifeline/dns') },
      { number: 2, effective: allow('shop/vendor'), intended: allow('shop/vendor') },
      { number: 3, effective: deny, intended: deny, ...(all.length === 0 ? {} : { named: alternatives }) },
      { number: 4, effective: guard, intended: guard },
    ],
    ends: [
      {
        addresses: [],
        inbound: { cells: [], miss: 0 },
        outbound: {
          cells: [
            { identity: 0, class: 2, decision: 3 },
            { identity: 1, class: 1, decision: 1 },
            { identity: 2, class: 2, decision: 4 },
          ],
          miss: 0,
        },
      },
    ],
  };
}

function ruleset(generation: number, revision: number, names = named): HostRuleset {
  const made = content(names);
  return { format: 1, workload: 'web-1', content: made, generation, revision, hash: contentHash(made), version: 1 };
}

const controller = await new FakeController().listen();
const address = `https://127.0.0.1:${controller.endpoint.port}`;
const startAgent = () =>
  spawn(
    process.execPath,
    [main, '--data', data, '--name-grace', '600', '--controller', address, '--pairing-key', controller.pairingText],
    { stdio: ['ignore', 'pipe', process.env.SHOW_AGENT === undefined ? 'ignore' : 'inherit'] },
  );
const ended = async (child: ChildProcess) => (await once(child, 'exit'))[0];
const applied = () => controller.said('applied').length;
const send = async (next: HostRuleset) => {
  const before = applied();
  controller.send({ kind: 'ruleset', ruleset: next });
  await controller.until(() => applied() > before);
};

function open(last: number, milliseconds: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = dial({ host: `10.9.0.${last}`, port: 8080 });
    const give = (what: Socket | null) => {
      clearTimeout(timer);
      if (what === null) socket.destroy();
      resolve(what);
    };
    const timer = setTimeout(() => give(null), milliseconds);
    socket.on('connect', () => give(socket));
    socket.on('error', () => give(null));
  });
}

/** Whether a connection comes about, 700 ms: the second attempt of a kernel is after a second. */
async function reaches(last: number): Promise<boolean> {
  const socket = await open(last, 700);
  socket?.destroy();
  return socket !== null;
}

async function until(what: () => Promise<boolean>, turns = 40): Promise<boolean> {
  for (let turn = 0; turn < turns; turn++) {
    if (await what()) return true;
    await delay(50);
  }
  return false;
}

const isLearned = (last: number) => until(() => reaches(last), 8);
const echoes = async (socket: Socket): Promise<boolean> => {
  const answer = Promise.race([once(socket, 'data').then(() => true), delay(1500).then(() => false)]);
  socket.write('x');
  return answer;
};

const first = startAgent();
await controller.until(() => controller.said('health').length > 0);
await send(ruleset(5, 1));
await until(async () => (await ask('bank.example')).length > 0);

const unasked = [await reaches(11), await reaches(12), await reaches(14)];
const asked = await ask('api.example.org');
const answered = [await isLearned(11), await reaches(12), await reaches(13), await reaches(14)];

// How long it takes from the answer to the element, as a client meets it.
const waits: number[] = [];
for (const last of measured) {
  await ask(`n${last}.rot.example.org`);
  const started = performance.now();
  const socket = await open(last, 3000);
  socket?.destroy();
  waits.push(socket === null ? 9999 : performance.now() - started);
}

const live = await open(11, 700);
answers('10.9.0.12 api.example.org', '10.9.0.14 bank.example');
nameServer.kill('SIGHUP');
await until(async () => (await ask('api.example.org')).includes('10.9.0.12'));
const rotated = [await isLearned(12), await reaches(11), await reaches(14)];
await send(ruleset(6, 2));
const judgedAgain = [live !== null && (await echoes(live)), await reaches(11), await reaches(12), await reaches(13)];
live?.destroy();
const alias = await ask('www.example.com');

first.kill('SIGKILL');
await ended(first);
const withoutAgent = [await reaches(11), await reaches(14)];
const second = startAgent();
await controller.until(() => controller.sessions === 2);
const restarted = [await reaches(11), await reaches(12), await reaches(14)];

run('nft flush table inet bulkhead');
const flushed = [await until(async () => !(await reaches(14))), await isLearned(11), await reaches(12)];
const set = run('nft list sets table inet bulkhead')
  .split('\n')
  .map((line) => line.trim());
const apiSet = set
  .slice(0, set.indexOf('comment "api.example.org"'))
  .findLast((line) => line.startsWith('set names4_'))
  ?.split(' ')[1];
run(`nft flush set inet bulkhead ${apiSet}`);
const emptied = await until(() => reaches(11));
run(`nft add element inet bulkhead ${apiSet} '{ 10.9.0.14 timeout 900s }'`);
const foreign = await until(async () => !(await reaches(14)));

await send(ruleset(7, 3, []));
const nameless = [await reaches(11), run('nft -t list table inet bulkhead').includes('names')];

second.kill('SIGTERM');
const stopCode = await ended(second);
process.stdout.write(
  `${JSON.stringify({
    applied: controller.said('applied').map(({ applied }) => [applied.generation, applied.proven]),
    unasked,
    asked,
    answered,
    waits,
    rotated,
    judgedAgain,
    alias,
    withoutAgent,
    restarted,
    flushed,
    emptied,
    foreign,
    nameless,
    stopCode,
  })}\n`,
);
controller.close();
nameServer.kill();
server.kill();
neighbour.kill();
