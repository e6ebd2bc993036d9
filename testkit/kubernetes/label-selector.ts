import type { LabelSelector, Requirement } from './objects.ts';

export type Labels = Readonly<Record<string, string>>;

/**
 * "Labels and Selectors" of the Kubernetes documentation, and LabelSelector of meta/v1: the pairs of `matchLabels` and
 * all requirements of `matchExpressions` have to hold together; a selector without any holds for every object.
 */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labelValue(labels, key) !== value) return false;
  }
  for (const requirement of selector.matchExpressions ?? []) {
    if (!holds(requirement, labels)) return false;
  }
  return true;
}

/**
 * LabelSelectorRequirement of meta/v1: `In` asks for the key with one of the values, `Exists` for the key with any
 * value, the empty one included. "Set-based requirement": `NotIn` and `DoesNotExist` hold for objects without the key.
 */
function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labelValue(labels, key);
  const listed = value !== undefined && (values ?? []).includes(value);
  switch (operator) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Not `labels[key]`: `constructor` is a key like any other. */
function labelValue(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
