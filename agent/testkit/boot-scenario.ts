import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { ruleset } from './rulesets.ts';
import { ended, hostAddress, openHost, worldAddress } from './two-hosts.ts';

/**
 * A host that boots: what its unit says is run to its end, then the network comes up, while somebody outside has been
 * trying all along. There is no controller and no name server. Prints one line of JSON.
 */
const data = join(process.argv[2] as string, 'data');
const repository = fileURLToPath(new URL('../../', import.meta.url));
const unit = readFileSync(join(repository, 'agent/units/bulkhead-load.service'), 'utf8');
const command = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? 'false')
  .replace('/usr/lib/bulkhead/', repository)
  .replace('/var/lib/bulkhead', data);

const host = await openHost();
mkdirSync(data);
writeFileSync(join(data, 'ruleset.json'), encodeHostRuleset(ruleset(5, [worldAddress])));
const servers = host.start(
  process.execPath,
  '-e',
  `for (const port of [8080, 9090]) require('node:net').createServer((s) => s.on('error', () => {}).end('hello')).listen(port);
   setTimeout(() => console.log('ready'), 100);`,
);
await new Promise((resolve) => servers.stdout?.once('data', resolve));

/** Tries without a pause until `stop`; how many came through. */
function trying(port: number) {
  let [through, tries, stopped] = [0, 0, false];
  const again = () => {
    if (stopped) return;
    tries++;
    const socket = connect(port, hostAddress);
    socket.on('connect', () => through++);
    socket.on('error', () => {});
    setTimeout(() => {
      socket.destroy();
      again();
    }, 20);
  };
  again();
  const stop = () => {
    stopped = true;
  };
  return { seen: () => ({ through, tries }), stop };
}

const boots = [];
for (let boot = 0; boot < 3; boot++) {
  host.inHost('ip link set host down; nft flush ruleset');
  const [allowed, denied] = [trying(8080), trying(9090)];
  const load = host.start('sh', '-c', `exec ${command}`);
  const code = await ended(load);
  const early = allowed.seen().through + denied.seen().through;
  host.inHost(`ip link set host up; ip addr replace ${hostAddress}/24 dev host`);
  while (allowed.seen().through < 20) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const one of [allowed, denied]) one.stop();
  const generation = Number(/\bg=(\d+) /.exec(host.inHost('nft list chain inet bulkhead held'))?.[1]);
  boots.push({ code, early, generation, denied: denied.seen().through, tried: denied.seen().tries > 20 });
}
servers.kill('SIGKILL');
process.stdout.write(`${JSON.stringify(boots)}\n`);
host.close();
process.exit(0);
