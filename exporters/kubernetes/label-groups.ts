import type { Document, LabelGroupDocument, Requirement } from '@bulkhead/model/documents.ts';
import { isGroupValue } from '@bulkhead/model/selector.ts';

/** Requirements with the values of label groups in the place of their names (policy/SPEC.md S5). */
export type Settle = (requirements: readonly Requirement[]) => readonly Requirement[];

export function settler(documents: readonly Document[]): Settle {
  const groups = new Map<string, LabelGroupDocument>();
  for (const document of documents) if (document.kind === 'LabelGroup') groups.set(document.name, document);
  return (requirements) =>
    requirements.map((requirement) => {
      if (!requirement.values.some(isGroupValue)) return requirement;
      const values = requirement.values.flatMap((value) =>
        isGroupValue(value) ? valuesIn(groups, value.slice(1)) : [value],
      );
      return { ...requirement, values };
    });
}

/** Of the group and of all groups in it, each group once. */
function valuesIn(groups: ReadonlyMap<string, LabelGroupDocument>, name: string): string[] {
  const values = new Set<string>();
  const seen = new Set([name]);
  for (const one of seen) {
    const group = groups.get(one);
    for (const value of group?.values ?? []) values.add(value);
    for (const inner of group?.groups ?? []) seen.add(inner.name);
  }
  return [...values];
}
