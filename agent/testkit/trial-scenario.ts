import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeController } from './fake-controller.ts';
import { openRuleset, ruleset } from './rulesets.ts';
import { ended, hostAddress, openHost, worldAddress } from './two-hosts.ts';

/**
 * A real agent, watchdog and kernel, with the controller on the other side of the rules. Prints what was observed as one
 * line of JSON; agent/trial-host.test.ts says what it should be.
 */
const data = join(process.argv[2] as string, 'data');
const host = await openHost();
const controller = await new FakeController().listen(worldAddress);
const endpoint = `https://${worldAddress}:${controller.endpoint.port}`;
const startAgent = () =>
  host.startAgent('--data', data, '--controller', endpoint, '--pairing-key', controller.pairingText);

const generation = () => Number(/g=(\d+) /.exec(host.inHost('nft list chain inet bulkhead held || true'))?.[1] ?? 0);
const answers = () => controller.said('applied').map(({ applied }) => applied);
const until = async (holds: () => boolean) => {
  while (!holds()) await delay(20);
};
const millisecondsUntil = async (holds: () => boolean | Promise<boolean>) => {
  const started = Date.now();
  while (!(await holds())) await delay(20);
  return Date.now() - started;
};

/** Answers every datagram; its port is open to the world under every ruleset that lets the world in. */
const echo = host.start(
  process.execPath,
  '-e',
  `const s = require('node:dgram').createSocket('udp4');
   s.on('message', (m, r) => s.send(m, r.port, r.address));
   s.bind(7007, '${hostAddress}', () => console.log('ready'));
   require('node:net').createServer((c) => c.on('error', () => {})).listen(8080, '${hostAddress}');`,
);
await new Promise((resolve) => echo.stdout?.once('data', resolve));
/** From the host to the controller, by a connection of its own. */
const reaches = () =>
  spawnSync('nsenter', [
    `--net=/proc/${host.pid}/ns/net`,
    'timeout',
    '0.3',
    'bash',
    '-c',
    `: > /dev/tcp/${worldAddress}/${controller.endpoint.port}`,
  ]).status === 0;

// 1. The first ruleset passes its trial.
let agent = startAgent();
await controller.until(() => controller.said('health').length > 0);
controller.send({ kind: 'ruleset', ruleset: openRuleset(1), trial: { seconds: 3, reach: [] } });
await controller.until(() => answers().length > 0);
const first = answers().map(({ generation, proven, problem, milliseconds }) => ({
  generation,
  proven,
  problem,
  milliseconds,
}));

// 2. One that cuts the controller off is taken back by the agent.
controller.send({ kind: 'ruleset', ruleset: { ...ruleset(2), revision: 2 }, trial: { seconds: 2, reach: [] } });
await until(() => generation() === 2);
const cutWhileTried = !reaches();
const healed = await millisecondsUntil(reaches);
await controller.until(() => answers().some(({ problem }) => problem !== null));
const refused = answers().find(({ problem }) => problem !== null);
const leftAfterTrial = host.inHost(`ls ${data} | grep undo || true`);

// 3. Killed in the middle, and nobody starts it again: the watchdog does it.
const cut = (number: number) => ({ ...ruleset(number, ['10.9.0.2', `10.9.1.${number}`]), revision: 2 });
controller.send({ kind: 'ruleset', ruleset: cut(3), trial: { seconds: 1, reach: [] } });
await until(() => generation() === 3);
agent.kill('SIGKILL');
await ended(agent);
const watchdogHealed = await millisecondsUntil(reaches);
const byWatchdog = [generation(), host.inHost(`ls ${data} | grep undo || true`).trim()];

// 4. Killed in the middle and started again at once: it takes over.
const hellos = controller.said('hello').length;
agent = startAgent();
await controller.until(() => controller.sessions === 2 && controller.said('hello').length > hellos);
const heldAfterWatchdog = controller.said('hello').at(-1)?.held?.generation ?? null;
await controller.until(() => controller.said('health').length > 1);
controller.send({ kind: 'ruleset', ruleset: cut(4), trial: { seconds: 60, reach: [] } });
await until(() => generation() === 4);
agent.kill('SIGKILL');
await ended(agent);
agent = startAgent();
const takenOver = await millisecondsUntil(reaches);
await controller.until(() => controller.sessions === 3);

// 5. Restarts and kills touch nothing: a flow of datagrams goes on, and the kernel sees no transaction.
const monitor = host.start('nft', 'monitor');
let transactions = '';
monitor.stdout?.on('data', (piece) => {
  transactions += piece;
});
const flood = createSocket('udp4');
let [sent, back] = [0, 0];
flood.on('message', () => back++);
await new Promise<void>((resolve) => flood.connect(7007, hostAddress, resolve));
const timer = setInterval(() => {
  for (let i = 0; i < 20; i++) flood.send('x', () => sent++);
}, 10);
for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
  const before = controller.sessions;
  agent.kill(signal);
  await ended(agent);
  agent = startAgent();
  await controller.until(() => controller.sessions > before);
}
clearInterval(timer);
const deadline = Date.now() + 3000;
await until(() => back === sent || Date.now() > deadline);
flood.close();
monitor.kill();

// 6. Without a trial: kept, although it cuts the controller off.
controller.send({ kind: 'ruleset', ruleset: cut(5) });
await until(() => generation() === 5);
await delay(500);
const keptWithoutTrial = [generation(), reaches()];
agent.kill('SIGKILL');
await ended(agent);
echo.kill();

process.stdout.write(
  `${JSON.stringify({
    first: first.map(({ milliseconds: _, ...rest }) => rest),
    firstMilliseconds: first[0]?.milliseconds,
    cutWhileTried,
    healed,
    refused: refused && [refused.generation, refused.proven, refused.problem],
    leftAfterTrial,
    watchdogHealed,
    byWatchdog,
    heldAfterWatchdog,
    takenOver,
    flood: [sent > 500, sent - back],
    transactions,
    keptWithoutTrial,
  })}\n`,
);
controller.close();
host.close();
process.exit(0);
