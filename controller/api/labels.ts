import { assignmentSlot } from '@bulkhead/model/assigned-labels.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { wrongLabel } from '../estate/wrong-label.ts';
import type { LabelAssignment } from '../store/policy-text.ts';
import { Refused } from './problem.ts';

export function checkLabels(labels: Labels): void {
  for (const [key, value] of Object.entries(labels)) refuseIf(wrongLabel(key, value));
}

export function checkAssignments(assignments: readonly LabelAssignment[]): void {
  for (const { key, value } of assignments) refuseIf(wrongLabel(key, value));
  const slots = new Set<string>();
  for (const assignment of assignments) {
    const { workload, key } = assignment;
    const slot = assignmentSlot(assignment);
    refuseIf(
      slots.has(slot) ? `Cannot assign label "${key}" of "${workload}": it is said twice, once is needed` : null,
    );
    slots.add(slot);
  }
}

function refuseIf(wrong: string | null): void {
  if (wrong !== null) throw new Refused('invalid-request', wrong);
}
