import type { TermId } from '../language/terms.ts';
import { type Directory, signatureOf } from './directories.ts';
import type { PeerClass } from './nodes.ts';
import type { Signature } from './numbering.ts';
import type { View } from './view.ts';

/** `index`: its position in the base; `count`: addresses; `mostExcluded`: no view tells more of them further apart. */
export type WideSignature = Signature & {
  readonly kind: 'wide';
  readonly index: number;
  count: number;
  mostExcluded: number;
};

/** Views of a base in which all of its signatures have the same numbers: what a change says to one it says to all. */
export class Cohort {
  readonly key: string;
  /** By `index`; signatures that are newer have none. */
  readonly #numbers: readonly number[];
  readonly #views = new Set<View>();
  #listed: readonly View[] | null = null;

  constructor(key: string, numbers: readonly number[]) {
    [this.key, this.#numbers] = [key, numbers];
  }

  numberOf({ index }: WideSignature): number {
    return this.#numbers[index] ?? 0;
  }

  /** Never changes: deltas are walked when views may be in other cohorts already. */
  get views(): readonly View[] {
    this.#listed ??= [...this.#views];
    return this.#listed;
  }

  add(view: View): void {
    this.#views.add(view);
    this.#listed = null;
  }

  /** Whether nobody is left. */
  remove(view: View): boolean {
    this.#views.delete(view);
    this.#listed = null;
    return this.#views.size === 0;
  }
}

/**
 * What the wide terms alone say of every peer, for all views that ask for the same wide terms: a guardrail between
 * environments tells apart half of the estate on every host, and is counted once. A peer that none of the wide
 * selectors matches is in no signature.
 */
export class Base {
  readonly directory: Directory;
  readonly wide: ReadonlySet<TermId>;
  readonly signatures: WideSignature[] = [];
  readonly views = new Set<View>();
  readonly #cohorts = new Map<string, Cohort>();
  /** Of classes that were asked about. */
  readonly #classes = new Map<PeerClass, WideSignature>();
  readonly #byKey = new Map<string, WideSignature>();

  constructor(directory: Directory, wide: ReadonlySet<TermId>, classes: readonly PeerClass[]) {
    this.directory = directory;
    this.wide = wide;
    for (const peer of classes) {
      const signature = this.of(peer);
      if (signature !== null) signature.count += peer.addresses.size;
    }
  }

  get cohorts(): Iterable<Cohort> {
    return this.#cohorts.values();
  }

  of(peer: PeerClass | null): WideSignature | null {
    if (peer === null || this.wide.size === 0) return null;
    const known = this.#classes.get(peer);
    if (known !== undefined) return known;
    const terms = signatureOf(peer, this.wide);
    if (terms.length === 0) return null;
    const signature = this.#intern(terms);
    this.#classes.set(peer, signature);
    return signature;
  }

  /** The cohort of a view in which signatures have these numbers, by index. */
  join(view: View, numbers: number[]): Cohort {
    while (numbers.at(-1) === 0) numbers.pop();
    const key = numbers.join(',');
    const cohort = this.#cohorts.get(key) ?? new Cohort(key, numbers);
    this.#cohorts.set(key, cohort);
    cohort.add(view);
    return cohort;
  }

  part(view: View, cohort: Cohort): void {
    if (cohort.remove(view)) this.#cohorts.delete(cohort.key);
  }

  /** Whether every view has somebody in the signature whom it does not tell further apart. */
  isPresentInAll(signature: WideSignature): boolean {
    if (signature.count <= signature.mostExcluded) {
      signature.mostExcluded = 0;
      for (const view of this.views)
        signature.mostExcluded = Math.max(signature.mostExcluded, view.excludedOf(signature));
    }
    return signature.count > signature.mostExcluded;
  }

  forget(peer: PeerClass): void {
    this.#classes.delete(peer);
  }

  #intern(terms: readonly TermId[]): WideSignature {
    const key = terms.join(',');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made: WideSignature = { kind: 'wide', key, terms, index: this.signatures.length, count: 0, mostExcluded: 0 };
    this.signatures.push(made);
    this.#byKey.set(key, made);
    return made;
  }
}
