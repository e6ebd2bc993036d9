import type { View } from '@bulkhead/model/decision.ts';
import type { LineResult } from '@bulkhead/policy/test.ts';
import { changeText, type ShownDifference } from '../online/preview-text.ts';
import { plural } from '../print-problems.ts';
import { countsTable, differenceMarkdown, proofsMarkdown, testsMarkdown } from './effect.ts';

export function diffMarkdown(view: View, difference: ShownDifference, otherwise: ShownDifference): readonly string[] {
  const [intended, effective] = view === 'intended' ? [difference, otherwise] : [otherwise, difference];
  const counts = `opens ${changeText(difference.opened)}, closes ${changeText(difference.closed)}`;
  return [
    `### Policy difference: ${counts}`,
    '',
    ...countsTable(intended, effective),
    ...differenceMarkdown(difference),
  ];
}

export function testReport(results: readonly LineResult[]): readonly string[] {
  const failed = results.filter(({ passed }) => !passed).length;
  return [`### Policy tests: ${results.length - failed} passed, ${failed} failed`, ...testsMarkdown(results)];
}

type Proved = Parameters<typeof proofsMarkdown>[0];

export function verifyReport(proofs: Proved): readonly string[] {
  const refuted = proofs.filter(({ holds }) => !holds).length;
  const proved = plural(proofs.length - refuted, 'invariant');
  return [`### Invariants: ${proved} proved, ${refuted} refuted`, ...proofsMarkdown(proofs)];
}
