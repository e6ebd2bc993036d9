import type { Estate } from '../estate.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { Term, TermId } from '../language/terms.ts';
import { membersOf } from '../language/virtual-services.ts';
import type { World } from '../world.ts';
import { countBelow, factsOf, workloadsMatching } from './estate-facts.ts';

/** Beyond this share of the workloads it is cheaper to look at all of them, whose groups are known. */
const mostTouched = 1 / 2;

/**
 * Positions of workloads that one of the rules can be about, at either end; those that look like it and are not are
 * among them. Null: many. Between all other ends the rules say nothing.
 */
export function workloadsTouched(
  { estate, policy }: World,
  terms: readonly Term[],
  rules: readonly PolicyRule[],
): readonly number[] | null {
  const { virtualServices } = policy;
  // Behind such a frontend a rule about other addresses is a rule about whoever connects to it.
  if (virtualServices.some(({ snat }) => snat !== null)) return null;
  const ids = new Set<TermId>(rules.flatMap(({ from, to }) => [...from, ...to]));
  const asked = [...[...ids].map((id) => terms[id] as Term), ...virtualServices.map(membersOf)];
  const touched = new Set<number>();
  for (const term of asked) {
    const matching = workloadsOf(estate, term);
    if (matching === null) return null;
    for (const position of matching) touched.add(position);
    if (touched.size > mostTouched * estate.workloads.length) return null;
  }
  return [...touched].sort((a, b) => a - b);
}

function workloadsOf(estate: Estate, term: Term): readonly number[] | null {
  switch (term.kind) {
    case 'any':
      return null;
    case 'workloads':
      return term.requirements.length === 0 ? null : workloadsMatching(estate, term.requirements);
    case 'addresses':
      return isClaimed(estate, term) ? null : [];
    case 'domain':
      return [];
  }
}

/** Whether some workload has one of the addresses. */
function isClaimed(estate: Estate, { set }: Term & { readonly kind: 'addresses' }): boolean {
  const { claimed } = factsOf(estate);
  return ([4, 6] as const).some((family) =>
    set[family].some(({ first, last }) => countBelow(claimed[family], first) < countBelow(claimed[family], last + 1n)),
  );
}
