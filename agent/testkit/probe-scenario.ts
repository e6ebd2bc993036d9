import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { formatServicePoint, parseServiceRange } from '@bulkhead/net/service-space.ts';
import { Probes } from '../probe.ts';

/**
 * Probes against a real kernel, in a network namespace that the caller made for us. Prints what came of each cell as a
 * line of JSON; agent/probe.test.ts says what it should be.
 */
const cells = process.argv.slice(2).map((text) => {
  const [where = '', what = ''] = text.split(' ');
  const [address, service] = [parseAddress(where), parseServiceRange(what)?.first];
  if (address === null || service === undefined) throw new Error(`Not a cell: ${text}`);
  return { address, service };
});
execFileSync('sh', [
  '-c',
  `ip link set lo up
nft -f - <<'RULES'
table inet probed {
  chain out {
    type filter hook output priority 0
    tcp dport { 81, 84 } drop
    udp dport 81 drop
  }
  chain in {
    type filter hook input priority 0
    tcp dport 82 drop
    udp dport 82 drop
  }
}
RULES`,
]);
const server = createServer((socket) => socket.on('error', () => {}));
await new Promise<void>((resolve) => server.listen(80, '::', resolve));

const unknown = '127.0.0.9';
const probes = new Probes({ knows: (address: Address) => address !== unknown, now: () => performance.now() });
const running = probes.run({ id: 1, cells });
// What the log of the kernel would say of one of them.
const told = { peer: '127.0.0.1' as Address, service: parseServiceRange('tcp/84')?.first ?? 0, rule: 'shop/no' };
setTimeout(() => probes.denied(told), 100);
const { results } = await running;
for (const { address, service, outcome, rule, milliseconds } of results) {
  const isQuick = milliseconds < 350;
  console.log(JSON.stringify([address, formatServicePoint(service), outcome, rule, isQuick]));
}
process.exit(0);
