import type { View } from '@bulkhead/model/decision.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { TermId } from '../language/terms.ts';
import type { Tier } from '../language/tiers.ts';
import type { Side } from '../world.ts';
import type { Axis, Sight } from './axis.ts';
import type { PositionSet, PositionSets } from './position-sets.ts';
import { type BookRule, type End, isIn, type RuleBook } from './rule-book.ts';
import type { ServicePiece } from './service-cuts.ts';

/** A rule that one end matches: for which other ends it holds. */
export type Entry = {
  readonly rule: PolicyRule;
  readonly rank: number;
  readonly others: PositionSet;
  /** Taken from it; null: for every service. */
  readonly holes: readonly { readonly services: number | null; readonly others: PositionSet }[];
};

/** Who lets pass what is not allowed: `lenient` what nothing matches, `watching` what a governed tier denies. */
type Leniency = { readonly lenient: PositionSet; readonly watching: PositionSet };

/** The decisions at one of the two ends of all connections that have this end. */
export type Decider = Leniency & {
  readonly entries: readonly Entry[];
  /** Other ends that this decider decides for; the others are open to it. */
  readonly asked: PositionSet;
};

/** One endpoint of the fixed end: a connection passes where all deciders allow and the other end can be met. */
type Endpoint = { readonly deciders: readonly Decider[]; readonly meeting: PositionSet };

/** All connections of one segment or outside at one end, in one world and view. */
export type Judged = {
  readonly position: number;
  readonly endpoints: readonly Endpoint[];
  /** Whether it is a single workload, which nobody of its segment can connect to. */
  readonly alone: boolean;
};

type Asked = { readonly side: Side; readonly view: View; readonly end: End };

export class Judge {
  readonly axis: Axis;
  readonly book: RuleBook;
  readonly side: Side;
  readonly view: View;
  readonly #sets: PositionSets;
  readonly #tiers: readonly Tier[];
  readonly #none: Leniency;
  readonly #viewers: readonly number[];

  constructor(axis: Axis, book: RuleBook, { side, view }: Omit<Asked, 'end'>) {
    this.axis = axis;
    this.book = book;
    this.side = side;
    this.view = view;
    this.#sets = axis.sets;
    this.#tiers = book.tiers[side];
    this.#none = { lenient: axis.sets.empty, watching: axis.sets.empty };
    this.#viewers = axis.viewers(side);
  }

  /** `end`: which end of the connections the segment or outside is. */
  at(position: number, end: End): Judged {
    const endpoints = this.axis.endpoints(this.side, position).map((endpoint) => ({
      deciders: this.#decidersOf(endpoint, end),
      meeting: this.axis.meeting(this.side, [position, endpoint]),
    }));
    const alone = !this.axis.isOutside(position) && this.axis.weights[position] === 1;
    return { position, endpoints, alone };
  }

  /** Segments and outsides that the connections of one piece of services pass from or to. */
  open(judged: Judged, piece: ServicePiece, without?: (rule: PolicyRule) => boolean): PositionSet {
    let open = this.#sets.empty;
    for (const endpoint of judged.endpoints) open = this.#sets.or(open, this.#passing(endpoint, piece, without));
    const folded = this.axis.fold(open);
    return judged.alone && this.#sets.has(folded, judged.position)
      ? this.#sets.minus(folded, this.#sets.of([judged.position]))
      : folded;
  }

  /** Endpoints that connections with one endpoint of the fixed end pass from or to. */
  openAt(judged: Judged, endpoint: number, piece: ServicePiece): PositionSet {
    const passing = this.#passing(judged.endpoints[endpoint] as Endpoint, piece);
    return judged.alone ? this.#sets.minus(passing, this.#ownEndpoints(judged.position)) : passing;
  }

  #ownEndpoints = (position: number): PositionSet => this.#sets.of(this.axis.endpoints(this.side, position));

  #passing({ deciders, meeting }: Endpoint, piece: ServicePiece, without?: (rule: PolicyRule) => boolean): PositionSet {
    const { empty } = this.#sets;
    let passing = meeting;
    let before: { readonly entries: readonly Entry[]; readonly allowed: PositionSet } | null = null;
    for (const decider of deciders) {
      const entries = entriesOf(decider.entries, piece, without);
      // Without modes both ends mostly decide by the same rules.
      const isStrict = decider.lenient === empty;
      const known: PositionSet | null =
        before !== null && isStrict && sameEntries(before.entries, entries) ? before.allowed : null;
      const allowed: PositionSet = known ?? this.#fold(entries, decider, piece);
      if (isStrict) before = { entries, allowed };
      passing = this.#sets.and(passing, this.#restrict(allowed, decider.asked));
    }
    return passing;
  }

  /** Allowed, or not asked. */
  #restrict(allowed: PositionSet, asked: PositionSet): PositionSet {
    return asked === this.#sets.full ? allowed : this.#sets.or(allowed, this.#sets.minus(this.#sets.full, asked));
  }

  #decidersOf(endpoint: number, end: End): Decider[] {
    const { axis, side } = this;
    const kind = axis.kindAt(side, endpoint);
    const [direction, far] = end === 'to' ? (['inbound', 'outbound'] as const) : (['outbound', 'inbound'] as const);
    const deciders: Decider[] = [];
    if (kind.enforced) {
      const own = this.view === 'intended' ? 'enforce' : kind.modes[direction];
      const watching = own === 'observe' || own === 'test' ? this.#sets.full : this.#sets.empty;
      const lenient = own === 'enforce' ? this.#sets.empty : this.#sets.full;
      const entries = this.#entries(kind.local, { end, sight: kind.viewer, speaks: direction });
      deciders.push({ entries, lenient, watching, asked: this.#sets.full });
    }
    const leniency =
      this.view === 'intended' ? this.#none : { lenient: axis.lenient(side, far), watching: axis.watching(side, far) };
    const enforced = this.#sets.minus(this.#sets.full, axis.unenforced(side));
    for (const viewer of this.#viewers) {
      const seen = kind.peers[viewer] ?? [];
      const asked = this.#viewers.length === 1 ? enforced : this.#sets.and(enforced, axis.ofViewer(side, viewer));
      const entries = this.#entries(seen, { end, sight: 'local', speaks: far });
      deciders.push({ entries, ...leniency, asked });
    }
    return deciders;
  }

  /** The rules that speak of the direction and whose `end` one of the terms matches, in order of precedence. */
  #entries(terms: readonly TermId[], { end, sight, speaks }: Looking): readonly Entry[] {
    const entries: Entry[] = [];
    for (const position of this.book.at(end, terms)) {
      const found = this.book.rules[position] as BookRule;
      const { rule, rank } = found;
      if (!isIn(found, this.side) || (rule.staged && this.view === 'effective')) continue;
      if (rule.at !== 'both' && rule.at !== (speaks === 'outbound' ? 'source' : 'destination')) continue;
      entries.push({ rule, rank, ...this.#others(rule, terms, { end, sight }) });
    }
    return entries.sort((a, b) => a.rank - b.rank);
  }

  #others(
    rule: PolicyRule,
    terms: readonly TermId[],
    { end, sight }: Omit<Looking, 'speaks'>,
  ): Omit<Entry, 'rule' | 'rank'> {
    const other = end === 'to' ? 'from' : 'to';
    const others = this.axis.matching(this.side, sight, rule[other]);
    if (rule.except.length === 0) return { others, holes: [] };
    const holes = rule.except.flatMap((exception) => {
      const here = exception[end];
      if (here !== null && !here.some((term) => terms.includes(term))) return [];
      const there = exception[other];
      const taken = there === null ? this.#sets.full : this.axis.matching(this.side, sight, there);
      return [{ services: exception.services, others: taken }];
    });
    return { others, holes };
  }

  /** From the last rule that is asked to the first: what the rules from there on allow (SPEC T2-T5, M3-M7). */
  #fold(entries: readonly Entry[], { lenient, watching }: Leniency, piece: ServicePiece): PositionSet {
    const sets = this.#sets;
    let allowed = lenient;
    /** What is allowed from the first rule of a tier on; tiers descend. */
    const starts: { readonly tier: number; readonly allowed: PositionSet }[] = [];
    for (let last = entries.length - 1; last >= 0; ) {
      const { rule, rank } = entries[last] as Entry;
      let matched = sets.empty;
      for (; last >= 0 && entries[last]?.rank === rank; last--)
        matched = sets.or(matched, this.#matched(entries[last] as Entry, piece));
      if (rule.verdict === 'allow') allowed = sets.or(allowed, matched);
      else if (rule.verdict === 'deny') {
        const forgiven = this.#tiers[rule.tier]?.governed === false ? sets.empty : sets.and(matched, watching);
        allowed = sets.or(sets.minus(allowed, matched), forgiven);
      } else {
        const resume = this.#tiers[rule.tier]?.afterGroup ?? 0;
        const behind = starts.findLast(({ tier }) => tier >= resume)?.allowed ?? lenient;
        allowed = sets.or(sets.minus(allowed, matched), sets.and(matched, behind));
      }
      if (entries[last]?.rule.tier !== rule.tier) starts.push({ tier: rule.tier, allowed });
    }
    return allowed;
  }

  #matched({ others, holes }: Entry, piece: ServicePiece): PositionSet {
    let matched = others;
    for (const hole of holes) {
      if (hole.services === null || piece.sets.has(hole.services)) matched = this.#sets.minus(matched, hole.others);
    }
    return matched;
  }

  /** Two endpoints between which the piece passes, of the fixed end and of another one's; null: none passes. */
  passingPair(judged: Judged, piece: ServicePiece, others: readonly number[]) {
    for (const [endpoint, { deciders, meeting }] of judged.endpoints.entries()) {
      const passes = (other: number): boolean =>
        this.#sets.has(meeting, other) &&
        deciders.every((decider) => {
          if (!this.#sets.has(decider.asked, other)) return true;
          return this.#sets.has(this.#fold(entriesOf(decider.entries, piece), decider, piece), other);
        });
      const other = others.find(passes);
      if (other !== undefined) return { endpoint, other };
    }
    return null;
  }

  matchedBy = (entry: Entry, piece: ServicePiece): PositionSet => this.#matched(entry, piece);
}

type Looking = { readonly end: End; readonly sight: Sight; readonly speaks: 'inbound' | 'outbound' };

/** Positions of the sets of services that its rules and their exceptions speak of. */
export function* serviceSetsOf({ endpoints }: Judged): Generator<number> {
  for (const { deciders } of endpoints) {
    for (const { entries } of deciders) {
      for (const { rule, holes } of entries) {
        yield rule.services;
        for (const { services } of holes) if (services !== null) yield services;
      }
    }
  }
}

function entriesOf(
  entries: readonly Entry[],
  piece: ServicePiece,
  without?: (rule: PolicyRule) => boolean,
): readonly Entry[] {
  return entries.filter(({ rule }) => piece.sets.has(rule.services) && !without?.(rule));
}

/** Made by two deciders of one endpoint: equal where the same rules match the same other ends. */
function sameEntries(a: readonly Entry[], b: readonly Entry[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as Entry, b[i] as Entry];
    if (x.rule !== y.rule || x.others !== y.others || x.holes.length > 0) return false;
  }
  return true;
}
