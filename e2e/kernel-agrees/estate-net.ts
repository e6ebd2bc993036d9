import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BackEnd } from '@bulkhead/enforce/back-end.ts';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import { type LogRecord, RecordDecoder } from '@bulkhead/sensors/nflog/record.ts';
import { type NetworkNamespace, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';

/** The host that is judged, and everybody else behind one cable. */
export type EstateNet = {
  readonly host: NetworkNamespace;
  readonly world: NetworkNamespace;
  readonly backEnd: BackEnd;
  close(): Promise<void>;
};

const built = (name: string): string => fileURLToPath(new URL(`../../native/build/${name}`, import.meta.url));

export async function openEstateNet(): Promise<EstateNet> {
  const [host, world] = await Promise.all([openNetworkNamespace(), openNetworkNamespace()]);
  await host.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(world.pid));
  await Promise.all([host, world].map((end) => plugIn(end)));
  const helper = [...host.enter, built('bulkhead-helper')];
  const backEnd = nftablesBackEnd({ command: [...host.enter, 'nft'], helper });
  return { host, world, backEnd, close: async () => void (await Promise.all([host.close(), world.close()])) };
}

/** Both ends have one hardware address and no neighbour discovery: any address can be behind the cable. */
export async function plugIn(namespace: NetworkNamespace, mac = '02:00:00:00:00:01'): Promise<void> {
  const settings = ['ipv4.conf.all.rp_filter=0', 'ipv4.conf.eth0.rp_filter=0', 'ipv4.ip_nonlocal_bind=1'];
  await namespace.run('sysctl', '-qw', ...settings.map((s) => `net.${s}`), 'net.ipv6.conf.eth0.addr_gen_mode=1');
  const batch = [
    'link set lo up',
    `link set eth0 address ${mac} arp off`,
    'link set eth0 up',
    // Routes of an interface go with its last address.
    'addr add 10.255.255.254/32 dev eth0',
    'route add default dev eth0',
    '-6 route add default dev eth0',
  ];
  for (const line of batch) await namespace.run('ip', ...line.split(' '));
}

/** The product's helper on one log group. */
export type LogListener = { readonly records: LogRecord[]; close(): Promise<void> };

export async function listenToLog(namespace: NetworkNamespace, group: number): Promise<LogListener> {
  const child = startInside(namespace, [built('bulkhead-helper'), 'nflog', String(group)]);
  const decoder = new RecordDecoder();
  const records: LogRecord[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Uint8Array) => {
      const decoded = decoder.push(chunk);
      records.push(...decoded.records);
      if (decoded.listening !== null) resolve();
      if (decoder.refused > 0) reject(new Error('The helper wrote something that is no record'));
    });
    child.once('exit', (code) => reject(new Error(`The helper ended with ${code}`)));
  });
  await ready;
  return { records, close: () => closeInput(child) };
}

export type PacketSender = { send(packet: Uint8Array): void; close(): Promise<void> };

export function openPacketSender(namespace: NetworkNamespace): PacketSender {
  const child = startInside(namespace, [built('packet-sender')]);
  return {
    send: (packet) => {
      child.stdin?.write(Uint8Array.from([packet.length & 255, packet.length >> 8, ...packet]));
    },
    close: () => closeInput(child),
  };
}

export function startInside(namespace: NetworkNamespace, command: readonly string[]): ChildProcess {
  const [program = '', ...args] = [...namespace.enter, ...command];
  return spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
}

export async function closeInput(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}

/** Polls a condition; false after so many milliseconds. */
export async function becomesTrue(condition: () => boolean, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
