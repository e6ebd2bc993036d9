import { intervalsContain } from '@bulkhead/net/intervals.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';
import { type Spot, spotLimit } from './spots.ts';

type Laws = Pick<Policy, 'rules' | 'serviceSets'>;
type Side = 'from' | 'to';
/** Positions in `Policy.rules`, ascending. */
type Positions = readonly number[];
type RulesBySide = Readonly<Record<Side, Positions>>;
/** The rules that match a spot at one end, and of those the ones that serve a service. */
type Standing = { readonly rules: RulesBySide; readonly serving: Map<ServicePoint, RulesBySide> };

/** Services that are remembered per spot. */
const serviceLimit = 64;

/**
 * Finds the rules whose ends match two endpoints without trying them all: a pair costs about as many steps as there are
 * rules of the end that has fewer.
 */
class RuleFinder {
  readonly #rules: readonly PolicyRule[];
  readonly #serviceSets: Policy['serviceSets'];
  readonly #byTerm: Readonly<Record<Side, ReadonlyMap<TermId, Positions>>>;
  /** By the number of the spot: a look-up by object takes twice as long. */
  readonly #standings = new Map<number, Standing>();

  constructor({ rules, serviceSets }: Laws) {
    this.#rules = rules;
    this.#serviceSets = serviceSets;
    this.#byTerm = { from: byTerm(rules, 'from'), to: byTerm(rules, 'to') };
  }

  /** In order of precedence. */
  between({ source, destination, service }: Between): PolicyRule[] {
    const out = this.#serving(source, service).from;
    const into = this.#serving(destination, service).to;
    return out.length === 0 || into.length === 0 ? [] : this.#inBoth(out, into);
  }

  /** Leaps through the longer list: a scraper has a rule per application. */
  #inBoth(a: Positions, b: Positions): PolicyRule[] {
    const [few, many] = a.length <= b.length ? [a, b] : [b, a];
    const found: PolicyRule[] = [];
    let from = 0;
    for (const position of few) {
      from = firstAtLeast(many, position, from);
      if (from === many.length) break;
      if (many[from] === position) found.push(this.#rules[position] as PolicyRule);
    }
    return found;
  }

  #serving(spot: Spot, service: ServicePoint): RulesBySide {
    const { rules, serving } = this.#standingOf(spot);
    const known = serving.get(service);
    if (known !== undefined) return known;
    const serves = (position: number) =>
      intervalsContain(this.#serviceSets[this.#rules[position]?.services ?? -1] ?? [], service);
    const found = { from: rules.from.filter(serves), to: rules.to.filter(serves) };
    if (serving.size >= serviceLimit) serving.clear();
    serving.set(service, found);
    return found;
  }

  #standingOf(spot: Spot): Standing {
    const known = this.#standings.get(spot.id);
    if (known !== undefined) return known;
    const rules = { from: this.#rulesAt('from', spot), to: this.#rulesAt('to', spot) };
    const standing: Standing = { rules, serving: new Map() };
    if (this.#standings.size >= spotLimit) this.#standings.clear();
    this.#standings.set(spot.id, standing);
    return standing;
  }

  #rulesAt(side: Side, { terms }: Spot): Positions {
    const positions = new Set<number>();
    for (const term of terms) for (const position of this.#byTerm[side].get(term) ?? []) positions.add(position);
    return [...positions].sort((a, b) => a - b);
  }
}

const finders = new WeakMap<readonly PolicyRule[], RuleFinder>();

export type Between = { readonly source: Spot; readonly destination: Spot; readonly service: ServicePoint };

/** The rules whose ends and services match, in order of precedence; sides and exceptions are not looked at. */
export function rulesBetween(policy: Laws, between: Between): readonly PolicyRule[] {
  const finder = finders.get(policy.rules) ?? new RuleFinder(policy);
  finders.set(policy.rules, finder);
  return finder.between(between);
}

function byTerm(rules: readonly PolicyRule[], side: Side): Map<TermId, number[]> {
  const found = new Map<TermId, number[]>();
  for (const [position, rule] of rules.entries()) {
    for (const term of rule[side]) {
      const positions = found.get(term);
      if (positions === undefined) found.set(term, [position]);
      else positions.push(position);
    }
  }
  return found;
}

/** Steps that double, then halves: near `from` that is a step or two. */
function firstAtLeast(list: Positions, position: number, from: number): number {
  let [low, high, leap] = [from, from, 1];
  while (high < list.length && (list[high] as number) < position) {
    low = high + 1;
    high += leap;
    leap *= 2;
  }
  high = Math.min(high, list.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
