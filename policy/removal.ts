import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { View } from '@bulkhead/model/decision.ts';
import type { RuleId } from '@bulkhead/model/words.ts';
import { type Joint, joinWorlds } from './exact/joint.ts';
import { findChange, findNeeded, findRemovable, unasked } from './exact/needed-rules.ts';
import { type Progress, runSteps } from './exact/steps.ts';
import { lifelineRuleset } from './language/lifeline.ts';
import type { Policy } from './policy.ts';
import type { Probe } from './probe.ts';
import type { World } from './world.ts';

/** A connection that would be judged otherwise without the rules. */
export type Counterexample = {
  readonly view: View;
  readonly verdict: 'allow' | 'deny';
  readonly without: 'allow' | 'deny';
  readonly probe: Probe;
};

/** `unproved`: rules whose removal may matter to processes or users, which cells do not tell apart. */
export type RemovalProof = { readonly counterexample: Counterexample | null; readonly unproved: readonly RuleId[] };

/** Whether rules can go without a change of any verdict, of workloads, addresses or domain names, in either view (SPEC A6). */
export function proveRemoval(world: World, ids: ReadonlySet<RuleId>): RemovalProof {
  const joint = joinWorlds({ before: world, after: world });
  const sure = unasked(joint, world.policy, ids);
  const unproved = [...ids].filter((id) => !sure.has(id));
  for (const view of ['intended', 'effective'] as const) {
    const found = runSteps(findChange(joint, view, ids));
    if (found === null) continue;
    const { probe, verdict } = found;
    return { unproved, counterexample: { view, verdict, without: verdict === 'allow' ? 'deny' : 'allow', probe } };
  }
  return { unproved, counterexample: null };
}

/** Every instance of a rule goes with it. */
export function withoutRules(policy: Policy, ids: ReadonlySet<RuleId>): Policy {
  return { ...policy, rules: policy.rules.filter(({ id }) => !ids.has(id)) };
}

/** Rules that people wrote. */
export function writtenRules(policy: Policy): Set<RuleId> {
  const ids = policy.rules.map(({ id }) => id);
  return new Set(ids.filter((id) => !id.startsWith(`${lifelineRuleset}/`)));
}

/**
 * As many rules as can go together, those of the later ids first; their removal is proved (SPEC A6). Denies are not
 * among them: what nothing needs today may guard against the rules of tomorrow.
 */
export function findPrunable(world: World): readonly RuleId[] {
  const joint = joinWorlds({ before: world, after: world });
  const denies = new Set(world.policy.rules.flatMap(({ id, verdict }) => (verdict === 'deny' ? [id] : [])));
  const idle = [...runSteps(findIdle(joint, world.policy))].filter((id) => !denies.has(id));
  // What expires goes before what lasts.
  const ends = new Set(world.policy.rules.flatMap(({ id, expires }) => (expires === null ? [] : [id])));
  idle.sort((a, b) => Number(ends.has(b)) - Number(ends.has(a)) || compareBytes(b, a));
  return [...runSteps(findRemovable(joint, idle))].sort(compareBytes);
}

/** Written rules without which, each alone, no verdict changes (SPEC A1). `policy`: as it was joined. */
export function* findIdle(joint: Joint, policy: Policy): Generator<Progress, Set<RuleId>> {
  const idle = writtenRules(policy);
  for (const view of ['intended', 'effective'] as const) {
    for (const id of yield* findNeeded(joint, view, idle)) idle.delete(id);
  }
  return unasked(joint, policy, idle);
}
