import { mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { DraftRecord } from '../store/drafts.ts';
import type { LabelAssignment, PolicyFile } from '../store/policy-text.ts';
import type { VersionRecord } from '../store/versions.ts';

/** What a draft would make of its base: its own text, and its labels laid over those of the base. */
export type DraftMeaning = { readonly files: readonly PolicyFile[]; readonly labels: readonly LabelAssignment[] };

export function draftMeaning(draft: DraftRecord, base: VersionRecord): DraftMeaning {
  return { files: draft.files, labels: mergeAssignments(base.labels, draft.labels) };
}

/** Assignments to workloads that nobody knows: a warning, because a host may enrol later. */
export function unknownAssignments(
  labels: readonly LabelAssignment[],
  isKnown: (workload: string) => boolean,
): Problem[] {
  const unknown = new Set(labels.map(({ workload }) => workload).filter((workload) => !isKnown(workload)));
  return [...unknown].map((workload) => ({
    severity: 'warning',
    code: 'unknown-workload',
    message: `Cannot label workload "${workload}": the estate has none of that name, the labels wait until it does`,
    place: null,
    hint: null,
  }));
}
