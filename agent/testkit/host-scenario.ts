import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FakeController } from './fake-controller.ts';
import { ruleset } from './rulesets.ts';

/**
 * A real agent, kernel and helper in a network namespace that the caller made for us, with a neighbour in another one.
 * Prints what was observed as one line of JSON; agent/host.test.ts says what it should be.
 */
const data = join(process.argv[2] as string, 'data');
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const run = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8' });

const neighbour = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 120'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(neighbour.stdout, 'data');
const inNeighbour = `nsenter --net=/proc/${neighbour.pid}/ns/net`;
// Without IPv6, whose neighbour discovery would be reported and lost at moments of its own.
run(`ip link set lo up
  echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
  ${inNeighbour} sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
  ip link add here type veth peer name there
  ip link set there netns ${neighbour.pid}
  ip addr add 10.9.0.1/24 dev here
  ip link set here up
  ${inNeighbour} ip addr add 10.9.0.2/24 dev there
  ${inNeighbour} ip link set there up`);
const server = createServer((socket) => socket.on('error', () => {}).end());
await new Promise<void>((resolve) => server.listen(8080, '0.0.0.0', resolve));

const controller = await new FakeController().listen();
const address = `https://127.0.0.1:${controller.endpoint.port}`;
const agentWith = (...words: string[]) =>
  spawn(process.execPath, [main, '--data', data, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
const startAgent = () => agentWith('--controller', address, '--pairing-key', controller.pairingText);

/** Tries from the neighbour, one after the other; how many came through. Not blocking: the server is in this process. */
async function connect(port: number, times: number): Promise<number> {
  let through = 0;
  for (let i = 0; i < times; i++) {
    const words = [
      `--net=/proc/${neighbour.pid}/ns/net`,
      'timeout',
      '0.5',
      'bash',
      '-c',
      `: > /dev/tcp/10.9.0.1/${port}`,
    ];
    const [code] = await once(spawn('nsenter', words, { stdio: 'ignore' }), 'exit');
    if (code === 0) through++;
  }
  return through;
}

const reports = () => controller.batches.flatMap((batch) => batch.reports);
const reported = (port: number) => reports().filter((r) => r.direction === 'inbound' && (r.service & 0xffff) === port);
const countOf = (port: number) => reported(port).reduce((sum, r) => sum + r.count, 0);
const health = () => controller.said('health').at(-1)?.health;
const nextHealth = async () => {
  const before = controller.said('health').length;
  await controller.until(() => controller.said('health').length > before);
};
const ended = async (child: ChildProcess) => (await once(child, 'exit'))[0];
const tableIsThere = () => spawnSync('nft', ['list', 'table', 'inet', 'bulkhead']).status === 0;
const memoryOf = (pid: number | undefined) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024e-6;

const first = startAgent();
await controller.until(() => controller.said('health').length > 0);
controller.send({ kind: 'ruleset', ruleset: ruleset(5, ['10.9.0.2']) });
await controller.until(() => controller.said('applied').length > 0);
const ready = await ended(agentWith('--wait-ready', '--timeout', '5'));
const allowed = await connect(8080, 5);
const denied = await connect(9090, 2);
await controller.until(() => countOf(8080) >= 5 && countOf(9090) >= 2);
await nextHealth();
const before = { ...health() };

first.kill('SIGKILL');
await ended(first);
const keptAfterKill = tableIsThere();
const unseen = await connect(8080, 3);
const second = startAgent();
await controller.until(() => controller.sessions === 2);
await connect(8080, 1);
await controller.until(() => (health()?.lost ?? 0) > 0 && countOf(8080) >= 6);
await nextHealth();
const after = { ...health() };
const agentMegabytes = memoryOf(second.pid) + (after.helperBytes ?? 0) / 1e6;

run('nft flush ruleset');
await controller.until(() => (health()?.restored ?? 0) > 0);
const restored = [tableIsThere(), await connect(8080, 1), await connect(9090, 1)];

second.kill('SIGTERM');
const stopCode = await ended(second);
const keptAfterStop = tableIsThere();
run('nft delete table inet bulkhead');
const loadCode = await ended(agentWith('--once'));
const loaded = run('nft list table inet bulkhead').includes('g=5 ');

controller.close();
run('nft delete table inet bulkhead');
const alone = agentWith();
for (let i = 0; i < 200 && !tableIsThere(); i++) await delay(50);
const loadedAlone = [tableIsThere(), await connect(8080, 1), await connect(9090, 1)];
alone.kill('SIGTERM');
await ended(alone);

const [hit] = reported(8080);
const [miss] = reported(9090);
process.stdout.write(
  `${JSON.stringify({
    applied: controller.said('applied').map(({ applied }) => [applied.generation, applied.proven]),
    ready,
    allowed,
    denied,
    hit: [hit?.effective, hit?.effectiveRule, hit?.process, hit?.peer, hit?.local],
    miss: [miss?.effective, miss?.effectiveRule, miss?.process],
    foreign: reports().filter((r) => r.local !== '10.9.0.1').length,
    before: [before.counted === before.received, before.lost],
    keptAfterKill,
    unseen,
    after: [after.counted === (after.received ?? 0) + (after.lost ?? 0), after.lost],
    restored,
    held: controller.said('hello').map(({ held }) => held?.generation ?? null),
    stopCode,
    keptAfterStop,
    loadCode,
    loaded,
    loadedAlone,
    agentMegabytes,
  })}\n`,
);
neighbour.kill();
server.close();
