import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { type Difference, diffInSteps } from '@bulkhead/policy/diff.ts';
import type { Side } from '../provision/side.ts';
import type { VersionRecord } from '../store/versions.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';

type Meaning = Pick<VersionRecord, 'files' | 'labels'>;

export type BothDifferences = { readonly intended: Difference; readonly effective: Difference };

/** Two sides that are both policies, over the estate as it is now. */
export function requirePolicy({ estate, policy, problems }: Side, what: string) {
  if (policy !== null) return { estate, policy };
  throw new Refused('draft-has-problems', `Cannot compare ${what}: its policy has errors`, problems.filter(isError));
}

/** Lets others in between: of a large estate it takes seconds. */
export async function compareSides(before: Side, after: Side): Promise<BothDifferences> {
  const [older, newer] = [requirePolicy(before, 'the older'), requirePolicy(after, 'the newer')];
  const intended = await inTurns(diffInSteps(older, newer, 'intended'));
  return { intended, effective: await inTurns(diffInSteps(older, newer, 'effective')) };
}

async function inTurns<T>(steps: Generator<unknown, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

/** What is open in one version and not in the other, as intended; the same as modes have it beside it. */
export async function differenceBetween({ side }: ApiParts, before: Meaning, after: Meaning) {
  const { intended, effective } = await compareSides(side(before), side(after));
  return { as: 'intended', ...intended, effective };
}

const isError = (problem: Problem): boolean => hasErrors([problem]);
