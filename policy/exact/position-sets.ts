import {
  bitAt,
  both,
  combineBits,
  countBits,
  type Dense,
  eachBit,
  either,
  flipBit,
  hashBits,
  type Operation,
  onlyFirst,
  sameBits,
  wordsFor,
} from './dense-sets.ts';
import { RecentResults } from './recent-results.ts';

/**
 * Some of the positions 0 .. length - 1: those of `base`, but for the `toggles` (ascending), which are the other way
 * round. Rules mostly take part in few sets of many members and many sets of few, and combining two sets costs what
 * they have of toggles: their bases are combined once.
 * INVARIANT: a base is empty, full, or has and lacks more positions than a set may have toggles; so a set is empty only
 * if it has neither base nor toggles.
 */
export type PositionSet = {
  readonly base: Dense;
  readonly toggles: Int32Array;
  /** Equal numbers are equal sets; equal sets mostly have equal numbers, so that what is made of them is found again. */
  readonly number: number;
};

const noToggles = new Int32Array(0);
/** Bytes of dense sets that are remembered; then they are forgotten all at once and made again when needed. */
const rememberedBytes = 128 * 1024 * 1024;
/** Sets, and results of combining two, that are found again: so many per position, and not more. */
const recentPerPosition = 8;
const mostRecent = 1 << 15;

/** The sets of one length, and what can be done with them. */
export class PositionSets {
  readonly length: number;
  readonly empty: PositionSet;
  readonly full: PositionSet;
  /** How many sets are worth remembering; a power of two. */
  readonly recent: number;
  /** Most toggles of a set; a longer list is cheaper as bits. */
  readonly #most: number;
  readonly #met = new Map<Operation, Map<Dense, Map<Dense, PositionSet>>>();
  readonly #shared = new Map<number, PositionSet[]>();
  readonly #results: RecentResults<PositionSet>;
  readonly #recent: (PositionSet | undefined)[];
  #next = 0;
  #scratch: Int32Array;
  #bytes = 0;

  constructor(length: number) {
    this.length = length;
    this.#most = Math.max(16, length >>> 6);
    this.#scratch = new Int32Array(4 * this.#most + 16);
    this.recent = Math.min(mostRecent, 1 << Math.ceil(Math.log2(recentPerPosition * (length + 1))));
    this.#results = new RecentResults(2 * this.recent);
    this.#recent = new Array<PositionSet | undefined>(this.recent).fill(undefined);
    const bits = new Uint32Array(wordsFor(length));
    this.empty = this.#made(this.#dense(bits, 0), noToggles);
    const all = new Uint32Array(bits.length).fill(0xffffffff);
    for (let position = length; position < all.length * 32; position++) flipBit(all, position);
    this.full = length === 0 ? this.empty : this.#made(this.#dense(all, length), noToggles);
  }

  /** `positions`: ascending, each once. */
  of(positions: ArrayLike<number>): PositionSet {
    if (positions.length <= this.#most) return this.#sparse(Int32Array.from(positions));
    const bits = new Uint32Array(wordsFor(this.length));
    for (let i = 0; i < positions.length; i++) flipBit(bits, positions[i] as number);
    return this.#share(bits);
  }

  where(holds: (position: number) => boolean): PositionSet {
    const found: number[] = [];
    for (let position = 0; position < this.length; position++) if (holds(position)) found.push(position);
    return this.of(found);
  }

  has({ base, toggles }: PositionSet, position: number): boolean {
    return (bitAt(base.bits, position) ^ (toggles.length > 0 && isListed(toggles, position) ? 1 : 0)) === 1;
  }

  isEmpty = ({ base, toggles }: PositionSet): boolean => base.size === 0 && toggles.length === 0;

  and(a: PositionSet, b: PositionSet): PositionSet {
    if (a === b || b === this.full || a === this.empty) return a;
    if (a === this.full || b === this.empty) return b;
    return a.number < b.number ? this.#combine(both, a, b) : this.#combine(both, b, a);
  }

  or(a: PositionSet, b: PositionSet): PositionSet {
    if (a === b || b === this.empty || a === this.full) return a;
    if (a === this.empty || b === this.full) return b;
    return a.number < b.number ? this.#combine(either, a, b) : this.#combine(either, b, a);
  }

  minus(a: PositionSet, b: PositionSet): PositionSet {
    if (a === b || a === this.empty || b === this.full) return this.empty;
    if (b === this.empty) return a;
    return this.#combine(onlyFirst, a, b);
  }

  equals(a: PositionSet, b: PositionSet): boolean {
    if (a === b || (a.base === b.base && sameList(a.toggles, b.toggles))) return true;
    return this.isEmpty(this.minus(a, b)) && this.isEmpty(this.minus(b, a));
  }

  meets(a: PositionSet, b: PositionSet): boolean {
    if (a === this.empty || b === this.empty) return false;
    const bases = this.#combineBases(both, a.base, b.base);
    const toggles = a.toggles.length + b.toggles.length;
    if (this.sizeOf(bases) > toggles) return true;
    return toggles > 0 && (this.#merge(both, [a, b], bases) > 0 || bases.base.size > 0);
  }

  /** Ascending. */
  positions(set: PositionSet): Int32Array {
    if (set.base.size === 0) return set.toggles;
    const bits = set.base.bits.slice();
    for (const position of set.toggles) flipBit(bits, position);
    const out = new Int32Array(countBits(bits));
    let next = 0;
    eachBit(bits, (position) => {
      out[next++] = position;
    });
    return out;
  }

  positionsOfBase = ({ bits, size }: Dense): Int32Array => listed(bits, size);

  sizeOf({ base, toggles }: PositionSet): number {
    let size = base.size;
    for (const position of toggles) size += bitAt(base.bits, position) === 1 ? -1 : 1;
    return size;
  }

  first(set: PositionSet): number | null {
    if (set.base.size === 0) return set.toggles[0] ?? null;
    return this.positions(set)[0] ?? null;
  }

  #combine(operation: Operation, a: PositionSet, b: PositionSet): PositionSet {
    const asked = a.number * 16 + operation;
    return this.#results.find(asked, b.number) ?? this.#results.keep(asked, b.number, this.#work(operation, a, b));
  }

  #work(operation: Operation, a: PositionSet, b: PositionSet): PositionSet {
    const bases = this.#combineBases(operation, a.base, b.base);
    if (a.toggles.length === 0 && b.toggles.length === 0) return bases;
    const count = this.#merge(operation, [a, b], bases);
    if (count > this.#most) return this.#condense(bases.base, this.#scratch.subarray(0, count));
    return this.#canonical(bases.base, this.#scratch, count);
  }

  /** Writes the toggles of the result to the scratch list; how many there are. */
  #merge(operation: Operation, [a, b]: readonly [PositionSet, PositionSet], bases: PositionSet): number {
    const [listA, listB, listC] = [a.toggles, b.toggles, bases.toggles];
    const needed = listA.length + listB.length + listC.length;
    if (needed > this.#scratch.length) this.#scratch = new Int32Array(2 * needed);
    const out = this.#scratch;
    const [bitsA, bitsB, bits] = [a.base.bits, b.base.bits, bases.base.bits];
    let [i, j, k, count] = [0, 0, 0, 0];
    for (;;) {
      const atA = i < listA.length ? (listA[i] as number) : this.length;
      const atB = j < listB.length ? (listB[j] as number) : this.length;
      const atC = k < listC.length ? (listC[k] as number) : this.length;
      const at = Math.min(atA, atB, atC);
      if (at === this.length) return count;
      const inA = bitAt(bitsA, at) ^ (atA === at ? 1 : 0);
      const inB = bitAt(bitsB, at) ^ (atB === at ? 1 : 0);
      if (((operation >>> (2 * inA + inB)) & 1) !== bitAt(bits, at)) out[count++] = at;
      if (atA === at) i++;
      if (atB === at) j++;
      if (atC === at) k++;
    }
  }

  #combineBases(operation: Operation, a: Dense, b: Dense): PositionSet {
    const withA = innerMap(innerMap(this.#met, operation), a);
    const known = withA.get(b);
    if (known !== undefined) return known;
    const found = this.#share(combineBits(operation, a.bits, b.bits));
    withA.set(b, found);
    return found;
  }

  #condense(base: Dense, toggles: Int32Array): PositionSet {
    const bits = base.bits.slice();
    for (const position of toggles) flipBit(bits, position);
    return this.#share(bits);
  }

  /** Equal bits become one object, so that combining them again is remembered. */
  #share(bits: Uint32Array): PositionSet {
    const size = countBits(bits);
    if (size <= this.#most) return this.#sparse(listed(bits, size));
    const lacking = this.length - size;
    if (lacking <= this.#most)
      return this.#canonical(this.full.base, listed(combineBits(onlyFirst, this.full.base.bits, bits), lacking));
    const hash = hashBits(bits);
    const alike = this.#shared.get(hash) ?? [];
    const known = alike.find(({ base }) => sameBits(base.bits, bits));
    if (known !== undefined) return known;
    const made = this.#made(this.#dense(bits, size), noToggles);
    this.#shared.set(hash, [...alike, made]);
    return made;
  }

  #sparse = (toggles: Int32Array): PositionSet => this.#canonical(this.empty.base, toggles);

  /** The first `count` of the toggles are copied where they are not known. */
  #canonical(base: Dense, toggles: Int32Array, count = toggles.length): PositionSet {
    if (count === 0 && base === this.empty.base) return this.empty;
    if (count === 0 && base === this.full.base) return this.full;
    const place = hashList(base.size, toggles, count) & (this.#recent.length - 1);
    const known = this.#recent[place];
    if (known !== undefined && known.base === base && sameList(known.toggles, toggles, count)) return known;
    const made = this.#made(base, toggles.slice(0, count));
    this.#recent[place] = made;
    return made;
  }

  #made = (base: Dense, toggles: Int32Array): PositionSet => ({ base, toggles, number: this.#next++ });

  #dense(bits: Uint32Array, size: number): Dense {
    this.#bytes += bits.byteLength;
    if (this.#bytes > rememberedBytes) {
      this.#met.clear();
      this.#shared.clear();
      this.#bytes = 0;
    }
    return { bits, size };
  }
}

function innerMap<K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const known = outer.get(key) ?? new Map<L, V>();
  outer.set(key, known);
  return known;
}

function isListed(list: Int32Array, position: number): boolean {
  let [low, high] = [0, list.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const at = list[middle] as number;
    if (at === position) return true;
    if (at < position) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

export function hashList(start: number, list: Int32Array, count = list.length): number {
  let hash = start | 0;
  for (let i = 0; i < count; i++) hash = Math.imul(hash ^ (list[i] as number), 0x01000193) ^ (hash >>> 17);
  return hash ^ (hash >>> 15);
}

export function sameList(a: Int32Array, b: Int32Array, count = b.length): boolean {
  if (a.length !== count) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function listed(bits: Uint32Array, size: number): Int32Array {
  const out = new Int32Array(size);
  let next = 0;
  eachBit(bits, (position) => {
    out[next++] = position;
  });
  return out;
}
