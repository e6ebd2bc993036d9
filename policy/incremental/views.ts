import type { AddressDelta } from '@bulkhead/model/host-ruleset.ts';
import type { TermId } from '../language/terms.ts';
import { Base, type WideSignature } from './base.ts';
import type { Directories, Directory } from './directories.ts';
import type { KnownAddress, PeerClass } from './nodes.ts';
import { Numberer } from './numbering.ts';
import type { Segments } from './segments.ts';
import type { TermStore } from './term-store.ts';
import { type Spot, View } from './view.ts';

/** An address that is another class now, in one directory; null where no owner can be told. */
export type Move = {
  readonly known: KnownAddress;
  readonly directory: Directory;
  readonly from: PeerClass | null;
  readonly to: PeerClass | null;
};

/** One delta for all views in which it is the same; views whose identities are others now. */
export type ViewChanges = {
  readonly deltas: readonly { readonly delta: AddressDelta; readonly views: readonly View[] }[];
  readonly renumbered: readonly View[];
};

type Step = { readonly known: KnownAddress; readonly before: Spot | null; readonly after: Spot | null };
/** `met`: views that have a step of their own for it. */
type WideStep = {
  readonly known: KnownAddress;
  readonly before: WideSignature | null;
  readonly after: WideSignature | null;
  readonly met: ReadonlySet<View>;
};
/** Deltas by what they say. */
type Found = {
  readonly shared: Map<string, { readonly delta: AddressDelta; readonly views: View[] }>;
  readonly renumbered: View[];
};
type Work = { readonly own: Map<View, Step[]>; readonly wide: Map<Base, WideStep[]> };

/** More than identities have numbers; two of them are one safe integer. */
const numberLimit = 2 ** 21;

type Parts = { readonly directories: Directories; readonly segments: Segments; readonly terms: TermStore };

/**
 * The views that somebody asked for, by the terms they ask for. A moved address costs its views of narrow terms a
 * signature each and all others, however many, two look-ups and a share of one delta.
 */
export class Views {
  readonly numberer: Numberer;
  readonly #directories: Directories;
  readonly #segments: Segments;
  /** A term that selects more atoms than this is wide, once atoms times views are more than its square. */
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
    this.numberer = new Numberer(parts.terms.terms);
  }

  of(networks: readonly string[], relevant: ReadonlySet<TermId>): View {
    const directory = this.#directories.of(networks);
    const key = viewKey(directory, relevant);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const [base, narrow] = this.#split(directory, relevant);
    const view = new View(relevant, base, this.numberer, this.#directories.matched(directory, narrow));
    this.#byKey.set(key, view);
    this.#subscribe(view);
    for (const term of view.narrow) this.#widen(term);
    return view;
  }

  drop(view: View): void {
    this.#byKey.delete(viewKey(view.base.directory, view.relevant));
    this.#unsubscribe(view);
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
    const found: Found = { shared: new Map(), renumbered: [] };
    for (const [base, steps] of work.wide) this.#shareAll(found, work, { base, steps });
    for (const view of work.own.keys()) this.#share(found, view, stepsOf(work, view));
    const deltas = [...found.shared.values()].filter(({ delta }) => !isEmpty(delta));
    return { deltas, renumbered: found.renumbered };
  }

  /** The same steps for every view of a base, which may be all there are: of most only their numbers are looked at. */
  #shareAll(
    found: Found,
    { own }: Work,
    { base, steps }: { readonly base: Base; readonly steps: readonly WideStep[] },
  ): void {
    const root = newBranch();
    const skipped = new Uint8Array(base.views.length);
    for (const view of own.keys()) if (view.base === base) skipped[view.slot] = 1;
    for (const { met } of steps) {
      for (const view of met) {
        if (skipped[view.slot] === 1 || view.base !== base) continue;
        skipped[view.slot] = 1;
        this.#share(
          found,
          view,
          steps.filter((step) => !step.met.has(view)),
        );
      }
    }
    for (let slot = 0; slot < skipped.length; slot++) {
      const view = base.views[slot];
      if (skipped[slot] === 1 || view === null || view === undefined) continue;
      const branch = branchOf(root, steps, slot);
      if (branch === null) this.#share(found, view, steps);
      else branch.views.push(view);
    }
    collect(found, root, { steps, pairs: [] });
  }

  /** Views in which the same addresses go from and to the same numbers have one delta. */
  #share(found: Found, view: View, steps: readonly Step[]): void {
    const stale = steps.some(({ before, after }) => view.isStale(before) || view.isStale(after));
    if (stale && view.renumber(this.numberer)) {
      found.renumbered.push(view);
      return;
    }
    const numbered = steps.map(({ known, before, after }) => {
      return { known, was: view.numberOf(before), is: view.numberOf(after) };
    });
    sharedDelta(found, numbered).push(view);
  }

  #step(work: Work, move: Move): void {
    const { known, directory, from, to } = move;
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
    for (const view of met) shiftView(work, view, move);
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
    const { base } = view;
    for (const term of view.narrow) this.#byNarrow.get(term)?.delete(view);
    base.leave(view.slot);
    if (!base.isIdle) return;
    this.#bases.delete(`${base.directory.index}:${[...base.wide].join(',')}`);
    for (const term of base.wide) this.#byWide.get(term)?.delete(base);
  }

  #widen(term: TermId): void {
    const views = this.#byNarrow.get(term);
    const atoms = this.#segments.atomsOf(term).size;
    if (views === undefined || atoms <= this.#wideFrom || atoms * views.size <= this.#wideFrom ** 2) return;
    this.#wide.add(term);
    for (const view of [...views]) {
      this.#unsubscribe(view);
      const [base, narrow] = this.#split(view.base.directory, view.relevant);
      view.rebase(base, this.#directories.matched(view.base.directory, narrow));
      this.#subscribe(view);
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
  const steps = wide.get(base) ?? [];
  wide.set(base, steps);
  steps.push(step);
}

function shiftView({ own }: Work, view: View, { known, from, to }: Move): void {
  const [before, after] = [view.spotOf(from), view.spotOf(to)];
  view.count(from, before, -1);
  view.count(to, after, 1);
  if (before === after) return;
  const steps = own.get(view) ?? [];
  own.set(view, steps);
  steps.push({ known, before, after });
}

function stepsOf({ own, wide }: Work, view: View): readonly Step[] {
  const [mine, shared] = [own.get(view) ?? [], wide.get(view.base) ?? []];
  if (shared.length === 0) return mine;
  const plain = shared.filter(({ met }) => !met.has(view));
  return mine.length === 0 ? plain : [...mine, ...plain];
}

/** Views by the numbers before and after each step. */
type Branch = { readonly next: Map<number, Branch>; readonly views: View[] };
const newBranch = (): Branch => ({ next: new Map(), views: [] });
const pairOf = (pair: number) => ({ was: Math.floor(pair / numberLimit), is: pair % numberLimit });

type Path = { readonly steps: readonly WideStep[]; readonly pairs: readonly number[] };

function collect(found: Found, { views, next }: Branch, { steps, pairs }: Path): void {
  if (views.length > 0) {
    const numbered = steps.map(({ known }, index) => ({ known, ...pairOf(pairs[index] ?? 0) }));
    const shared = sharedDelta(found, numbered);
    for (const view of views) shared.push(view);
  }
  for (const [pair, branch] of next) collect(found, branch, { steps, pairs: [...pairs, pair] });
}

/** Null where a number of the view is missing or one too many. */
function branchOf(root: Branch, steps: readonly WideStep[], slot: number): Branch | null {
  let branch = root;
  for (const { before, after } of steps) {
    const [was, is] = [freshNumber(before, slot), freshNumber(after, slot)];
    if (was < 0 || is < 0) return null;
    const pair = was * numberLimit + is;
    const known = branch.next.get(pair);
    const next = known ?? newBranch();
    if (known === undefined) branch.next.set(pair, next);
    branch = next;
  }
  return branch;
}

/** -1 where the number is missing or one too many. */
function freshNumber(spot: WideSignature | null, slot: number): number {
  if (spot === null) return 0;
  const number = spot.numbers[slot] as number;
  return spot.count > (spot.excluded[slot] as number) === number > 0 ? number : -1;
}

type Numbered = { readonly known: KnownAddress; readonly was: number; readonly is: number };

/** The views that this delta is for, as far as they are known. */
function sharedDelta({ shared }: Found, steps: readonly Numbered[]): View[] {
  const key = steps.map(({ known, was, is }) => `${known.address} ${was} ${is}`).join(',');
  const known = shared.get(key);
  if (known !== undefined) return known.views;
  const changed = steps.filter(({ was, is }) => was !== is);
  const side = (number: 'was' | 'is') =>
    changed.flatMap((step) => (step[number] > 0 ? { address: step.known.address, identity: step[number] } : []));
  const made = { delta: { added: side('is'), removed: side('was') }, views: [] };
  shared.set(key, made);
  return made.views;
}

const isEmpty = ({ added, removed }: AddressDelta): boolean => added.length === 0 && removed.length === 0;

function* allTerms(from: PeerClass | null, to: PeerClass | null): Iterable<TermId> {
  for (const peer of [from, to]) {
    if (peer === null) continue;
    yield* peer.atom.terms;
    yield* peer.place.terms;
  }
}

/** In the lists of one class and not of the other. */
function differingTerms(from: PeerClass | null, to: PeerClass | null): Set<TermId> {
  const terms = new Set<TermId>();
  if (from !== null) for (const list of [from.atom.terms, from.place.terms]) for (const term of list) terms.add(term);
  if (to === null) return terms;
  for (const list of [to.atom.terms, to.place.terms]) for (const term of list) if (!terms.delete(term)) terms.add(term);
  return terms;
}
