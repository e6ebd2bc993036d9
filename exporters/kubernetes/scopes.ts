import type { Requirement, RulesetDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Settle } from './label-groups.ts';

/** Requirements that are worked into the selector ends of a ruleset, once for each scope (policy/SPEC.md C1-C5). */
export function scopesOf(
  { scopes }: RulesetDocument,
  workloads: readonly WorkloadDocument[],
  settle: Settle,
): readonly (readonly Requirement[])[] {
  if (scopes.kind === 'each') return combinations(scopes.keys, workloads);
  if (scopes.selectors.length === 0) return [[]];
  return scopes.selectors.map(({ requirements }) => settle(requirements));
}

function combinations(keys: readonly string[], workloads: readonly WorkloadDocument[]): Requirement[][] {
  const found = new Map<string, Requirement[]>();
  for (const { labels } of workloads) {
    if (!keys.every((key) => Object.hasOwn(labels, key))) continue;
    const values = keys.map((key) => labels[key] ?? '');
    found.set(
      JSON.stringify(values),
      keys.map((key, index) => ({ key, operator: 'in', values: [values[index] ?? ''] })),
    );
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, requirements]) => requirements);
}
