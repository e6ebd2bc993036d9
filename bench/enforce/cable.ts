import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Address } from '@bulkhead/net/address.ts';
import { type NetworkNamespace, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';

/** Nanoseconds: of processor time, both hosts' kernels included, and on the clock. */
export type Cost = { readonly processor: number; readonly clock: number };
export type Work = {
  readonly what: 'connect' | 'stream';
  readonly to: Address;
  readonly port: number;
  readonly amount: number;
};

/** Two hosts and a cable, and one process that has sockets on both. */
export type Cable = {
  readonly client: NetworkNamespace;
  readonly server: NetworkNamespace;
  do(work: Work): Promise<Cost>;
  close(): Promise<void>;
};

export const built = (name: string): string => fileURLToPath(new URL(`../../native/build/${name}`, import.meta.url));

/** The addresses in `client` and `server` are given to the hosts whole; everything else lies behind the cable. */
export async function openCable(client: readonly Address[], server: readonly Address[]): Promise<Cable> {
  const [a, b] = await Promise.all([openNetworkNamespace(), openNetworkNamespace()]);
  await a.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(b.pid));
  await Promise.all([plugIn(a, client), plugIn(b, server)]);
  const tool = spawn(built('connect-load'), [String(a.pid), String(b.pid)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: tool.stdout })[Symbol.asyncIterator]();
  return {
    client: a,
    server: b,
    do: async ({ what, to, port, amount }) => {
      tool.stdin.write(`${what} ${to} ${port} ${amount}\n`);
      const answer = await answers.next();
      const [processor = Number.NaN, clock = Number.NaN] = String(answer.value ?? '')
        .split(' ')
        .map(Number);
      if (!(processor > 0)) throw new Error(`Cannot measure ${what} to ${to}: connections do not come about`);
      return { processor, clock };
    },
    close: async () => {
      await ended(tool);
      await Promise.all([a.close(), b.close()]);
    },
  };
}

async function plugIn(host: NetworkNamespace, addresses: readonly Address[]): Promise<void> {
  await host.run('sysctl', '-qw', 'net.ipv6.conf.eth0.addr_gen_mode=1');
  const lines = [
    'link set lo up',
    'link set eth0 address 02:00:00:00:00:01 arp off',
    'link set eth0 up',
    ...addresses.map((one) => `addr add ${one} dev eth0${one.includes(':') ? ' nodad' : ''}`),
    'route add default dev eth0',
    '-6 route add default dev eth0',
  ];
  for (const line of lines) await host.run('ip', ...line.split(' '));
}

/** Ends with its standard input. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.stdin?.end();
  await exit;
}
