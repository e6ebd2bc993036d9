import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { type Difference, diff } from '@bulkhead/policy/diff.ts';
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

export function compareSides(before: Side, after: Side): BothDifferences {
  const [older, newer] = [requirePolicy(before, 'the older'), requirePolicy(after, 'the newer')];
  return { intended: diff(older, newer, 'intended'), effective: diff(older, newer, 'effective') };
}

/** What is open in one version and not in the other, as intended; the same as modes have it beside it. */
export function differenceBetween({ side }: ApiParts, before: Meaning, after: Meaning) {
  const { intended, effective } = compareSides(side(before), side(after));
  return { as: 'intended', ...intended, effective };
}

const isError = (problem: Problem): boolean => hasErrors([problem]);
