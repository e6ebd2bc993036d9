import type { View } from '@bulkhead/model/decision.ts';
import { type Intervals, intersectIntervals, subtractIntervals } from '@bulkhead/net/intervals.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';
import { type Box, isName, type LabelSpace, nobody, ownerDimension, regionDimension, workload } from './label-space.ts';

/** Connections that are not told apart yet: from any end of one box to any of another, by any of some services. */
export type Connections = { readonly from: Box; readonly to: Box; readonly services: Intervals };

/** What a rule or one of its exceptions matches; null: everything. Ends are unions of boxes. */
type Pattern = {
  readonly from: readonly Box[] | null;
  readonly to: readonly Box[] | null;
  readonly services: Intervals | null;
};
type Asked = { readonly rule: PolicyRule; readonly pattern: Pattern; readonly except: readonly Pattern[] };

/** Cases that one invariant may be split into. */
const caseLimit = 1_000_000;

/** Too many cases to tell. */
export class TooManyCases extends Error {}

/**
 * Looks for connections that pass, among those that an invariant forbids, by splitting them only where a rule tells them
 * apart: the label vectors of a schema are far too many to list. Complete: what is not found is not there.
 */
export class AnyEstateSearch {
  readonly #space: LabelSpace;
  readonly #policy: Policy;
  readonly #view: View;
  readonly #boxes: readonly Box[];
  #cases = 0;

  /** `policy`: with every instance that scopes of `each` can have in the space. */
  constructor(space: LabelSpace, policy: Policy, view: View) {
    this.#space = space;
    this.#policy = policy;
    this.#view = view;
    this.#boxes = policy.terms.map((term) => space.boxOf(term));
  }

  /** `invariant`: a rule of the policy whose matches must not pass, and which is not asked itself. */
  find(invariant: PolicyRule): Connections | null {
    this.#cases = 0;
    const { pattern, except } = this.#patternOf(invariant);
    for (const from of pattern.from ?? []) {
      for (const to of pattern.to ?? []) {
        const start = { from, to, services: pattern.services ?? [] };
        const rules = this.#policy.rules.filter((rule) => rule.id !== invariant.id && this.#isAsked(rule));
        const near = rules
          .map((rule) => this.#patternOf(rule))
          .filter((asked) => relation(start, asked.pattern).kind !== 'outside');
        const found = this.#withoutExceptions(start, { except, next: 0 }, near);
        if (found !== null) return found;
      }
    }
    return null;
  }

  #isAsked = (rule: PolicyRule): boolean => this.#view === 'intended' || !rule.staged;

  #patternOf(rule: PolicyRule): Asked {
    const ends = (ids: readonly TermId[] | null) => ids?.map((id) => this.#boxes[id] as Box) ?? null;
    const set = (id: number | null) => (id === null ? null : (this.#policy.serviceSets[id] ?? []));
    const except = rule.except.map(({ from, to, services }) => ({
      from: ends(from),
      to: ends(to),
      services: set(services),
    }));
    return { rule, pattern: { from: ends(rule.from), to: ends(rule.to), services: set(rule.services) }, except };
  }

  /** What exceptions take from an invariant is not looked at. */
  #withoutExceptions(
    connections: Connections,
    { except, next }: { readonly except: readonly Pattern[]; readonly next: number },
    rules: readonly Asked[],
  ): Connections | null {
    const exception = except[next];
    if (exception === undefined) return this.#decide(connections, { stage: 'owners', rules, next: 0, resume: 0 });
    const found = relation(connections, exception);
    if (found.kind === 'inside') return null;
    if (found.kind === 'outside') return this.#withoutExceptions(connections, { except, next: next + 1 }, rules);
    return this.#first(found.parts, (part) => this.#withoutExceptions(part, { except, next }, rules));
  }

  #first(parts: readonly Connections[], look: (part: Connections) => Connections | null): Connections | null {
    if (++this.#cases > caseLimit) throw new TooManyCases();
    for (const part of parts) {
      const found = look(part);
      if (found !== null) return found;
    }
    return null;
  }

  #decide(connections: Connections, state: State): Connections | null {
    if (state.stage === 'owners') return this.#splitOwners(connections, state);
    if (state.stage === 'done') return this.#isPossible(connections) ? connections : null;
    const end = state.stage === 'outbound' ? connections.from : connections.to;
    // Nobody decides at an address that nobody owns.
    if (end[ownerDimension] === nobody) return this.#decide(connections, after(state));
    const speaks = state.stage === 'outbound' ? 'source' : 'destination';
    let { resume } = state;
    for (let next = state.next; next < state.rules.length; next++) {
      const asked = state.rules[next] as Asked;
      const { tier, verdict, at } = asked.rule;
      if (tier < resume || (at !== 'both' && at !== speaks)) continue;
      const found = matches(connections, asked);
      if (found.kind === 'outside') continue;
      if (found.kind === 'partly')
        return this.#first(found.parts, (part) => this.#decide(part, { ...state, next, resume }));
      if (verdict === 'deny') return null;
      if (verdict === 'allow') return this.#decide(connections, after(state));
      resume = this.#policy.tiers[tier]?.afterGroup ?? resume;
    }
    return null;
  }

  /** Somebody enforces at one end at least; else there is nothing to decide. */
  #splitOwners(connections: Connections, state: State): Connections | null {
    const owners = [
      [workload, workload],
      [workload, nobody],
      [nobody, workload],
    ] as const;
    const parts = owners.flatMap(([source, destination]) => {
      const from = this.#placed(narrow(connections.from, ownerDimension, source));
      const to = narrow(connections.to, ownerDimension, destination);
      // A name is a destination that nobody owns (SPEC Y1).
      const met = destination === workload ? this.#placed(to) : to;
      return from === null || met === null ? [] : [{ ...connections, from, to: met }];
    });
    return this.#first(parts, (part) => this.#decide(part, { ...state, stage: 'outbound' }));
  }

  #placed = (box: Box | null): Box | null => (box === null ? null : narrow(box, regionDimension, this.#space.placed));

  #isPossible = (connections: Connections): boolean => choosePlaces(this.#space, connections) !== null;
}

type State = {
  readonly stage: 'owners' | 'outbound' | 'inbound' | 'done';
  readonly rules: readonly Asked[];
  readonly next: number;
  /** Tiers before it are passed over. */
  readonly resume: number;
};

const after = (state: State): State => ({
  ...state,
  stage: state.stage === 'outbound' ? 'inbound' : 'done',
  next: 0,
  resume: 0,
});

/**
 * Regions for the two ends: an address that nobody owns is met from its family only, and two workloads have two
 * addresses. Without an address where that is possible.
 */
export function choosePlaces({ regions }: LabelSpace, { from, to }: Connections): readonly [number, number] | null {
  const allowed = (box: Box) =>
    [...regions.keys()].filter((region) => ((box[regionDimension] as bigint) >> BigInt(region)) & 1n);
  const owned = from[ownerDimension] === workload && to[ownerDimension] === workload;
  for (const source of allowed(from)) {
    for (const destination of allowed(to)) {
      const [a, b] = [regions[source], regions[destination]];
      if (a === undefined || b === undefined) continue;
      if (isName(a)) continue;
      if (isName(b)) return [source, destination];
      if (source === destination && a.examples.length === 1) continue;
      const lost =
        (from[ownerDimension] === nobody && source === 0) || (to[ownerDimension] === nobody && destination === 0);
      const apart = a.family !== null && b.family !== null && a.family !== b.family;
      if (!lost && (owned || !apart)) return [source, destination];
    }
  }
  return null;
}

/** How connections lie to what a pattern matches. Of parts, those inside come first. */
type Relation =
  | { readonly kind: 'inside' }
  | { readonly kind: 'outside' }
  | { readonly kind: 'partly'; readonly parts: readonly Connections[] };

const inside: Relation = { kind: 'inside' };
const outside: Relation = { kind: 'outside' };

function matches(connections: Connections, { pattern, except }: Asked): Relation {
  const found = relation(connections, pattern);
  if (found.kind !== 'inside') return found;
  for (const exception of except) {
    const taken = relation(connections, exception);
    if (taken.kind === 'inside') return outside;
    if (taken.kind === 'partly') return taken;
  }
  return inside;
}

function relation(connections: Connections, { from, to, services }: Pattern): Relation {
  const common = services === null ? connections.services : intersectIntervals(connections.services, services);
  if (common.length === 0) return outside;
  const [source, destination] = [boxRelation(connections.from, from), boxRelation(connections.to, to)];
  if (source === 'outside' || destination === 'outside') return outside;
  const rest = services === null ? [] : subtractIntervals(connections.services, services);
  if (rest.length > 0)
    return partly([
      { ...connections, services: common },
      { ...connections, services: rest },
    ]);
  if (source !== 'inside') return partly(source.map((box) => ({ ...connections, from: box })));
  if (destination !== 'inside') return partly(destination.map((box) => ({ ...connections, to: box })));
  return inside;
}

const partly = (parts: readonly Connections[]): Relation => ({ kind: 'partly', parts });

/** Split by one dimension of the first alternative that the box is partly in. */
function boxRelation(box: Box, alternatives: readonly Box[] | null): 'inside' | 'outside' | readonly Box[] {
  if (alternatives === null) return 'inside';
  let split: readonly Box[] | null = null;
  for (const other of alternatives) {
    if (box.some((bits, dimension) => (bits & (other[dimension] as bigint)) === 0n)) continue;
    const cut = box.findIndex((bits, dimension) => (bits & ~(other[dimension] as bigint)) !== 0n);
    if (cut < 0) return 'inside';
    const bits = box[cut] as bigint;
    const within = other[cut] as bigint;
    split ??= [box.with(cut, bits & within), box.with(cut, bits & ~within)];
  }
  return split ?? 'outside';
}

function narrow(box: Box, dimension: number, values: bigint): Box | null {
  const left = (box[dimension] as bigint) & values;
  return left === 0n ? null : box.with(dimension, left);
}
