import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Requirement, Selector } from '@bulkhead/model/documents.ts';
import type { Labels } from '@bulkhead/model/words.ts';

/** SPEC S1-S3. No requirements: every workload. */
export function requirementsMatch(requirements: readonly Requirement[], labels: Labels): boolean {
  for (const requirement of requirements) if (!requirementMatches(requirement, labels)) return false;
  return true;
}

/** The value of a label, or undefined; a key such as `constructor` is a label like any other. */
export function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

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

export function requirementText({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key;
  if (operator === 'absent') return `!${key}`;
  if (values.length === 1) return `${key}${operator === 'in' ? '=' : '!='}${values[0]}`;
  return `${key} ${operator} (${values.join(',')})`;
}

export const selectorText = (selector: Selector): string =>
  selector.text === '' ? selector.requirements.map(requirementText).join(',') : selector.text;

function requirementMatches({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}
