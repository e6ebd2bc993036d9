import { type Address, addressFromBytes } from '@bulkhead/net/address.ts';

/** What a name server answered: the addresses of the name that was asked for, by way of its aliases. */
export type DnsAnswer = {
  /** Lower case, without a final dot. */
  readonly name: string;
  /** Seconds for which each may be kept: the least of its own record's and of the aliases' that lead to it. */
  readonly addresses: readonly { readonly address: Address; readonly ttl: number }[];
  /** The rest is asked for over TCP. */
  readonly truncated: boolean;
};

const types = { a: 1, cname: 5, aaaa: 28 } as const;
const internet = 1;
/** Messages have fewer; whoever sends more is not heard to the end. */
const mostRecords = 256;
const mostAliases = 16;
const mostJumps = 64;
const longestName = 253;
/** A week: nobody means more. */
const longestTtl = 604_800;

/**
 * Reads a message of the DNS (RFC 1035). Null: it is no answer to one question, or cannot be read that far. A record counts
 * only if its owner is the name in the question or one that aliases lead to from there; whatever else stands in the message
 * is nobody's answer. Costs at most the records times the jumps, whatever the bytes are.
 */
export function readAnswer(message: Uint8Array): DnsAnswer | null {
  const reader = new Reader(message);
  const head = reader.head();
  if (head === null) return null;
  const question = reader.name();
  if (question === null || question.text === null || reader.skip(4) === null) return null;
  return {
    name: question.text,
    truncated: head.truncated,
    addresses: follow(question.text, reader.records(head.answers)),
  };
}

type Found = { readonly owner: string; readonly ttl: number } & (
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'alias'; readonly of: string }
);

function follow(question: string, records: readonly Found[]): DnsAnswer['addresses'] {
  const aliases = new Map<string, { readonly of: string; readonly ttl: number }>();
  for (const record of records)
    if (record.kind === 'alias' && !aliases.has(record.owner)) aliases.set(record.owner, record);
  const reached = new Map<string, number>();
  let [name, ttl] = [question, longestTtl];
  for (let step = 0; step <= mostAliases && !reached.has(name); step++) {
    reached.set(name, ttl);
    const alias = aliases.get(name);
    if (alias === undefined) break;
    [name, ttl] = [alias.of, Math.min(ttl, alias.ttl)];
  }
  const found = new Map<Address, number>();
  for (const record of records) {
    const least = reached.get(record.owner);
    if (record.kind !== 'address' || least === undefined) continue;
    found.set(record.address, Math.max(found.get(record.address) ?? 0, Math.min(least, record.ttl)));
  }
  return [...found].map(([address, seconds]) => ({ address, ttl: seconds }));
}

type Name = { readonly text: string | null };

/** `null` of its methods: the message ends before, or says what cannot be. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Null also for questions, errors and whatever is not one question answered. */
  head(): { readonly answers: number; readonly truncated: boolean } | null {
    if (this.#bytes.length < 12) return null;
    const flags = this.#view.getUint16(2);
    const [isAnswer, isQuery, isFine] = [(flags & 0x8000) !== 0, (flags & 0x7800) === 0, (flags & 15) === 0];
    if (!isAnswer || !isQuery || !isFine || this.#view.getUint16(4) !== 1) return null;
    this.#at = 12;
    return { answers: this.#view.getUint16(6), truncated: (flags & 0x0200) !== 0 };
  }

  skip(bytes: number): number | null {
    if (this.#at + bytes > this.#bytes.length) return null;
    this.#at += bytes;
    return this.#at;
  }

  records(count: number): Found[] {
    const out: Found[] = [];
    for (let index = 0; index < Math.min(count, mostRecords); index++) {
      const owner = this.name();
      const start = owner === null ? null : this.skip(10);
      if (owner === null || start === null) break;
      const [type, kind, ttl, length] = [
        this.#view.getUint16(start - 10),
        this.#view.getUint16(start - 8),
        this.#view.getUint32(start - 6),
        this.#view.getUint16(start - 2),
      ];
      if (this.skip(length) === null) break;
      const found = owner.text === null || kind !== internet ? null : this.#record({ type, start, length });
      // RFC 2181: with the highest bit it is none.
      const seconds = ttl > 0x7fffffff ? 0 : Math.min(ttl, longestTtl);
      if (found !== null && owner.text !== null) out.push({ owner: owner.text, ttl: seconds, ...found });
    }
    return out;
  }

  #record({ type, start, length }: { readonly type: number; readonly start: number; readonly length: number }) {
    if ((type === types.a && length === 4) || (type === types.aaaa && length === 16)) {
      const bytes = this.#bytes.subarray(start, start + length);
      return isReached(bytes) ? ({ kind: 'address', address: addressFromBytes(bytes) } as const) : null;
    }
    if (type !== types.cname) return null;
    const end = this.#at;
    this.#at = start;
    const alias = this.name();
    this.#at = end;
    return alias === null || alias.text === null ? null : ({ kind: 'alias', of: alias.text } as const);
  }

  /** `text` null: it has characters that no name in a policy has, or is too long; it matches nothing. */
  name(): Name | null {
    const labels: string[] = [];
    let [at, end, length] = [this.#at, null as number | null, 0];
    let isPlain = true;
    for (let jumps = 0; jumps <= mostJumps; ) {
      const size = this.#bytes[at];
      if (size === undefined) return null;
      if (size >= 0xc0) {
        const low = this.#bytes[at + 1];
        if (low === undefined) return null;
        end ??= at + 2;
        const target = ((size & 0x3f) << 8) | low;
        // Names point back, so that every jump comes nearer to the beginning.
        if (target >= at) return null;
        at = target;
        jumps++;
        continue;
      }
      if (size > 63 || at + 1 + size > this.#bytes.length) return null;
      if (size === 0) {
        this.#at = end ?? at + 1;
        return { text: isPlain && labels.length > 0 ? labels.join('.') : null };
      }
      length += size + 1;
      if (length - 1 > longestName) return null;
      const label = labelText(this.#bytes.subarray(at + 1, at + 1 + size));
      if (label === null) isPlain = false;
      else labels.push(label);
      at += 1 + size;
    }
    return null;
  }
}

/** Null: not letters, digits, hyphens and underscores alone. */
function labelText(bytes: Uint8Array): string | null {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte).toLowerCase();
    if (!/[a-z0-9_-]/.test(character)) return null;
    text += character;
  }
  return text;
}

/** Nobody connects to the unspecified address, to many at once, or over the network to itself. */
function isReached(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  if (bytes.length === 4) return first !== 0 && first !== 127 && first < 224;
  const isLow = bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) < 2;
  return first !== 0xff && !isLow;
}
