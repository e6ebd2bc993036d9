import type { TermId } from '../language/terms.ts';
import type { Base, Cohort, WideSignature } from './base.ts';
import type { KnownAddress, PeerClass } from './nodes.ts';
import type { Numberer, Numbering, Region, Signature } from './numbering.ts';

/** Of peers that some narrow term of the view matches. `count`: addresses; `number`: 0 while it is not numbered. */
export class NarrowSignature implements Signature {
  readonly kind = 'narrow';
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

/** What an address was and is in a view; null: nothing that it tells apart. */
export type Step = { readonly known: KnownAddress; readonly before: Spot | null; readonly after: Spot | null };

type Parts = { readonly base: Base; readonly numberer: Numberer };

/**
 * The peers that hosts with the same relevant terms tell apart. Most peers are plain: only wide terms match them, and
 * what they are stands in the base. The view itself holds the others, and how many of them to take off the base.
 */
export class View {
  readonly relevant: ReadonlySet<TermId>;
  /** Relevant and not wide. */
  narrow: readonly TermId[] = [];
  /**
   * The relevant terms ascending, each doubled and one more where it is narrow: a walk along them meets less memory than
   * a look at a set per term.
   */
  readonly #terms: Int32Array;
  readonly #numberer: Numberer;
  readonly #regions: readonly Region[];
  #base: Base;
  #numbering: Numbering<Spot> | null = null;
  /** Null while it has no numbers. */
  #cohort: Cohort | null = null;
  /** By index of the signature: addresses that the base counts there and the view tells further apart. */
  #excluded: number[] = [];
  /** By hash of their terms: thousands of views look up dozens of classes each, and most find one. */
  #own = new Map<number, NarrowSignature>();

  /** `classes`: every class with addresses that a narrow term matches. */
  constructor(relevant: ReadonlySet<TermId>, { base, numberer }: Parts, classes: readonly PeerClass[]) {
    this.relevant = relevant;
    this.#terms = new Int32Array(relevant.size);
    this.#numberer = numberer;
    this.#regions = numberer.regionsOf(relevant);
    this.#base = base;
    this.#build(base, classes);
  }

  get base(): Base {
    return this.#base;
  }

  /** Without numbers nobody holds a ruleset with them: there are no addresses to tell of. */
  get isNumbered(): boolean {
    return this.#cohort !== null;
  }

  numbering(): Numbering<Spot> {
    if (this.#numbering !== null && this.#cohort !== null) return this.#numbering;
    for (const [hash, { count, next }] of this.#own) if (count === 0 && next === null) this.#own.delete(hash);
    const numbering = this.#numberer.number(this.#present(), this.#regions);
    this.#numbering = numbering;
    const numbers = this.#base.signatures.map(() => 0);
    for (const spot of this.#signatures()) spot.number = 0;
    for (const [index, spot] of numbering.signatures.entries()) {
      if (spot.kind === 'narrow') spot.number = index + 1;
      else if (spot.kind === 'wide') numbers[spot.index] = index + 1;
    }
    this.#cohort = this.#base.join(this, numbers);
    return numbering;
  }

  /** A signature came or went: the next one to ask makes new numbers. */
  forgetNumbers(): void {
    if (this.#cohort !== null) this.#base.part(this, this.#cohort);
    this.#cohort = this.#numbering = null;
  }

  /** After a term of it became wide. Numbers stay what they are. */
  rebase(base: Base, classes: readonly PeerClass[]): void {
    const numbering = this.#numbering;
    this.leave();
    this.#build(base, classes);
    this.#numbering = numbering;
    if (numbering === null) return;
    const numberOf = numbering.numberOf();
    for (const spot of this.#signatures()) spot.number = numberOf.get(spot.key) ?? 0;
    const numbers = base.signatures.map(({ key }) => numberOf.get(key) ?? 0);
    this.#cohort = base.join(this, numbers);
  }

  leave(): void {
    this.forgetNumbers();
    this.#base.views.delete(this);
  }

  spotOf(peer: PeerClass): Spot | null {
    const terms = this.#termsOf(peer);
    return terms === null ? this.#base.of(peer) : this.#ownSpotOf(terms);
  }

  numberOf(spot: Spot | null): number {
    if (spot === null) return 0;
    return spot.kind === 'narrow' ? spot.number : (this.#cohort?.numberOf(spot) ?? 0);
  }

  excludedOf({ index }: WideSignature): number {
    return this.#excluded[index] ?? 0;
  }

  /** Counts an address of some other class than before; null where that is nothing to this view. */
  shift(known: KnownAddress, from: PeerClass | null, to: PeerClass | null): Step | null {
    const [before, after] = [this.#count(from, -1), this.#count(to, 1)];
    return before === after ? null : { known, before, after };
  }

  /** Whether a number is missing, or is one too many. */
  isStale(spot: Spot | null): boolean {
    return spot !== null && this.#isPresent(spot) !== this.numberOf(spot) > 0;
  }

  #build(base: Base, classes: readonly PeerClass[]): void {
    this.#base = base;
    base.views.add(this);
    const narrow: TermId[] = [];
    let index = 0;
    for (const term of this.relevant) {
      const isWide = base.wide.has(term);
      if (!isWide) narrow.push(term);
      this.#terms[index++] = 2 * term + (isWide ? 0 : 1);
    }
    this.narrow = narrow;
    this.#own = new Map();
    this.#excluded = [];
    for (const peer of classes) this.#count(peer, peer.addresses.size);
  }

  /** `step` addresses more are of this class; plain ones the base counts. */
  #count(peer: PeerClass | null, step: number): Spot | null {
    if (peer === null) return null;
    const below = this.#base.of(peer);
    const terms = this.#termsOf(peer);
    if (terms === null) return below;
    const own = this.#ownSpotOf(terms);
    if (own !== null) own.count += step;
    if (below === null) return own;
    const excluded = this.excludedOf(below) + step;
    while (this.#excluded.length <= below.index) this.#excluded.push(0);
    this.#excluded[below.index] = excluded;
    if (excluded > below.mostExcluded) below.mostExcluded = excluded;
    return own;
  }

  *#signatures(): Iterable<NarrowSignature> {
    for (const first of this.#own.values())
      for (let own: NarrowSignature | null = first; own !== null; own = own.next) yield own;
  }

  #present(): Spot[] {
    return [...this.#signatures(), ...this.#base.signatures].filter((spot) => this.#isPresent(spot));
  }

  #isPresent(spot: Spot): boolean {
    return spot.kind === 'narrow' ? spot.count > 0 : spot.count > this.excludedOf(spot);
  }

  /** Ascending, all that are relevant; null where none of them is narrow. */
  #termsOf({ atom, place }: PeerClass): TermId[] | null {
    const out: TermId[] = [];
    const ofLabels = this.#gather(atom.terms, out);
    const selectors = out.length;
    const ofPlace = place.terms.length > 0 && this.#gather(place.terms, out);
    if (!ofLabels && !ofPlace) return null;
    // SPEC K3: without a selector it is nobody in particular.
    if (selectors === 0) return [];
    return out.length === selectors ? out : out.sort((a, b) => a - b);
  }

  /** Adds those of the terms that are relevant; whether one of them is narrow. */
  #gather(terms: readonly TermId[], out: TermId[]): boolean {
    const own = this.#terms;
    let narrow = false;
    let index = 0;
    for (const term of terms) {
      while (index < own.length && (own[index] as number) < 2 * term) index++;
      if (index === own.length) break;
      const found = own[index] as number;
      if (found > 2 * term + 1) continue;
      out.push(term);
      if (found > 2 * term) narrow = true;
    }
    return narrow;
  }

  #ownSpotOf(terms: readonly TermId[]): NarrowSignature | null {
    return terms.length === 0 ? null : this.#intern(terms);
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
