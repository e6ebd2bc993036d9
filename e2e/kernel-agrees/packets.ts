import type { Direction } from '@bulkhead/model/words.ts';
import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { protocolIsIcmp, serviceProtocol, serviceValue } from '@bulkhead/net/service-space.ts';

/** The first packet of one connection, seen from the host that is judged. */
export type FirstPacket = {
  readonly direction: Direction;
  readonly local: Address;
  readonly peer: Address;
  readonly service: number;
  /** Client port, or identifier of an ICMP echo. */
  readonly client: number;
};

const [icmp, tcp, udp, icmpv6] = [1, 6, 17, 58];
/** What connection tracking takes for the first packet of something; the rest of ICMPv4 would be invalid. */
const icmpRequests = [8, 13, 15, 17];
/** Neighbour and listener discovery, which is not tracked. */
const untracked = [130, 131, 132, 133, 134, 135, 136, 143];

export type Kind = 'tracked' | 'untracked' | 'impossible';

/** Whether a packet of this service can be the first of a connection in that family. */
export function packetKind(service: number, family: Family): Kind {
  const [protocol, type] = [serviceProtocol(service), serviceValue(service) >> 8];
  // Hop-by-hop options and further IPv6 headers are no protocol of their own.
  if (protocol === 0) return 'impossible';
  if (protocol === icmp) return family === 4 && icmpRequests.includes(type) ? 'tracked' : 'impossible';
  if (protocol !== icmpv6) return 'tracked';
  if (family === 4) return 'impossible';
  if (untracked.includes(type)) return 'untracked';
  return type === 128 ? 'tracked' : 'impossible';
}

export function buildPacket(packet: FirstPacket): Uint8Array {
  const inbound = packet.direction === 'inbound';
  const [from, to] = inbound ? [packet.peer, packet.local] : [packet.local, packet.peer];
  return wrap(transport(packet), { protocol: serviceProtocol(packet.service), from, to });
}

export type Segment = {
  readonly from: Address;
  readonly fromPort: number;
  readonly to: Address;
  readonly toPort: number;
  readonly flags: number;
};

/** TCP without a connection: what nobody's kernel would send, and a raw socket can. */
export function buildSegment({ from, fromPort, to, toPort, flags }: Segment): Uint8Array {
  const ports = [fromPort >> 8, fromPort & 255, toPort >> 8, toPort & 255];
  const body = [...ports, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0];
  return wrap(body, { protocol: tcp, from, to });
}

/** What a router on the way says about a packet that is too big for it; it speaks in the name of its receiver. */
export function buildTooBig(about: FirstPacket): Uint8Array {
  const quoted = buildPacket(about);
  const [from, to] = about.direction === 'inbound' ? [about.local, about.peer] : [about.peer, about.local];
  const head = addressFamily(to) === 4 ? [3, 4, 0, 0, 0, 0, 0x05, 0x00] : [2, 0, 0, 0, 0, 0, 0x05, 0x00];
  return wrap([...head, ...quoted], { protocol: addressFamily(to) === 4 ? icmp : icmpv6, from, to });
}

/** A router that wants packets of this flow to go through another one, IPv4. */
export function buildRedirect(about: FirstPacket): Uint8Array {
  const [from, to] = about.direction === 'inbound' ? [about.local, about.peer] : [about.peer, about.local];
  return wrap([5, 1, 0, 0, ...addressBytes(from), ...buildPacket(about)], { protocol: icmp, from, to });
}

/** `size`: bytes behind the IP header in the first piece, a multiple of eight. Pieces of one `id` belong together. */
export type Cut = { readonly size: number; readonly id: number };

export function inFragments(packet: Uint8Array, { size, id }: Cut): [Uint8Array, Uint8Array] {
  const v4 = (packet[0] ?? 0) >> 4 === 4;
  const [head, body] = v4 ? [packet.slice(0, 20), packet.slice(20)] : [packet.slice(0, 40), packet.slice(40)];
  const piece = (from: number, more: boolean) => {
    const part = body.slice(from, more ? from + size : undefined);
    return v4
      ? fragmentV4([...head], part, { place: (from / 8) | (more ? 0x2000 : 0), id })
      : fragmentV6([...head], part, { place: from | +more, id });
  };
  return [piece(0, true), piece(size, false)];
}

type Piece = { readonly place: number; readonly id: number };

function fragmentV4(head: number[], part: Uint8Array, { place, id }: Piece): Uint8Array {
  put16(head, 2, 20 + part.length);
  put16(head, 4, id);
  put16(head, 6, place);
  put16(head, 10, 0);
  put16(head, 10, checksum(head));
  return Uint8Array.from([...head, ...part]);
}

function fragmentV6(head: number[], part: Uint8Array, { place, id }: Piece): Uint8Array {
  const next = head[6] ?? 0;
  put16(head, 4, 8 + part.length);
  head[6] = 44;
  return Uint8Array.from([...head, next, 0, place >> 8, place & 255, 0, 0, id >> 8, id & 255, ...part]);
}

type Header = { readonly protocol: number; readonly from: Address; readonly to: Address };

function wrap(body: number[], { protocol, from, to }: Header): Uint8Array {
  const [source, destination] = [addressBytes(from), addressBytes(to)];
  const size = [body.length >> 8, body.length & 255];
  const at = checksumPlace(protocol);
  if (at !== null) {
    const pseudo = protocol === icmp ? [] : [...source, ...destination, 0, protocol, ...size];
    put16(body, at, checksum([...pseudo, ...body]));
  }
  return addressFamily(from) === 4
    ? Uint8Array.from([...headerV4(protocol, body.length, [...source, ...destination]), ...body])
    : Uint8Array.from([0x60, 0, 0, 0, ...size, protocol, 255, ...source, ...destination, ...body]);
}

function transport({ service, client }: FirstPacket): number[] {
  const [protocol, value] = [serviceProtocol(service), serviceValue(service)];
  const ports = [client >> 8, client & 255, value >> 8, value & 255];
  if (protocol === tcp)
    return [...ports, 0, 0, client >> 8, client & 255, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0];
  if (protocol === udp) return [...ports, 0, 12, 0, 0, 1, 2, 3, 4];
  if (!protocolIsIcmp(protocol)) return [0, 0, 0, 0, 0, 0, 0, 0];
  // Long enough for the target address of neighbour discovery.
  return [value >> 8, value & 255, 0, 0, client >> 8, client & 255, 0, 1, ...Array<number>(24).fill(0)];
}

function checksumPlace(protocol: number): number | null {
  if (protocolIsIcmp(protocol)) return 2;
  if (protocol === tcp) return 16;
  return protocol === udp ? 6 : null;
}

function headerV4(protocol: number, length: number, addresses: readonly number[]): number[] {
  const total = length + 20;
  const header = [0x45, 0, total >> 8, total & 255, 0, 1, 0, 0, 64, protocol, 0, 0, ...addresses];
  put16(header, 10, checksum(header));
  return header;
}

function addressBytes(address: Address): number[] {
  const size = addressFamily(address) === 4 ? 4 : 16;
  const bits = addressBits(address);
  return Array.from({ length: size }, (_, i) => Number((bits >> BigInt(8 * (size - 1 - i))) & 255n));
}

/** RFC 1071. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function put16(bytes: number[], at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 255;
}
