import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { type Difference, diffInSteps } from '@bulkhead/policy/diff.ts';
import type { Side } from '../provision/side.ts';
import type { VersionRecord } from '../store/versions.ts';
import { paced, type Watching } from './paced.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';

type Meaning = Pick<VersionRecord, 'files' | 'labels'>;
type Meanings = readonly [before: Meaning, after: Meaning];

export type BothDifferences = { readonly intended: Difference; readonly effective: Difference };

/** Two sides that are both policies, over the estate as it is now. */
export function requirePolicy({ estate, policy, problems }: Side, what: string) {
  if (policy !== null) return { estate, policy };
  throw new Refused('draft-has-problems', `Cannot compare ${what}: its policy has errors`, problems.filter(isError));
}

export async function compareSides(before: Side, after: Side, watching: Watching = {}): Promise<BothDifferences> {
  const [older, newer] = [requirePolicy(before, 'the older'), requirePolicy(after, 'the newer')];
  const intended = await paced(diffInSteps(older, newer, 'intended'), watching);
  return { intended, effective: await paced(diffInSteps(older, newer, 'effective'), watching) };
}

/** What is open in one version and not in the other, as intended; the same as modes have it beside it. */
export async function differenceBetween({ side }: ApiParts, [before, after]: Meanings, watching: Watching = {}) {
  const { intended, effective } = await compareSides(side(before), side(after), watching);
  return { as: 'intended', ...intended, effective };
}

const isError = (problem: Problem): boolean => hasErrors([problem]);
