import type { Requirement } from '@bulkhead/model/documents.ts';

/** What a label key may be: among `values` or not among them, and whether it may be absent. */
type Constraint = { readonly among: boolean; readonly values: ReadonlySet<string>; readonly absent: boolean };

/**
 * Requirements worked together, one constraint to a key; the empty one is everybody.
 * INVARIANT: none of the constraints is impossible. Null stands for a selection of nobody.
 */
export type Selection = ReadonlyMap<string, Constraint>;

export const everybody: Selection = new Map();

/** Null: no labels satisfy all of them. */
export function selectionOf(requirements: readonly Requirement[]): Selection | null {
  let selection: Selection | null = everybody;
  for (const requirement of requirements) {
    if (selection === null) return null;
    selection = meet(selection, new Map([[requirement.key, constraintOf(requirement)]]));
  }
  return selection;
}

/** What both match; null: nobody. */
export function meet(a: Selection, b: Selection): Selection | null {
  const met = new Map(a);
  for (const [key, constraint] of b) {
    const known = met.get(key);
    const both = known === undefined ? constraint : meetConstraints(known, constraint);
    if (isImpossible(both)) return null;
    met.set(key, both);
  }
  return met;
}

/** Whether whatever labels match `a` match `b`. */
export function isWithin(a: Selection, b: Selection): boolean {
  for (const [key, wide] of b) {
    const narrow = a.get(key);
    if (narrow === undefined ? !isFree(wide) : !isPart(narrow, wide)) return false;
  }
  return true;
}

/** What `a` matches and `b` does not, as selections that no labels match two of. */
export function without(a: Selection, b: Selection): Selection[] {
  const left: Selection[] = [];
  let rest: Selection | null = a;
  for (const requirement of requirementsOf(b)) {
    if (rest === null) break;
    const [here, there] = [requirement, opposite(requirement)].map((one) => selectionOf([one]) ?? everybody);
    const outside = meet(rest, there ?? everybody);
    if (outside !== null) left.push(outside);
    rest = meet(rest, here ?? everybody);
  }
  return left;
}

/** Keys in order; the fewest requirements that say it. */
export function requirementsOf(selection: Selection): Requirement[] {
  const keys = [...selection.keys()].sort();
  return keys.flatMap((key) => requirementsOn(key, selection.get(key) as Constraint));
}

/** One text to a meaning. */
export function selectionText(selection: Selection): string {
  const parts = requirementsOf(selection).map(({ key, operator, values }) => {
    if (operator === 'exists') return key;
    if (operator === 'absent') return `!${key}`;
    const [only = ''] = values;
    if (values.length === 1) return `${key}${operator === 'in' ? '=' : '!='}${only}`;
    return `${key} ${operator} (${values.join(',')})`;
  });
  return parts.join(',');
}

export function matchesLabels(selection: Selection, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, constraint] of selection) {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (value === undefined ? !constraint.absent : constraint.values.has(value) !== constraint.among) return false;
  }
  return true;
}

/** The values that a key may have; null: they are without end. */
export function valuesOf(selection: Selection, key: string): readonly string[] | null {
  const constraint = selection.get(key);
  return constraint === undefined || !constraint.among ? null : [...constraint.values].sort();
}

export function partOf(selection: Selection, wanted: (key: string) => boolean): Selection {
  return new Map([...selection].filter(([key]) => wanted(key)));
}

function constraintOf({ operator, values }: Requirement): Constraint {
  switch (operator) {
    case 'in':
      return { among: true, values: new Set(values), absent: false };
    case 'notin':
      return { among: false, values: new Set(values), absent: true };
    case 'exists':
      return { among: false, values: new Set(), absent: false };
    case 'absent':
      return { among: true, values: new Set(), absent: true };
  }
}

function opposite({ key, operator, values }: Requirement): Requirement {
  const operators = { in: 'notin', notin: 'in', exists: 'absent', absent: 'exists' } as const;
  return { key, operator: operators[operator], values };
}

function meetConstraints(a: Constraint, b: Constraint): Constraint {
  const absent = a.absent && b.absent;
  if (!a.among && !b.among) return { among: false, values: new Set([...a.values, ...b.values]), absent };
  const [listed, other] = a.among ? [a, b] : [b, a];
  const values = [...listed.values].filter((value) => other.values.has(value) === other.among);
  return { among: true, values: new Set(values), absent };
}

const isImpossible = ({ among, values, absent }: Constraint): boolean => among && values.size === 0 && !absent;
const isFree = ({ among, values, absent }: Constraint): boolean => !among && values.size === 0 && absent;

function isPart(narrow: Constraint, wide: Constraint): boolean {
  if (narrow.absent && !wide.absent) return false;
  if (narrow.among) return [...narrow.values].every((value) => wide.values.has(value) === wide.among);
  // Values without end are never part of some that are listed.
  return !wide.among && [...wide.values].every((value) => narrow.values.has(value));
}

function requirementsOn(key: string, { among, values, absent }: Constraint): Requirement[] {
  const sorted = [...values].sort();
  if (among) return [{ key, operator: absent ? 'absent' : 'in', values: sorted }];
  const notin: Requirement[] = sorted.length === 0 ? [] : [{ key, operator: 'notin', values: sorted }];
  return absent ? notin : [{ key, operator: 'exists', values: [] }, ...notin];
}
