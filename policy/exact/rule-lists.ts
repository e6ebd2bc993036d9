import type { View } from '@bulkhead/model/decision.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { Side } from '../world.ts';
import type { Axis, Sight } from './axis.ts';
import type { TermList } from './endpoint-kinds.ts';
import type { PositionSet } from './position-sets.ts';
import { type End, type RuleBook, rankOf } from './rule-book.ts';
import type { ServiceSetIds } from './service-cuts.ts';

/** A rule that one end matches: for which other ends it holds. */
export type Entry = {
  readonly rule: PolicyRule;
  readonly rank: number;
  readonly before: boolean;
  readonly after: boolean;
  readonly others: PositionSet;
  /** Taken from it; null: for every service. */
  readonly holes: readonly { readonly services: number | null; readonly others: PositionSet }[];
};

/** What one end matches, in order of precedence. One object for ends that match the same terms. */
export type RuleList = {
  readonly entries: readonly Entry[];
  /** Sets of services that the rules and their exceptions speak of. */
  readonly services: ServiceSetIds;
  /** Sets of services of rules that one policy has and the other has not. */
  readonly changed: readonly number[];
};

export type Looking = {
  readonly side: Side;
  readonly view: View;
  readonly end: End;
  readonly sight: Sight;
  readonly speaks: 'inbound' | 'outbound';
};

type Place = Pick<Looking, 'side' | 'end' | 'sight'>;

/** Lists of rules by what an end matches, made once for both worlds where they are the same in both. */
export class RuleLists {
  readonly #axis: Axis;
  readonly #book: RuleBook;
  readonly #lists = new Map<string, Map<TermList, RuleList>>();
  readonly #whole = new Map<string, Map<TermList, RuleList>>();
  readonly #entries = new Map<string, (Entry | undefined)[]>();

  constructor(axis: Axis, book: RuleBook) {
    this.#axis = axis;
    this.#book = book;
  }

  /** The rules of one world that speak of the direction and whose `end` one of the terms matches. */
  at(terms: TermList, looking: Looking): RuleList {
    const { side, view, end, speaks } = looking;
    const sight = this.#axis.sameSight(side, looking.sight);
    const lists = inner(this.#lists, `${side} ${view} ${end} ${sight} ${speaks}`);
    const known = lists.get(terms);
    if (known !== undefined) return known;
    const whole = this.#wholeAt(terms, { side: this.#axis.sameSide(side), end, sight });
    const list = whole.entries.every((entry) => isAsked(entry, looking))
      ? whole
      : this.#listOf(whole.entries.filter((entry) => isAsked(entry, looking)));
    lists.set(terms, list);
    return list;
  }

  /** With what only one of the worlds has, what is staged, and whatever the direction. */
  #wholeAt(terms: TermList, place: Place): RuleList {
    const key = `${place.side} ${place.end} ${place.sight}`;
    const lists = inner(this.#whole, key);
    const known = lists.get(terms);
    if (known !== undefined) return known;
    const made = this.#entries.get(key) ?? [];
    this.#entries.set(key, made);
    const entries = this.#book.at(place.end, terms).map((position) => {
      const entry = made[position] ?? this.#entry(position, terms, place);
      // Exceptions depend on what else the end matches.
      if (entry.rule.except.length === 0) made[position] = entry;
      return entry;
    });
    const list = this.#listOf(entries.sort((a, b) => a.rank - b.rank));
    lists.set(terms, list);
    return list;
  }

  #listOf(entries: readonly Entry[]): RuleList {
    return {
      entries,
      services: this.#book.cuts.idsOf(serviceSetsOf(entries)),
      changed: [...new Set(entries.flatMap(({ rule, before, after }) => (before === after ? [] : rule.services)))],
    };
  }

  #entry(position: number, terms: TermList, { side, end, sight }: Place): Entry {
    const rule = this.#book.rules[position] as PolicyRule;
    const other = end === 'to' ? 'from' : 'to';
    const holes = rule.except.flatMap((exception) => {
      const here = exception[end];
      if (here !== null && !here.some((term) => terms.includes(term))) return [];
      const there = exception[other];
      const taken = there === null ? this.#axis.sets.full : this.#axis.matching(side, sight, there);
      return [{ services: exception.services, others: taken }];
    });
    const [before, after] = [this.#book.isIn(position, 'before'), this.#book.isIn(position, 'after')];
    const others = this.#axis.matching(side, sight, rule[other]);
    return { rule, rank: rankOf(rule), before, after, others, holes };
  }
}

function isAsked(entry: Entry, { side, view, speaks }: Looking): boolean {
  const { staged, at } = entry.rule;
  if (!entry[side] || (staged && view === 'effective')) return false;
  return at === 'both' || at === (speaks === 'outbound' ? 'source' : 'destination');
}

function* serviceSetsOf(entries: readonly Entry[]): Generator<number> {
  for (const { rule, holes } of entries) {
    yield rule.services;
    for (const { services } of holes) if (services !== null) yield services;
  }
}

function inner<K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const known = outer.get(key) ?? new Map<L, V>();
  outer.set(key, known);
  return known;
}
