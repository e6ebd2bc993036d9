import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeController } from './fake-controller.ts';
import { openRuleset } from './rulesets.ts';
import { ended, hostAddress, openHost, worldAddress } from './two-hosts.ts';

/**
 * A real agent beside other firewalls: what they drop is named, and when it is uninstalled they are as they were. Prints
 * one line of JSON; agent/neighbours-host.test.ts says what it should be.
 */
const data = join(process.argv[2] as string, 'data');
const host = await openHost();
const controller = await new FakeController().listen(worldAddress);
const endpoint = `https://${worldAddress}:${controller.endpoint.port}`;
const tables = [
  'table inet theirs { chain in { type filter hook input priority 0; tcp dport 8080 counter drop; }; }',
  'table ip closed { chain in { type filter hook input priority 10; policy drop; tcp dport != 8081 accept; }; }',
  'table ip sends { chain out { type filter hook output priority 5; udp dport 5353 drop; }; }',
  'table inet quiet { set bulkhead { type ipv4_addr; elements = { 10.0.0.1 }; }; }',
];
for (const table of tables) host.inHost(`nft '${table}'`);
const others = () => host.inHost('nft -s -nn list ruleset');
const before = others();

const agent = host.startAgent('--data', data, '--controller', endpoint, '--pairing-key', controller.pairingText);
await controller.until(() => controller.said('health').length > 0);
controller.send({ kind: 'ruleset', ruleset: openRuleset(1) });
await controller.until(() => controller.said('applied').length > 0);

const problems = () => controller.said('health').at(-1)?.health.problems ?? [];
const named = (text: string) => problems().find((problem) => problem.includes(text)) ?? '';
/** Tries for as long as it takes to be named, and says how long that was. */
async function untilNamed(text: string, attempt: () => () => void): Promise<{ said: string; seconds: number }> {
  const started = performance.now();
  const stop = attempt();
  await controller.until(() => named(text) !== '' || performance.now() - started > 60_000);
  stop();
  return { said: named(text), seconds: Math.round((performance.now() - started) / 1000) };
}
const connecting = (port: number) => () => {
  let socket = connect(port, hostAddress);
  socket.on('error', () => {});
  const again = setInterval(() => {
    socket.destroy();
    socket = connect(port, hostAddress);
    socket.on('error', () => {});
  }, 20_000);
  return () => {
    clearInterval(again);
    socket.destroy();
  };
};
const sending = () => {
  const script = `const s = require('node:dgram').createSocket('udp4');
    s.on('error', () => {}); s.bind(5000);
    setInterval(() => s.send('x', 5353, '${worldAddress}', () => {}), 700);`;
  const child = host.start(process.execPath, '-e', script);
  return () => void child.kill('SIGKILL');
};
const allowed = connecting(9)();
await delay(3000);
const nobody = problems().filter((problem) => problem.startsWith('Another firewall'));
allowed();
const byRule = await untilNamed('table inet theirs', connecting(8080));
const byPolicy = await untilNamed('table ip closed', connecting(8081));
const onTheWayOut = await untilNamed('table ip sends', sending);
const traces = host.inHost('nft list tables').includes('_trace');

const uninstall = (...words: string[]) => {
  const child = host.startAgent('--data', data, '--uninstall', '--json', ...words);
  let text = '';
  child.stdout?.on('data', (piece) => {
    text += piece;
  });
  return ended(child).then((code) => ({ code, ...JSON.parse(text) }));
};
const whileRunning = await uninstall();
agent.kill('SIGTERM');
await ended(agent);
const gone = await uninstall('--purge');
const hash = createHash('sha256').update(before).digest('hex');
process.stdout.write(
  `${JSON.stringify({
    nobody,
    ...{ byRule, byPolicy, onTheWayOut, traces },
    whileRunning: [whileRunning.code, whileRunning.message],
    gone: [gone.code, gone.before === hash, gone.after === hash],
    asBefore: others() === before,
    filesLeft: host.inHost(`ls ${data} 2>/dev/null | wc -l`).trim(),
  })}\n`,
);
controller.close();
host.close();
process.exit(0);
