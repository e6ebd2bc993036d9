import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Requirement } from '@bulkhead/model/documents.ts';
import { requirementText } from '@bulkhead/model/requirements.ts';
import type { Term } from '../language/terms.ts';

const leadingKeys = ['role', 'app', 'env', 'loc'];

/**
 * What matches all of these terms, for people: `role=web app=shop env=prod in partners`.
 * The label part is a normal form of the conjunction, so two sets of terms that exactly the members of one segment
 * match never get one name: who satisfied the same conjunction would match the same selectors.
 */
export function describeTerms(terms: readonly Term[]): string {
  const lists = terms.flatMap((term) => (term.kind === 'addresses' ? [term.name] : [])).sort(compareBytes);
  const labelled = terms.some(({ kind }) => kind === 'workloads');
  const labels = describeLabels(terms, ' ');
  const parts = labelled ? [labels === '' ? 'every workload' : labels] : [];
  if (lists.length > 0) parts.push(labelled ? `in ${lists.join(' and ')}` : lists.join(' and '));
  return parts.join(' ');
}

/** What matches all selectors among the terms; with `,` it is a selector again. */
export function describeLabels(terms: readonly Term[], separator: ' ' | ','): string {
  const requirements = terms.flatMap((term) => (term.kind === 'workloads' ? term.requirements : []));
  const byKey = Map.groupBy(requirements, ({ key }) => key);
  const rank = (key: string) => (leadingKeys.indexOf(key) + leadingKeys.length + 1) % (leadingKeys.length + 1);
  const keys = [...byKey.keys()].sort((a, b) => rank(a) - rank(b) || compareBytes(a, b));
  return keys.map((key) => describeKey(key, byKey.get(key) ?? [])).join(separator);
}

function describeKey(key: string, requirements: readonly Requirement[]): string {
  const ofKind = (operator: Requirement['operator']) => requirements.filter((said) => said.operator === operator);
  const excluded = new Set(ofKind('notin').flatMap(({ values }) => values));
  const [first, ...others] = ofKind('in');
  if (first !== undefined) {
    const common = first.values.filter((value) => others.every(({ values }) => values.includes(value)));
    const values = [...new Set(common)].filter((value) => !excluded.has(value)).sort(compareBytes);
    return requirementText({ key, operator: 'in', values });
  }
  if (ofKind('absent').length > 0) return `!${key}`;
  const exists = ofKind('exists').length > 0 ? [key] : [];
  const values = [...excluded].sort(compareBytes);
  return [...exists, ...(values.length > 0 ? [requirementText({ key, operator: 'notin', values })] : [])].join(',');
}
