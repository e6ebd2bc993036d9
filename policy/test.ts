import type { View } from '@bulkhead/model/decision.ts';
import type { Document, TestLine } from '@bulkhead/model/documents.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import type { Verdict } from '@bulkhead/model/words.ts';
import { decide, type ViewAnswer } from './decide.ts';
import type { Estate } from './estate.ts';
import type { Policy } from './policy.ts';
import { isProblem } from './problems.ts';

/** One line of a Test document, judged. */
export type LineResult = {
  readonly test: string;
  /** `web-1 -> api-1 tcp/8080`, as written. */
  readonly line: string;
  readonly place: Place;
  readonly expected: Verdict;
  readonly passed: boolean;
  /** Null where the line cannot be asked; `problem` says why. A mixed answer passes for neither verdict. */
  readonly answer: ViewAnswer | null;
  readonly problem: Problem | null;
};

/** Runs all Test documents in order: what must be allowed, then what must be denied. */
export function runTests(
  { policy, estate }: { readonly policy: Policy; readonly estate: Estate },
  documents: readonly Document[],
  view: View = 'intended',
): LineResult[] {
  const tests = documents.filter((document) => document.kind === 'Test');
  return tests.flatMap((test) => {
    const judge = (line: TestLine, expected: Verdict): LineResult => {
      const { from, to, service } = line;
      const said = { test: test.name, line: line.text, place: line.place, expected };
      const answer = decide(policy, estate, { from, to, service });
      if (isProblem(answer)) return { ...said, passed: false, answer: null, problem: { ...answer, place: line.place } };
      return { ...said, passed: answer[view].verdict === expected, answer: answer[view], problem: null };
    };
    return [...test.allow.map((line) => judge(line, 'allow')), ...test.deny.map((line) => judge(line, 'deny'))];
  });
}
