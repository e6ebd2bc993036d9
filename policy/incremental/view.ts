import type { TermId } from '../language/terms.ts';
import type { Base, WideSignature } from './base.ts';
import { signatureOf } from './directories.ts';
import type { Atom, PeerClass, Place } from './nodes.ts';
import { type Numberer, type Numbering, type Region, type Signature, sameSignatures } from './numbering.ts';

/** Of peers that some narrow term of the view matches. `count`: addresses; `number`: 0 while it is not numbered. */
export class NarrowSignature implements Signature {
  readonly numbers = null;
  readonly terms: readonly TermId[];
  /** Another one of the same hash. */
  readonly next: NarrowSignature | null;
  count = 0;
  number = 0;
  #key: string | null = null;

  constructor(terms: readonly TermId[], next: NarrowSignature | null) {
    [this.terms, this.next] = [terms, next];
  }

  get key(): string {
    this.#key ??= this.terms.join(',');
    return this.#key;
  }
}
export type Spot = NarrowSignature | WideSignature;

/**
 * The peers that hosts with the same relevant terms tell apart. Most peers are plain: only wide terms match them, and
 * what they are stands in the base. The view itself holds the others, and how many of them to take off the base.
 */
export class View {
  readonly relevant: ReadonlySet<TermId>;
  readonly regions: readonly Region[];
  readonly narrow = new Set<TermId>();
  base: Base;
  numbering: Numbering;
  slot = 0;
  /** By hash of their terms: thousands of views look up dozens of classes each, and most find one. */
  #own = new Map<number, NarrowSignature>();

  /** `classes`: every class with addresses that a narrow term matches. */
  constructor(relevant: ReadonlySet<TermId>, base: Base, numberer: Numberer, classes: readonly PeerClass[]) {
    this.relevant = relevant;
    this.regions = numberer.regionsOf(relevant);
    this.base = base;
    this.#build(base, classes);
    this.numbering = numberer.number(this.#present(), this.regions);
    this.#takeNumbers();
  }

  /** After a term of it became wide. Numbers stay what they are. */
  rebase(base: Base, classes: readonly PeerClass[]): void {
    this.#build(base, classes);
    this.#takeNumbers();
  }

  spotOf(peer: PeerClass | null): Spot | null {
    if (peer === null) return null;
    return this.#isNarrow(peer) ? this.#ownSpotOf(peer) : this.base.of(peer);
  }

  numberOf(spot: Spot | null): number {
    if (spot === null) return 0;
    return spot.numbers === null ? spot.number : (spot.numbers[this.slot] as number);
  }

  /** `step` addresses more are of this class; plain ones the base counts. */
  count(peer: PeerClass | null, spot: Spot | null, step: number): void {
    if (peer === null || (spot !== null && spot.numbers !== null) || !this.#isNarrow(peer)) return;
    this.#count(peer, spot, step);
  }

  /** Whether a number is missing, or is one too many. */
  isStale(spot: Spot | null): boolean {
    return spot !== null && this.#isPresent(spot) !== this.numberOf(spot) > 0;
  }

  /** False where the same signatures have the same numbers again. */
  renumber(numberer: Numberer): boolean {
    const before = this.numbering;
    for (const [hash, { count, next }] of this.#own) if (count === 0 && next === null) this.#own.delete(hash);
    const numbering = numberer.number(this.#present(), this.regions);
    if (sameSignatures(before, numbering)) return false;
    this.numbering = numbering;
    this.#takeNumbers();
    return true;
  }

  #build(base: Base, classes: readonly PeerClass[]): void {
    this.base = base;
    this.narrow.clear();
    for (const term of this.relevant) if (!base.wide.has(term)) this.narrow.add(term);
    this.slot = base.join(this);
    this.#own = new Map();
    for (const peer of classes) this.#count(peer, this.#ownSpotOf(peer), peer.addresses.size);
  }

  #ownSpotOf(peer: PeerClass): NarrowSignature | null {
    const terms = signatureOf(peer, this.relevant);
    return terms.length === 0 ? null : this.#intern(terms);
  }

  #count(peer: PeerClass, own: NarrowSignature | null, step: number): void {
    if (own !== null) own.count += step;
    const below = this.base.of(peer);
    if (below !== null) below.excluded[this.slot] = (below.excluded[this.slot] as number) + step;
  }

  *#signatures(): Iterable<NarrowSignature> {
    for (const first of this.#own.values())
      for (let own: NarrowSignature | null = first; own !== null; own = own.next) yield own;
  }

  #takeNumbers(): void {
    const { numberOf } = this.numbering;
    for (const spot of this.#signatures()) spot.number = numberOf.get(spot.key) ?? 0;
    for (const { key, numbers } of this.base.signatures) numbers[this.slot] = numberOf.get(key) ?? 0;
  }

  #present(): Spot[] {
    return [...this.#signatures(), ...this.base.signatures].filter((spot) => this.#isPresent(spot));
  }

  #isPresent(spot: Spot): boolean {
    return spot.numbers === null ? spot.count > 0 : spot.count > (spot.excluded[this.slot] as number);
  }

  #isNarrow({ atom, place }: { readonly atom: Atom; readonly place: Place }): boolean {
    for (const term of atom.terms) if (this.narrow.has(term)) return true;
    for (const term of place.terms) if (this.narrow.has(term)) return true;
    return false;
  }

  #intern(terms: readonly TermId[]): NarrowSignature {
    let hash = 0;
    for (const term of terms) hash = Math.imul(hash, 31) + term + 1;
    const first = this.#own.get(hash) ?? null;
    for (let own = first; own !== null; own = own.next) if (sameTerms(own.terms, terms)) return own;
    const made = new NarrowSignature(terms, first);
    this.#own.set(hash, made);
    return made;
  }
}

const sameTerms = (a: readonly TermId[], b: readonly TermId[]): boolean =>
  a.length === b.length && a.every((term, index) => term === b[index]);
