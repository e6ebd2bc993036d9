import type { Direction } from '@bulkhead/model/words.ts';
import { type Address, addressFromBytes, type Family } from '@bulkhead/net/address.ts';
import { protocolIsIcmp, servicePoint } from '@bulkhead/net/service-space.ts';

/** One packet that a rule logged, as it was: a reply's source port is the server's. */
export type LogRecord = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /**
   * Which way the packet went past this host, null through it; a record of a reply is judged for the other direction.
   */
  readonly direction: Direction | null;
  readonly family: Family;
  readonly protocol: number;
  readonly source: Address;
  readonly destination: Address;
  /** Of the packet's destination port, or ICMP type and code; value 0 where the packet has neither. */
  readonly servicePoint: number;
  /** Source port, or identifier of an ICMP echo; 0 where there is none. */
  readonly sourcePort: number;
  readonly tcp: { readonly flags: number; readonly sequence: number } | null;
  /** Of the local socket, where the kernel knows it. */
  readonly uid: number | null;
  readonly prefix: string;
};

/** Totals since the helper started. */
export type HelperStats = {
  readonly received: number;
  /** Times the kernel had no room; how many packets that cost is in `gaps`. */
  readonly overruns: number;
  readonly gaps: number;
  readonly malformed: number;
};

export type Decoded = {
  readonly records: readonly LogRecord[];
  readonly stats: HelperStats | null;
  /** The group that the helper now listens to, when this chunk says so. */
  readonly listening: number | null;
  /** Programs that changed the firewall's rules, ours included, one per change; empty where the kernel does not say. */
  readonly changes: readonly string[];
  /** Whole packets from their IP headers on, where the helper was asked for those. */
  readonly packets: readonly Uint8Array[];
};

const kinds = { event: 1, stats: 2, hello: 3, change: 4, packet: 5 } as const;
const streamVersion = 1;
const has = { uid: 1, ports: 2, sequence: 4 } as const;
/** `prerouting` and `postrouting` see what was forwarded with the host's own address on it. */
const hooks: Readonly<Record<number, Direction | null>> = {
  0: 'inbound',
  1: 'inbound',
  2: null,
  3: 'outbound',
  4: 'outbound',
};
const eventHead = 60;
const changeHead = 4;
const packetHead = 4;
/** The helper's own limits: an event with a prefix of 255 bytes, and a packet. */
const mostFrame = eventHead + 255;
export const mostPacketFrame = packetHead + 4096;

/**
 * Decodes the helper's stream, whatever its chunks. Frames that say nothing are counted in `refused` and skipped.
 * A length that cannot be leaves no way to find the next frame: then `broken` stays true, nothing more is decoded, and
 * the helper has to be started again.
 */
export class RecordDecoder {
  refused = 0;
  broken = false;
  readonly #most: number;
  #rest: Uint8Array = new Uint8Array(0);

  /** `most`: bytes of a frame; longer ones are none. */
  constructor(most = mostFrame) {
    this.#most = most;
  }

  push(chunk: Uint8Array): Decoded {
    const records: LogRecord[] = [];
    const changes: string[] = [];
    const packets: Uint8Array[] = [];
    let [stats, listening]: [HelperStats | null, number | null] = [null, null];
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    let at = 0;
    while (!this.broken && bytes.length - at >= 2) {
      const length = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      if (length === 0 || length > this.#most) this.broken = true;
      if (this.broken || bytes.length - at - 2 < length) break;
      const frame = bytes.subarray(at + 2, at + 2 + length);
      at += 2 + length;
      const item = readFrame(frame);
      if (item === null) this.refused++;
      else if (item.kind === 'record') records.push(item.record);
      else if (item.kind === 'stats') stats = item.stats;
      else if (item.kind === 'change') changes.push(item.by);
      else if (item.kind === 'packet') packets.push(item.bytes);
      else listening = item.group;
    }
    if (this.broken) this.refused++;
    // A copy, because the chunk's memory belongs to whoever read it.
    this.#rest = this.broken ? new Uint8Array(0) : bytes.slice(at);
    return { records, stats, listening, changes, packets };
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

type Frame =
  | { readonly kind: 'record'; readonly record: LogRecord }
  | { readonly kind: 'stats'; readonly stats: HelperStats }
  | { readonly kind: 'hello'; readonly group: number }
  | { readonly kind: 'change'; readonly by: string }
  | { readonly kind: 'packet'; readonly bytes: Uint8Array };

function readFrame(frame: Uint8Array): Frame | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  switch (frame[0]) {
    case kinds.event:
      return frame.length < eventHead ? null : readEvent(frame, view);
    case kinds.stats:
      return frame.length === 40 ? { kind: 'stats', stats: readStats(view) } : null;
    case kinds.hello:
      if (frame.length !== 4 || frame[1] !== streamVersion) return null;
      return { kind: 'hello', group: view.getUint16(2, true) };
    case kinds.change:
      return frame.length < changeHead ? null : { kind: 'change', by: readText(frame, changeHead) };
    case kinds.packet:
      return frame.length < packetHead ? null : { kind: 'packet', bytes: frame.slice(packetHead) };
    default:
      return null;
  }
}

function readStats(view: DataView): HelperStats {
  const [received, overruns, gaps, malformed] = [8, 16, 24, 32].map((at) => Number(view.getBigUint64(at, true)));
  return { received: received ?? 0, overruns: overruns ?? 0, gaps: gaps ?? 0, malformed: malformed ?? 0 };
}

function readEvent(frame: Uint8Array, view: DataView): Frame | null {
  const [, family, protocol = 0, hook = 0, flags = 0, tcpFlags = 0] = frame;
  const direction = hooks[hook];
  if (direction === undefined || (family !== 4 && family !== 6)) return null;
  const [first, second] = [view.getUint16(6, true), view.getUint16(8, true)];
  const icmp = protocolIsIcmp(protocol);
  const record: LogRecord = {
    at: Math.floor(Number(view.getBigUint64(20, true)) / 1e6),
    direction,
    family,
    protocol,
    source: readAddress(frame, 28, family),
    destination: readAddress(frame, 44, family),
    servicePoint: servicePoint(protocol, (flags & has.ports) === 0 ? 0 : icmp ? first : second),
    sourcePort: icmp ? second : first,
    tcp: (flags & has.sequence) === 0 ? null : { flags: tcpFlags, sequence: view.getUint32(16, true) },
    uid: (flags & has.uid) === 0 ? null : view.getUint32(12, true),
    prefix: readText(frame, eventHead),
  };
  return { kind: 'record', record };
}

function readAddress(frame: Uint8Array, at: number, family: Family): Address {
  // Most records are IPv4, and this is their canonical text.
  if (family === 4) return `${frame[at]}.${frame[at + 1]}.${frame[at + 2]}.${frame[at + 3]}` as Address;
  return addressFromBytes(frame.subarray(at, at + 16));
}

const utf8 = new TextDecoder();
const readText = (frame: Uint8Array, at: number): string => utf8.decode(frame.subarray(at));
