import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Requirement, Selector } from '@bulkhead/model/documents.ts';
import { requirementText } from '@bulkhead/model/requirements.ts';

export const equals = (key: string, value: string): Requirement => ({ key, operator: 'in', values: [value] });

type Canonical = { readonly text: string; readonly requirement: Requirement };
/** The requirements of a scope are part of every selector of its ruleset. */
const canonical = new WeakMap<Requirement, Canonical>();

/** One text per meaning up to order and repetition: what interns a selector. */
export function canonicalRequirements(requirements: readonly Requirement[]): readonly Requirement[] {
  const sorted = requirements.map(canonicalOf).sort((a, b) => compareBytes(a.text, b.text));
  return sorted.filter(({ text }, index) => text !== sorted[index - 1]?.text).map(({ requirement }) => requirement);
}

function canonicalOf(requirement: Requirement): Canonical {
  const known = canonical.get(requirement);
  if (known !== undefined) return known;
  const { key, operator, values } = requirement;
  const sorted = { key, operator, values: [...new Set(values)].sort(compareBytes) };
  const made = { text: requirementText(sorted), requirement: sorted };
  canonical.set(requirement, made);
  return made;
}

export const selectorText = (selector: Selector): string =>
  selector.text === '' ? selector.requirements.map(requirementText).join(',') : selector.text;
