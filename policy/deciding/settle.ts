import type { Decision, Outcome } from '@bulkhead/model/decision.ts';
import type { ModeName } from '@bulkhead/model/words.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { Policy } from '../policy.ts';

const deniedUnmatched: Outcome = { verdict: 'deny', rule: null, tier: null };
/** Nothing matched, or a mode let it pass. */
const letPass: Outcome = { verdict: 'allow', rule: null, tier: null };

/** Both verdicts of an end, from the rules that match there in the order of `policy.rules` (SPEC T2-T5, M3-M7). */
export function settle(policy: Pick<Policy, 'tiers'>, matching: readonly PolicyRule[], mode: ModeName): Decision {
  const planned = decidingRule(policy, matching, 'intended');
  const active = decidingRule(policy, matching, 'effective');
  return {
    effective: active === null ? unmatched(mode) : underMode(policy, active, mode),
    intended: planned === null ? deniedUnmatched : outcome(policy, planned),
  };
}

/** The first rule that does not pass; after a pass the search goes on behind the group. */
export function decidingRule(
  policy: Pick<Policy, 'tiers'>,
  matching: readonly PolicyRule[],
  view: 'effective' | 'intended',
): PolicyRule | null {
  let resume = 0;
  for (const rule of matching) {
    if (rule.tier < resume || (rule.staged && view === 'effective')) continue;
    if (rule.verdict !== 'pass') return rule;
    resume = policy.tiers[rule.tier]?.afterGroup ?? resume;
  }
  return null;
}

function underMode(policy: Pick<Policy, 'tiers'>, rule: PolicyRule, mode: ModeName): Outcome {
  const watchedOnly = mode === 'observe' || mode === 'test';
  const governed = policy.tiers[rule.tier]?.governed ?? true;
  return rule.verdict === 'deny' && watchedOnly && governed ? letPass : outcome(policy, rule);
}

const unmatched = (mode: ModeName): Outcome => (mode === 'enforce' ? deniedUnmatched : letPass);

function outcome(policy: Pick<Policy, 'tiers'>, rule: PolicyRule): Outcome {
  const verdict = rule.verdict === 'deny' ? 'deny' : 'allow';
  return { verdict, rule: rule.id, tier: policy.tiers[rule.tier]?.name ?? null };
}
