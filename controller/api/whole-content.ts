import { mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import type { PolicyContent } from '@bulkhead/model/policy-content.ts';
import type { LabelAssignment, PolicyFile } from '../store/policy-text.ts';
import { checkFiles } from './check-files.ts';
import { checkAssignments } from './labels.ts';

/** A policy as a request carries it. */
export type GivenContent = {
  readonly files: readonly PolicyFile[];
  /** Every assignment there shall be; absent: those in force. */
  readonly labels?: readonly LabelAssignment[];
};

/** What the policy says once it is in force. */
export function wholeContent({ files, labels }: GivenContent, current: PolicyContent): PolicyContent {
  checkFiles(files, current.files);
  checkAssignments(labels ?? []);
  return { files, labels: mergeAssignments(labels ?? current.labels) };
}
