import type { Labels } from '@bulkhead/model/words.ts';
import type { LabelAssignment } from '../store/policy-text.ts';

/** Assignments by the workload they are for, so that laying them over a whole estate costs each once. */
export type AssignedLabels = ReadonlyMap<string, readonly LabelAssignment[]>;

export const assignedLabels = (assignments: readonly LabelAssignment[]): AssignedLabels =>
  Map.groupBy(assignments, ({ workload }) => workload);

/** Labels of one workload once assignments are laid over what enrolment or an import said. */
export function layLabels(workload: string, own: Labels, assigned: AssignedLabels): Labels {
  const labels: Record<string, string> = { ...own };
  for (const { key, value } of assigned.get(workload) ?? []) {
    if (value === null) delete labels[key];
    else labels[key] = value;
  }
  return labels;
}

/** One assignment per workload and key, the last one said, in a fixed order. */
export function mergeAssignments(...layers: readonly (readonly LabelAssignment[])[]): LabelAssignment[] {
  const merged = new Map<string, LabelAssignment>();
  for (const assignment of layers.flat()) merged.set(slot(assignment), assignment);
  return [...merged.values()].sort((a, b) => (slot(a) < slot(b) ? -1 : 1));
}

/**
 * The changes that turn the labels of `from` into those of `to`. An assignment that only `from` has is undone by
 * setting what the workload says of itself.
 */
export function assignmentsBetween(
  from: readonly LabelAssignment[],
  to: readonly LabelAssignment[],
  ownLabels: (workload: string) => Labels,
): LabelAssignment[] {
  const [before, after] = [bySlot(from), bySlot(to)];
  const undone = [...before.values()]
    .filter((assignment) => !after.has(slot(assignment)))
    .map(({ workload, key }) => ({ workload, key, value: ownLabels(workload)[key] ?? null }));
  const made = [...after.values()].filter((assignment) => before.get(slot(assignment))?.value !== assignment.value);
  return mergeAssignments(undone, made);
}

const slot = ({ workload, key }: LabelAssignment): string => JSON.stringify([workload, key]);
const bySlot = (assignments: readonly LabelAssignment[]): Map<string, LabelAssignment> =>
  new Map(assignments.map((assignment) => [slot(assignment), assignment]));
