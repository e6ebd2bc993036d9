import type { Requirement } from '@bulkhead/model/documents.ts';
import { domainCovers } from '@bulkhead/model/domain-text.ts';
import { requirementsMatch, requirementText } from '@bulkhead/model/requirements.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { type AddressSet, addressSetContains } from './address-set.ts';
import { canonicalRequirements } from './selector.ts';

/** One alternative of an end with its scope worked in; every distinct one exists once in a policy. */
export type Term =
  | { readonly kind: 'any' }
  | { readonly kind: 'workloads'; readonly requirements: readonly Requirement[] }
  | { readonly kind: 'addresses'; readonly name: string; readonly set: AddressSet }
  /** A name of the DNS, or `*.` and one. */
  | { readonly kind: 'domain'; readonly name: string };

/** Position in `Policy.terms`. */
export type TermId = number;

/**
 * What a term can see of an endpoint. Labels are null where no selector may match, the address where there is none;
 * `domain` is there where the endpoint is a name.
 */
export type Seen = { readonly labels: Labels | null; readonly address: Address | null; readonly domain?: string };

/** SPEC E3-E5. */
export function termMatches(term: Term, seen: Seen): boolean {
  switch (term.kind) {
    case 'any':
      return true;
    case 'workloads':
      return seen.labels !== null && requirementsMatch(term.requirements, seen.labels);
    case 'addresses':
      return seen.address !== null && addressSetContains(term.set, seen.address);
    case 'domain':
      return seen.domain !== undefined && domainCovers(term.name, seen.domain);
  }
}

/** What tells two terms apart, whatever the order in which documents mention them. */
export function termText(term: Term): string {
  switch (term.kind) {
    case 'any':
      return 'any';
    case 'workloads':
      return `workloads ${term.requirements.map(requirementText).join(',')}`;
    case 'addresses':
      return `addresses ${term.name}`;
    case 'domain':
      return `domain ${term.name}`;
  }
}

/** Gives equal terms one id. */
export class TermTable {
  readonly #give: (canonical: Term) => TermId;
  readonly #ids = new Map<string, TermId>();
  readonly #scoped = new Map<readonly Requirement[], Map<string, TermId>>();

  /** `give`: the id of a term that was not met before. */
  constructor(give: (canonical: Term) => TermId) {
    this.#give = give;
  }

  /** The term with the requirements of a scope worked in: rules of one ruleset name the same few ends in the same scopes. */
  internIn(scope: readonly Requirement[], term: Term & { readonly kind: 'workloads' }): TermId {
    const inScope = this.#scoped.get(scope) ?? new Map<string, TermId>();
    this.#scoped.set(scope, inScope);
    const text = termText(term);
    const known = inScope.get(text);
    if (known !== undefined) return known;
    const id = this.intern({ ...term, requirements: [...term.requirements, ...scope] });
    inScope.set(text, id);
    return id;
  }

  intern(term: Term): TermId {
    const canonical =
      term.kind === 'workloads' ? { ...term, requirements: canonicalRequirements(term.requirements) } : term;
    const text = termText(canonical);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#give(canonical);
    this.#ids.set(text, id);
    return id;
  }
}
