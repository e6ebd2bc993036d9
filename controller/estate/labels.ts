import { assignmentSlot, mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import type { LabelAssignment } from '../store/policy-text.ts';

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
    .filter((assignment) => !after.has(assignmentSlot(assignment)))
    .map(({ workload, key }) => ({ workload, key, value: ownLabels(workload)[key] ?? null }));
  const made = [...after.values()].filter(
    (assignment) => before.get(assignmentSlot(assignment))?.value !== assignment.value,
  );
  return mergeAssignments(undone, made);
}

const bySlot = (assignments: readonly LabelAssignment[]): Map<string, LabelAssignment> =>
  new Map(assignments.map((assignment) => [assignmentSlot(assignment), assignment]));
