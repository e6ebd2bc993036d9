import { type Address, parseAddress } from '@bulkhead/net/address.ts';

/** One way of a flow. For ICMP the ports are `type << 8 | code` and the identifier; 0 where a protocol has none. */
export type Tuple = {
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
};

/** What connection tracking knows of a flow. `reply` is not the mirror of `original` where addresses are translated. */
export type TrackedFlow = {
  readonly protocol: number;
  readonly original: Tuple;
  readonly reply: Tuple;
  readonly mark: number;
  /** IPS_* of the kernel. */
  readonly status: number;
  /** Seconds until it is forgotten if no packet comes. */
  readonly timeout: number;
  /** TCP_CONNTRACK_* of the kernel, 0 for other protocols. */
  readonly state: number;
  readonly zone: number;
  /** As it was sent: the flow whose tracking helper expected this one; null for a flow that nobody announced. */
  readonly master: (Tuple & { readonly protocol: number }) | null;
};

export type FlowLine =
  | { readonly kind: 'flow'; readonly flow: TrackedFlow }
  /** `whole` false: the table changed meanwhile, so that a flow may be missing or told twice. */
  | { readonly kind: 'end'; readonly written: number; readonly unreadable: number; readonly whole: boolean };

/** A line that the helper's `flows` writes (native/README.md); null when it is none. */
export function parseFlowLine(line: string): FlowLine | null {
  const words = line.split(' ');
  if (words[0] === 'end') return parseEnd(words);
  if (words.length !== 14 && words.length !== 19) return null;
  const protocol = whole(words[0], 255);
  const [original, reply] = [parseTuple(words, 1), parseTuple(words, 5)];
  const [mark, status] = [hexadecimal(words[9]), hexadecimal(words[10])];
  const [timeout, state, zone] = [whole(words[11], 0xffffffff), whole(words[12], 255), whole(words[13], 65535)];
  if (protocol === null || original === null || reply === null || mark === null || status === null) return null;
  if (timeout === null || state === null || zone === null) return null;
  const master = words.length === 14 ? null : parseMaster(words.slice(14));
  if (words.length !== 14 && master === null) return null;
  return { kind: 'flow', flow: { protocol, original, reply, mark, status, timeout, state, zone, master } };
}

function parseMaster([first, ...words]: readonly string[]): TrackedFlow['master'] {
  const [protocol, tuple] = [whole(first, 255), parseTuple(words, 0)];
  return protocol === null || tuple === null ? null : { ...tuple, protocol };
}

function parseEnd([, first, second, how, ...rest]: readonly string[]): FlowLine | null {
  const [written, unreadable] = [whole(first, Number.MAX_SAFE_INTEGER), whole(second, Number.MAX_SAFE_INTEGER)];
  if (written === null || unreadable === null || rest.length > 0) return null;
  if (how !== 'whole' && how !== 'interrupted') return null;
  return { kind: 'end', written, unreadable, whole: how === 'whole' };
}

function parseTuple(words: readonly string[], at: number): Tuple | null {
  const [source, destination] = [parseAddress(words[at] ?? ''), parseAddress(words[at + 1] ?? '')];
  const [sourcePort, destinationPort] = [whole(words[at + 2], 65535), whole(words[at + 3], 65535)];
  if (source === null || destination === null || sourcePort === null || destinationPort === null) return null;
  return { source, destination, sourcePort, destinationPort };
}

function whole(text: string | undefined, most: number): number | null {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return value <= most ? value : null;
}

function hexadecimal(text: string | undefined): number | null {
  return text !== undefined && /^[0-9a-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : null;
}
