import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Requirement, RulesetDocument } from '@bulkhead/model/documents.ts';
import { labelOf } from '@bulkhead/model/requirements.ts';
import type { Estate } from '../estate.ts';
import { equals, selectorText } from './selector.ts';

/** One instance of a ruleset. `name` is null for the only instance of an unscoped ruleset. */
export type Scope = { readonly name: string | null; readonly requirements: readonly Requirement[] };

/** SPEC C1, C2, C5. */
export function expandScopes(ruleset: RulesetDocument, estate: Estate): Scope[] {
  if (ruleset.scopes.kind === 'each') return eachCombination(ruleset.scopes.keys, estate);
  const { selectors } = ruleset.scopes;
  if (selectors.length === 0) return [{ name: null, requirements: [] }];
  return selectors.map((selector) => ({ name: selectorText(selector), requirements: selector.requirements }));
}

function eachCombination(keys: readonly string[], estate: Estate): Scope[] {
  const scopes = new Map<string, Scope>();
  for (const { labels } of estate.workloads) {
    const values = keys.map((key) => labelOf(labels, key));
    if (values.includes(undefined)) continue;
    const name = keys.map((key, i) => `${key}=${values[i]}`).join(',');
    if (!scopes.has(name)) scopes.set(name, { name, requirements: keys.map((key, i) => equals(key, values[i] ?? '')) });
  }
  return [...scopes.values()].sort((a, b) => compareBytes(a.name ?? '', b.name ?? ''));
}
