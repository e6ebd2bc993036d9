import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { Policy } from './policy.ts';
import type { PolicyRule } from './policy-rule.ts';
import { indexTerms, matchTerms, type TermIndex } from './term-index.ts';
import type { Seen, TermId } from './terms.ts';

type Side = 'from' | 'to';
/** What equal terms have in common. Positions ascend, as rules do in precedence. */
type Spot = { readonly terms: ReadonlySet<TermId> } & Readonly<Record<Side, readonly number[]>>;

/** Addresses whose lists are remembered; an estate of a million workloads has about as many. */
const addressLimit = 1_000_000;

/**
 * Finds the rules whose ends match two endpoints without trying them all. An endpoint that was asked about before costs
 * a look-up, a pair the rules of the end that has fewer. It keeps one list of rules per distinct set of terms.
 */
class RuleFinder {
  readonly #index: TermIndex;
  readonly #rules: readonly PolicyRule[];
  readonly #byTerm: Readonly<Record<Side, ReadonlyMap<TermId, readonly number[]>>>;
  readonly #byLabels = new WeakMap<Labels, Spot>();
  readonly #lists = new Map<Address, readonly TermId[]>();
  readonly #spots = new Map<string, Spot>();

  constructor(terms: Policy['terms'], rules: readonly PolicyRule[]) {
    this.#index = indexTerms(terms);
    this.#rules = rules;
    this.#byTerm = { from: byTerm(rules, 'from'), to: byTerm(rules, 'to') };
  }

  /** In order of precedence. */
  between(source: Seen, destination: Seen): PolicyRule[] {
    const [from, to] = [this.#spotOf(source), this.#spotOf(destination)];
    const [fewer, side, other] =
      from.from.length <= to.to.length
        ? ([from.from, 'to', to.terms] as const)
        : ([to.to, 'from', from.terms] as const);
    const out: PolicyRule[] = [];
    for (const position of fewer) {
      const rule = this.#rules[position] as PolicyRule;
      if (matches(rule[side], other)) out.push(rule);
    }
    return out;
  }

  #spotOf({ labels, address }: Seen): Spot {
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
    const spot = { terms: new Set(terms), from: this.#positions('from', terms), to: this.#positions('to', terms) };
    this.#spots.set(key, spot);
    return spot;
  }

  #positions(side: Side, terms: readonly TermId[]): number[] {
    const positions = new Set(terms.flatMap((term) => this.#byTerm[side].get(term) ?? []));
    return [...positions].sort((a, b) => a - b);
  }
}

const finders = new WeakMap<readonly PolicyRule[], RuleFinder>();

/** Of `rules`, which are rules of the policy in their order, those whose ends match; exceptions are not looked at. */
export function rulesBetween(
  { terms, rules }: Pick<Policy, 'terms' | 'rules'>,
  source: Seen,
  destination: Seen,
): readonly PolicyRule[] {
  const finder = finders.get(rules) ?? new RuleFinder(terms, rules);
  finders.set(rules, finder);
  return finder.between(source, destination);
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
