import { type Address, addressFromBytes } from '@bulkhead/net/address.ts';

/** A socket that waits for others: TCP in LISTEN, or UDP that is not connected. `address` may be `0.0.0.0` or `::`. */
export type ListeningSocket = {
  readonly protocol: 'tcp' | 'udp';
  readonly address: Address;
  readonly port: number;
  readonly uid: number;
  readonly inode: number;
};

/** `first`..`last`: where the kernel takes ports for sockets that did not ask for one. */
export type EphemeralPorts = { readonly first: number; readonly last: number };

const listenState = { tcp: '0A', udp: '07' } as const;

/**
 * The listening sockets in the text of /proc/net/{tcp,tcp6,udp,udp6}. Lines that are not in the format are skipped.
 * An unconnected UDP socket on an ephemeral port is taken for a client that waits for its answer, not for a listener.
 */
export function parseSockets(text: string, protocol: 'tcp' | 'udp', ephemeral: EphemeralPorts): ListeningSocket[] {
  const out: ListeningSocket[] = [];
  for (const line of text.split('\n')) {
    const columns = line.trim().split(/\s+/);
    const [, local = '', , state, , , , uid = '', , inode = ''] = columns;
    if (state !== listenState[protocol]) continue;
    const end = parseEnd(local);
    if (end === null || !/^\d+$/.test(uid) || !/^\d+$/.test(inode)) continue;
    if (protocol === 'udp' && end.port >= ephemeral.first && end.port <= ephemeral.last) continue;
    out.push({ protocol, ...end, uid: Number(uid), inode: Number(inode) });
  }
  return out;
}

/** The text of /proc/sys/net/ipv4/ip_local_port_range; the kernel's default where it is absent or odd. */
export function parseEphemeralPorts(text: string | null): EphemeralPorts {
  const match = /^(\d+)\s+(\d+)\s*$/.exec(text ?? '');
  return match === null ? { first: 32768, last: 60999 } : { first: Number(match[1]), last: Number(match[2]) };
}

/** `0100007F:1F90`: the address as 32-bit words in the order of a little-endian CPU, the port as a plain number. */
function parseEnd(text: string): { readonly address: Address; readonly port: number } | null {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text);
  if (match === null) return null;
  const [, hex = '', port = ''] = match;
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const at = (i & ~3) + 3 - (i & 3);
    bytes[i] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  }
  return { address: addressFromBytes(bytes), port: Number.parseInt(port, 16) };
}
