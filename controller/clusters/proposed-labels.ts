import { type AssignedLabels, layLabels, mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import { labelsBySource, type SourceRights } from '@bulkhead/policy/labels-by-source.ts';
import type { LabelAssignment } from '../store/policy-text.ts';
import type { WorkloadRecord } from '../store/workloads.ts';

/**
 * What would have to be assigned for the labels that wait for consent to be as the cluster gives them. Those that the
 * current version already assigns are not among them; those that it assigns and the cluster took away are.
 */
export function proposedLabels(
  workloads: readonly WorkloadRecord[],
  rights: SourceRights,
  assigned: AssignedLabels,
): LabelAssignment[] {
  const proposals = workloads.flatMap((workload) => {
    const { name, source } = workload;
    if (source === null) return [];
    const { drafted, draftKeys } = labelsBySource(rights, source.labels);
    const current = layLabels(name, workload.labels, assigned);
    return draftKeys
      .filter((key) => current[key] !== drafted[key])
      .map((key) => ({ workload: name, key, value: drafted[key] ?? null }));
  });
  return mergeAssignments(proposals);
}
