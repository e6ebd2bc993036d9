import type { Requirement } from '@bulkhead/model/documents.ts';
import { type Term, type TermId, termText } from '../language/terms.ts';

/** The terms of two policies as one list, which begins with the first one's; `ids` are the second one's in it. */
export type JointTerms = { readonly terms: readonly Term[]; readonly ids: readonly TermId[] };

export function joinTerms(first: readonly Term[], second: readonly Term[]): JointTerms {
  if (first === second) return { terms: first, ids: [...first.keys()] };
  const terms = [...first];
  const added = new Map<string, TermId>();
  let next = 0;
  const ids = second.map((term) => {
    const there = first[next];
    // A policy that was changed a little has most terms in their old order.
    if (there !== undefined && isSameTerm(there, term)) return next++;
    const text = joinText(term);
    const id = textsOf(first).get(text) ?? added.get(text) ?? terms.push(term) - 1;
    if (id >= first.length) added.set(text, id);
    else next = id + 1;
    return id;
  });
  return { terms, ids };
}

const textsByTerms = new WeakMap<readonly Term[], ReadonlyMap<string, TermId>>();

/** Kept, as a policy is joined with draft after draft. */
function textsOf(terms: readonly Term[]): ReadonlyMap<string, TermId> {
  const texts = textsByTerms.get(terms) ?? new Map(terms.map((term, id) => [joinText(term), id]));
  textsByTerms.set(terms, texts);
  return texts;
}

/** Of interned terms, whose requirements stand in one order. */
function isSameTerm(a: Term, b: Term): boolean {
  if (a === b) return true;
  if (a.kind !== 'workloads' || b.kind !== 'workloads') return a.kind === b.kind && joinText(a) === joinText(b);
  const { requirements } = b;
  return (
    a.requirements.length === requirements.length &&
    a.requirements.every((requirement, i) => isSameRequirement(requirement, requirements[i] as Requirement))
  );
}

function isSameRequirement(a: Requirement, b: Requirement): boolean {
  if (a === b) return true;
  if (a.key !== b.key || a.operator !== b.operator || a.values.length !== b.values.length) return false;
  for (let i = 0; i < a.values.length; i++) if (a.values[i] !== b.values[i]) return false;
  return true;
}

/** A list of the same name may hold other addresses in the other world. */
function joinText(term: Term): string {
  if (term.kind !== 'addresses') return termText(term);
  const ranges = [...term.set[4], ...term.set[6]].map(({ first, last }) => `${first}-${last}`);
  return `${termText(term)} ${term.set[4].length} ${ranges.join(',')}`;
}
