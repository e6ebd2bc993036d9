import type { TermId } from '../language/terms.ts';
import { Base, type WideSignature } from './base.ts';
import type { Directories, Directory } from './directories.ts';
import type { KnownAddress, PeerClass } from './nodes.ts';
import { Numberer } from './numbering.ts';
import type { Segments } from './segments.ts';
import { type Branch, type SharedDelta, SharedDeltas } from './shared-deltas.ts';
import type { TermStore } from './term-store.ts';
import { type Spot, type Step, View } from './view.ts';

/** An address that is another class now, in one directory; null where no owner can be told. */
export type Move = {
  readonly known: KnownAddress;
  readonly directory: Directory;
  readonly from: PeerClass | null;
  readonly to: PeerClass | null;
};

/** `unnumbered`: views whose identities are others now. */
export type ViewChanges = { readonly deltas: readonly SharedDelta[]; readonly unnumbered: readonly View[] };

/** `met`: views that have a step of their own for it. */
type WideStep = {
  readonly known: KnownAddress;
  readonly before: WideSignature | null;
  readonly after: WideSignature | null;
  readonly met: ReadonlySet<View>;
};
type Work = { readonly own: Map<View, Step[]>; readonly wide: Map<Base, WideStep[]> };
type Found = { readonly deltas: SharedDeltas; readonly unnumbered: View[] };

type Parts = { readonly directories: Directories; readonly segments: Segments; readonly terms: TermStore };

/**
 * The views that somebody asked for, by the terms they ask for. A moved address costs its views of narrow terms a
 * signature each; of all others, however many, it costs each cohort two look-ups and a share of one delta.
 */
export class Views {
  readonly #numberer: Numberer;
  readonly #directories: Directories;
  readonly #segments: Segments;
  /**
   * A term that selects more atoms than this is wide, once atoms times views are more than its square. With few atoms it
   * is narrow however many views there are: each wide term cuts the views into more bases, and each base counts anew.
   */
  readonly #wideFrom: number;
  readonly #wide = new Set<TermId>();
  readonly #byKey = new Map<string, View>();
  readonly #byNarrow = new Map<TermId, Set<View>>();
  readonly #bases = new Map<string, Base>();
  readonly #byWide = new Map<TermId, Set<Base>>();

  constructor(parts: Parts, wideFrom: number) {
    this.#wideFrom = wideFrom;
    this.#directories = parts.directories;
    this.#segments = parts.segments;
    this.#numberer = new Numberer(parts.terms.terms);
  }

  of(networks: readonly string[], relevant: ReadonlySet<TermId>): View {
    const directory = this.#directories.of(networks);
    const key = viewKey(directory, relevant);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const [base, narrow] = this.#split(directory, relevant);
    const view = new View(relevant, { base, numberer: this.#numberer }, this.#directories.matched(directory, narrow));
    this.#byKey.set(key, view);
    this.#subscribe(view);
    for (const term of view.narrow) this.#widen(term);
    return view;
  }

  /** Directories that some view is of. */
  countDirectories(): number {
    return new Set([...this.#bases.values()].map(({ directory }) => directory)).size;
  }

  drop(view: View): void {
    this.#byKey.delete(viewKey(view.base.directory, view.relevant));
    this.#unsubscribe(view);
    view.leave();
    this.#dropIdle(view.base);
  }

  /** Everything with a number in the view, in no order. */
  each(view: View, visit: (known: KnownAddress, number: number) => void): void {
    for (const peer of this.#directories.matched(view.base.directory, view.relevant)) {
      const number = view.numberOf(view.spotOf(peer));
      if (number > 0) for (const known of peer.addresses) visit(known, number);
    }
  }

  forget(peers: readonly PeerClass[]): void {
    if (peers.length > 0) for (const base of this.#bases.values()) for (const peer of peers) base.forget(peer);
  }

  /** Classes must hold their addresses as they are after all of the moves. */
  move(moves: readonly Move[]): ViewChanges {
    const work: Work = { own: new Map(), wide: new Map() };
    for (const move of moves) this.#step(work, move);
    const found: Found = { deltas: new SharedDeltas(), unnumbered: [] };
    for (const [base, steps] of work.wide) shareWide(found, work, { base, steps });
    for (const view of work.own.keys()) share(found, view, stepsOf(work, view));
    for (const view of found.unnumbered) view.forgetNumbers();
    return { deltas: found.deltas.all(), unnumbered: found.unnumbered };
  }

  #step(work: Work, { known, directory, from, to }: Move): void {
    const met = new Set<View>();
    const bases = new Set<Base>();
    for (const term of differingTerms(from, to)) {
      for (const view of this.#byNarrow.get(term) ?? []) if (view.base.directory === directory) met.add(view);
      for (const base of this.#byWide.get(term) ?? []) if (base.directory === directory) bases.add(base);
    }
    if (bases.size > 0) {
      for (const term of allTerms(from, to))
        for (const view of this.#byNarrow.get(term) ?? []) if (bases.has(view.base)) met.add(view);
    }
    for (const base of bases) shiftBase(work, base, { known, met, before: base.of(from), after: base.of(to) });
    for (const view of met) {
      const step = view.shift(known, from, to);
      if (step !== null) addStep(work.own, view, step);
    }
  }

  #split(directory: Directory, relevant: ReadonlySet<TermId>): [Base, TermId[]] {
    const narrow = [...relevant].filter((term) => !this.#wide.has(term));
    const wide = [...relevant].filter((term) => this.#wide.has(term)).sort((a, b) => a - b);
    const key = `${directory.index}:${wide.join(',')}`;
    const known = this.#bases.get(key);
    if (known !== undefined) return [known, narrow];
    const base = new Base(directory, new Set(wide), this.#directories.matched(directory, wide));
    this.#bases.set(key, base);
    for (const term of wide) addTo(this.#byWide, term, base);
    return [base, narrow];
  }

  #subscribe(view: View): void {
    for (const term of view.narrow) addTo(this.#byNarrow, term, view);
  }

  #unsubscribe(view: View): void {
    for (const term of view.narrow) this.#byNarrow.get(term)?.delete(view);
  }

  #dropIdle(base: Base): void {
    if (base.views.size > 0) return;
    this.#bases.delete(`${base.directory.index}:${[...base.wide].join(',')}`);
    for (const term of base.wide) this.#byWide.get(term)?.delete(base);
  }

  #widen(term: TermId): void {
    const views = this.#byNarrow.get(term);
    const atoms = this.#segments.atomsOf(term).length;
    if (views === undefined || atoms <= this.#wideFrom || atoms * views.size <= this.#wideFrom ** 2) return;
    this.#wide.add(term);
    for (const view of [...views]) {
      const { base: before } = view;
      this.#unsubscribe(view);
      const [base, narrow] = this.#split(before.directory, view.relevant);
      view.rebase(base, this.#directories.matched(before.directory, narrow));
      this.#subscribe(view);
      this.#dropIdle(before);
    }
  }
}

function viewKey(directory: Directory, relevant: ReadonlySet<TermId>): string {
  return `${directory.index}:${[...relevant].join(',')}`;
}

function addTo<T>(map: Map<TermId, Set<T>>, term: TermId, item: T): void {
  const found = map.get(term) ?? new Set();
  map.set(term, found);
  found.add(item);
}

function shiftBase({ wide }: Work, base: Base, step: WideStep): void {
  const { before, after } = step;
  if (before === after) return;
  if (before !== null) before.count--;
  if (after !== null) after.count++;
  addStep(wide, base, step);
}

function addStep<K, S>(work: Map<K, S[]>, of: K, step: S): void {
  const steps = work.get(of);
  if (steps === undefined) work.set(of, [step]);
  else steps.push(step);
}

function stepsOf({ own, wide }: Work, view: View): readonly Step[] {
  const [mine, shared] = [own.get(view) ?? [], wide.get(view.base) ?? []];
  if (shared.length === 0) return mine;
  const plain = shared.filter(({ met }) => !met.has(view));
  return mine.length === 0 ? plain : [...mine, ...plain];
}

type Shared = { readonly base: Base; readonly steps: readonly WideStep[] };

/** The same steps for every view of a base, which may be all there are: cohorts are told of them and not their views. */
function shareWide(found: Found, { own }: Work, { base, steps }: Shared): void {
  const except = new Set<View>();
  for (const { met } of steps) for (const view of met) if (view.base === base) except.add(view);
  for (const view of except) {
    if (own.has(view)) continue;
    share(
      found,
      view,
      steps.filter(({ met }) => !met.has(view)),
    );
  }
  for (const view of own.keys()) if (view.base === base) except.add(view);
  const spots = steps.flatMap(({ before, after }) => [before, after]).filter((spot) => spot !== null);
  const everywhere = spots.every((spot) => base.isPresentInAll(spot));
  for (const cohort of base.cohorts) {
    const fresh = everywhere && spots.every((spot) => cohort.numberOf(spot) > 0);
    if (fresh) branchOf(found.deltas, steps, cohort).cohorts.push({ views: cohort.views, except });
    else for (const view of cohort.views) if (!except.has(view)) share(found, view, steps);
  }
}

function share({ deltas, unnumbered }: Found, view: View, steps: readonly Step[]): void {
  if (!view.isNumbered) return;
  if (steps.some(({ before, after }) => view.isStale(before) || view.isStale(after))) unnumbered.push(view);
  else branchOf(deltas, steps, view).views.push(view);
}

type Numbers<S> = { readonly numberOf: (spot: S) => number };

function branchOf<S extends Spot>(
  deltas: SharedDeltas,
  steps: readonly { readonly known: KnownAddress; readonly before: S | null; readonly after: S | null }[],
  numbers: Numbers<S>,
): Branch {
  let branch = deltas.root;
  for (const { known, before, after } of steps) {
    const was = before === null ? 0 : numbers.numberOf(before);
    branch = deltas.after(branch, known, [was, after === null ? 0 : numbers.numberOf(after)]);
  }
  return branch;
}

function* allTerms(from: PeerClass | null, to: PeerClass | null): Iterable<TermId> {
  for (const peer of [from, to]) {
    if (peer === null) continue;
    yield* peer.atom.terms;
    yield* peer.place.terms;
  }
}

/** In the lists of one class and not of the other. */
function differingTerms(from: PeerClass | null, to: PeerClass | null): TermId[] {
  const out: TermId[] = [];
  if (from?.atom !== to?.atom) addDiffering(out, from?.atom.terms ?? [], to?.atom.terms ?? []);
  if (from?.place !== to?.place) addDiffering(out, from?.place.terms ?? [], to?.place.terms ?? []);
  return out;
}

/** Both lists ascend. */
function addDiffering(out: TermId[], a: readonly TermId[], b: readonly TermId[]): void {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY];
    if (left !== right) out.push(Math.min(left, right));
    if (left <= right) i++;
    if (right <= left) j++;
  }
}
