import type { Requirement } from './documents.ts';
import type { Labels } from './words.ts';

/** The value of a label, or undefined; a key such as `constructor` is a label like any other. */
export function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** SPEC S1-S3. No requirements: every workload. */
export function requirementsMatch(requirements: readonly Requirement[], labels: Labels): boolean {
  for (const requirement of requirements) if (!requirementMatches(requirement, labels)) return false;
  return true;
}

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

/** What a selector says it as. */
export function requirementText({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key;
  if (operator === 'absent') return `!${key}`;
  if (values.length === 1) return `${key}${operator === 'in' ? '=' : '!='}${values[0]}`;
  return `${key} ${operator} (${values.join(',')})`;
}
