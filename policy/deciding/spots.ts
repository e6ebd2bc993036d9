import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { Seen, Term, TermId } from '../language/terms.ts';
import { indexTerms, matchTerms, type TermIndex } from './term-index.ts';

/** What the same terms match: no rule over these terms tells endpoints of one spot apart. `id` is never given twice. */
export type Spot = { readonly id: number; readonly terms: ReadonlySet<TermId> };

/** Addresses whose lists are remembered; an estate of a million workloads has about as many. */
const addressLimit = 1_000_000;
/** Spots that are remembered: more than an estate of a million workloads has. */
export const spotLimit = 1_000_000;

/** Of all policies, for rules are remembered by spot and a number must not mean two. */
let next = 0;

/** Finds the spot of an endpoint; one that was asked about before costs a look-up. */
class SpotFinder {
  readonly #index: TermIndex;
  readonly #byLabels = new WeakMap<Labels, Spot>();
  readonly #lists = new Map<Address, readonly TermId[]>();
  readonly #spots = new Map<string, Spot>();

  constructor(terms: readonly Term[]) {
    this.#index = indexTerms(terms);
  }

  spotOf({ labels, address, domain }: Seen): Spot {
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

  #shared(ids: readonly TermId[]): Spot {
    const key = ids.join(',');
    const known = this.#spots.get(key);
    if (known !== undefined) return known;
    if (this.#spots.size >= spotLimit) this.#spots.clear();
    const spot: Spot = { id: next++, terms: new Set(ids) };
    this.#spots.set(key, spot);
    return spot;
  }
}

const finders = new WeakMap<readonly Term[], SpotFinder>();

/** `terms`: those of the policy. */
export function spotOf(terms: readonly Term[], seen: Seen): Spot {
  const finder = finders.get(terms) ?? new SpotFinder(terms);
  finders.set(terms, finder);
  return finder.spotOf(seen);
}
