import type { LabelAssignment } from './policy-content.ts';
import type { Labels } from './words.ts';

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
  for (const assignment of layers.flat()) merged.set(assignmentSlot(assignment), assignment);
  return [...merged.values()].sort((a, b) => (assignmentSlot(a) < assignmentSlot(b) ? -1 : 1));
}

/** Which label of which workload an assignment is of. */
export const assignmentSlot = ({ workload, key }: LabelAssignment): string => JSON.stringify([workload, key]);
