import { labelOf } from '@bulkhead/model/requirements.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type Seen, type Term, type TermId, termMatches } from '../language/terms.ts';

/** Finds the terms that match an endpoint without trying them all. */
export type TermIndex = {
  readonly terms: readonly Term[];
  /** By key, then value: selectors filed under their narrowest `in` requirement. */
  readonly filed: ReadonlyMap<string, ReadonlyMap<string, readonly TermId[]>>;
  /** Selectors without such a requirement. */
  readonly unfiled: readonly TermId[];
  readonly addresses: readonly TermId[];
  readonly domains: readonly TermId[];
  readonly any: readonly TermId[];
};

export function indexTerms(terms: readonly Term[]): TermIndex {
  const filed = new Map<string, Map<string, TermId[]>>();
  const [unfiled, addresses, domains, any]: [TermId[], TermId[], TermId[], TermId[]] = [[], [], [], []];
  for (const [id, term] of terms.entries()) {
    if (term.kind === 'any') any.push(id);
    else if (term.kind === 'addresses') addresses.push(id);
    else if (term.kind === 'domain') domains.push(id);
    else {
      const positive = term.requirements.filter(({ operator }) => operator === 'in');
      const narrowest = positive.sort((a, b) => a.values.length - b.values.length)[0];
      if (narrowest === undefined) unfiled.push(id);
      else for (const value of narrowest.values) file(filed, [narrowest.key, value], id);
    }
  }
  return { terms, filed, unfiled, addresses, domains, any };
}

/** Ascending, `any` included. */
export function matchTerms(index: TermIndex, seen: Seen): TermId[] {
  const candidates = [...index.any];
  if (seen.labels !== null) candidates.push(...selectorsFor(index, seen.labels));
  if (seen.address !== null) candidates.push(...index.addresses);
  if (seen.domain !== undefined) candidates.push(...index.domains);
  return candidates.filter((id) => termMatches(index.terms[id] as Term, seen)).sort((a, b) => a - b);
}

function selectorsFor(index: TermIndex, labels: Labels): TermId[] {
  const out = [...index.unfiled];
  for (const [key, byValue] of index.filed) {
    const value = labelOf(labels, key);
    if (value !== undefined) out.push(...(byValue.get(value) ?? []));
  }
  return out;
}

function file(filed: Map<string, Map<string, TermId[]>>, [key, value]: readonly [string, string], id: TermId): void {
  const byValue = filed.get(key) ?? new Map<string, TermId[]>();
  filed.set(key, byValue);
  const ids = byValue.get(value) ?? [];
  byValue.set(value, ids);
  ids.push(id);
}
