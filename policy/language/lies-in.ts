import type { Requirement } from '@bulkhead/model/documents.ts';

/**
 * Whether every workload that the inner conditions match, whatever labels it has, is matched by the outer ones. Told key
 * by key: conditions that contradict each other on another key match nobody, and are not seen to.
 */
export function liesIn(inner: readonly Requirement[], outer: readonly Requirement[]): boolean {
  return outer.every((requirement) => isPart(allowedOf(inner, requirement.key), allowedBy(requirement)));
}

/** Values of one key: those, or all but those; and whether the key may be absent. */
type Allowed = { readonly values: ReadonlySet<string>; readonly others: boolean; readonly absent: boolean };

const anything: Allowed = { values: new Set(), others: true, absent: true };

const allowedOf = (requirements: readonly Requirement[], key: string): Allowed =>
  requirements.filter((one) => one.key === key).reduce((all, one) => both(all, allowedBy(one)), anything);

function allowedBy({ operator, values }: Requirement): Allowed {
  switch (operator) {
    case 'in':
      return { values: new Set(values), others: false, absent: false };
    case 'notin':
      return { values: new Set(values), others: true, absent: true };
    case 'exists':
      return { ...anything, absent: false };
    case 'absent':
      return { values: new Set(), others: false, absent: true };
  }
}

function both(a: Allowed, b: Allowed): Allowed {
  const absent = a.absent && b.absent;
  if (a.others && b.others) return { values: new Set([...a.values, ...b.values]), others: true, absent };
  const [listed, other] = a.others ? [b, a] : [a, b];
  const values = [...listed.values].filter((value) => other.values.has(value) !== other.others);
  return { values: new Set(values), others: false, absent };
}

/** Values without end are in no list. */
function isPart(inner: Allowed, outer: Allowed): boolean {
  if (inner.absent && !outer.absent) return false;
  if (inner.others) return outer.others && [...outer.values].every((value) => inner.values.has(value));
  return [...inner.values].every((value) => outer.values.has(value) !== outer.others);
}
