import type { PolicyContent } from '@bulkhead/model/policy-content.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { checkPolicy } from '@bulkhead/policy/check.ts';
import { diff } from '@bulkhead/policy/diff.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import { checkOwnership } from '@bulkhead/policy/ownership.ts';
import { runTests } from '@bulkhead/policy/test.ts';
import { verify, whyNotProvable } from '@bulkhead/policy/verify.ts';
import { ProblemsFailure } from '../failure.ts';
import { type World, withoutRepeats, worldOf } from '../offline/load.ts';
import { readInputs } from '../offline/read-inputs.ts';
import type { Effect } from '../online/preview-text.ts';

type Asked = {
  readonly estate: readonly string[];
  readonly before: PolicyContent;
  readonly after: PolicyContent;
  readonly now: number;
};

/** As the controller previews it, without its hosts and without the edges that were observed. */
export function offlineEffect({ estate, before, after, now }: Asked): Effect {
  const workloads = readInputs(estate);
  const world = ({ files, labels }: PolicyContent): World => {
    const policy = files.map(({ path, text }) => ({ file: path, text }));
    return worldOf({ estate: workloads, policy, labels }, { now });
  };
  const [older, newer] = [world(before), world(after)];
  if (older.built === null) throw new ProblemsFailure(older.problems);
  const found = newer.built === null ? [] : checkPolicy(newer.documents, now);
  const problems = withoutRepeats([...newer.problems, ...checkOwnership(newer.documents), ...found]);
  if (newer.built === null || hasErrors(problems)) return { sound: false, problems };
  const both = [older.built, newer.built] as const;
  const { invariants, unproved } = prove(newer);
  return {
    sound: !hasErrors(unproved),
    problems: withoutRepeats([...problems, ...unproved]),
    diff: diff(...both, 'intended'),
    effective: diff(...both, 'effective'),
    tests: runTests(newer.built, newer.documents),
    invariants,
  };
}

type Proved = { readonly invariants: NonNullable<Effect['invariants']>; readonly unproved: readonly Problem[] };

function prove({ built, documents }: World): Proved {
  const invariants = documents.filter((document) => document.kind === 'Invariant');
  if (built === null || invariants.length === 0) return { invariants: [], unproved: [] };
  const { policy: rules, problems } = readInvariants(documents, invariants, built.estate);
  const why = whyNotProvable(built.policy);
  if (rules === null || why !== null) return { invariants: [], unproved: why === null ? problems : [...problems, why] };
  return { invariants: verify(built, { documents: invariants, rules }, 'intended'), unproved: problems };
}
