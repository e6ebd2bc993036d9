import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { intervalsContain } from '@bulkhead/net/intervals.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { Seen, TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';
import { indexTerms, matchTerms, type TermIndex } from './term-index.ts';

type Laws = Pick<Policy, 'terms' | 'rules' | 'serviceSets'>;
type Side = 'from' | 'to';
type RulesBySide = Readonly<Record<Side, readonly PolicyRule[]>>;
/** What equal terms have in common: rules in order of precedence, and of those the ones that serve a service. */
type Spot = {
  readonly terms: ReadonlySet<TermId>;
  readonly rules: RulesBySide;
  readonly serving: Map<ServicePoint, RulesBySide>;
};

/** Services that are remembered per spot. */
const serviceLimit = 64;

/** Addresses whose lists are remembered; an estate of a million workloads has about as many. */
const addressLimit = 1_000_000;

/**
 * Finds the rules whose ends match two endpoints without trying them all. An endpoint that was asked about before costs
 * a look-up, a pair the rules of the end that has fewer. It keeps one list of rules per distinct set of terms.
 */
class RuleFinder {
  readonly #index: TermIndex;
  readonly #rules: readonly PolicyRule[];
  readonly #serviceSets: Policy['serviceSets'];
  readonly #byTerm: Readonly<Record<Side, ReadonlyMap<TermId, readonly number[]>>>;
  readonly #byLabels = new WeakMap<Labels, Spot>();
  readonly #lists = new Map<Address, readonly TermId[]>();
  readonly #spots = new Map<string, Spot>();

  constructor({ terms, rules, serviceSets }: Laws) {
    this.#serviceSets = serviceSets;
    this.#index = indexTerms(terms);
    this.#rules = rules;
    this.#byTerm = { from: byTerm(rules, 'from'), to: byTerm(rules, 'to') };
  }

  /** In order of precedence. */
  between({ source, destination, service }: Between): PolicyRule[] {
    const [from, to] = [this.#spotOf(source), this.#spotOf(destination)];
    const [out, into] = [this.#serving(from, service).from, this.#serving(to, service).to];
    if (out.length <= into.length) return out.filter((rule) => matches(rule.to, to.terms));
    return into.filter((rule) => matches(rule.from, from.terms));
  }

  #serving({ rules, serving }: Spot, service: ServicePoint): RulesBySide {
    const known = serving.get(service);
    if (known !== undefined) return known;
    const serves = (rule: PolicyRule) => intervalsContain(this.#serviceSets[rule.services] ?? [], service);
    const found = { from: rules.from.filter(serves), to: rules.to.filter(serves) };
    if (serving.size >= serviceLimit) serving.clear();
    serving.set(service, found);
    return found;
  }

  #spotOf({ labels, address, domain }: Seen): Spot {
    if (domain !== undefined) return this.#shared(matchTerms(this.#index, { labels: null, address: null, domain }));
    const lists = address === null ? [] : this.#listsOf(address);
    if (labels === null || lists.length > 0) {
      const selectors = labels === null ? [...this.#index.any] : matchTerms(this.#index, { labels, address: null });
      return this.#shared([...selectors, ...lists]);
    }
    const known = this.#byLabels.get(labels);
    if (known !== undefined) return known;
    const spot = this.#shared(matchTerms(this.#index, { labels, address: null }));
    this.#byLabels.set(labels, spot);
    return spot;
  }

  #listsOf(address: Address): readonly TermId[] {
    const known = this.#lists.get(address);
    if (known !== undefined) return known;
    if (this.#lists.size >= addressLimit) this.#lists.clear();
    const any = new Set(this.#index.any);
    const lists = matchTerms(this.#index, { labels: null, address }).filter((term) => !any.has(term));
    this.#lists.set(address, lists);
    return lists;
  }

  #shared(terms: readonly TermId[]): Spot {
    const key = terms.join(',');
    const known = this.#spots.get(key);
    if (known !== undefined) return known;
    const rules = { from: this.#rulesAt('from', terms), to: this.#rulesAt('to', terms) };
    const spot: Spot = { terms: new Set(terms), rules, serving: new Map() };
    this.#spots.set(key, spot);
    return spot;
  }

  #rulesAt(side: Side, terms: readonly TermId[]): PolicyRule[] {
    const positions = new Set(terms.flatMap((term) => this.#byTerm[side].get(term) ?? []));
    return [...positions].sort((a, b) => a - b).flatMap((position) => this.#rules[position] ?? []);
  }
}

const finders = new WeakMap<readonly PolicyRule[], RuleFinder>();

export type Between = { readonly source: Seen; readonly destination: Seen; readonly service: ServicePoint };

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

function matches(ids: readonly TermId[], terms: ReadonlySet<TermId>): boolean {
  for (const id of ids) if (terms.has(id)) return true;
  return false;
}
