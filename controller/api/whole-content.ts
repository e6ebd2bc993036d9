import { mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import type { PolicyContent } from '@bulkhead/model/policy-content.ts';
import type { LabelAssignment, PolicyFile } from '../store/policy-text.ts';
import { checkAssignments } from './labels.ts';
import { Refused } from './problem.ts';

/** A policy as a request carries it. */
export type GivenContent = {
  readonly files: readonly PolicyFile[];
  /** Every assignment there shall be; absent: those in force. */
  readonly labels?: readonly LabelAssignment[];
};

/** What the policy says once it is in force. */
export function wholeContent({ files, labels }: GivenContent, current: PolicyContent): PolicyContent {
  if (new Set(files.map(({ path }) => path)).size < files.length) {
    throw new Refused('invalid-request', 'Cannot take this policy: two files have the same path, one each is needed');
  }
  checkAssignments(labels ?? []);
  return { files, labels: mergeAssignments(labels ?? current.labels) };
}
