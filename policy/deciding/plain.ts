import { isConditional, type Known, settleRule } from '../identity.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import { byPrecedence, type Policy } from '../policy.ts';
import type { Who } from '../probe.ts';

/**
 * The policy as it is for connections of these processes and this user, in rules that ask for nothing: each end knows its
 * own half (SPEC U2), so a rule may become one for the source and one for the destination. Nobody is logged on (U3).
 */
export function plainPolicy(policy: Policy, { fromProcess, toProcess, user }: Who = {}): Policy {
  if (!isConditional(policy)) return policy;
  const named = (process: string | undefined) => (process === undefined ? [] : [process]);
  const source: Known = { fromProcess: named(fromProcess), toProcess: undefined, users: [user ?? null] };
  const destination: Known = { fromProcess: undefined, toProcess: named(toProcess), users: undefined };
  const rules = policy.rules.flatMap((rule): readonly PolicyRule[] => {
    if (rule.asks === null && rule.except.every(({ asks }) => asks === null)) return [rule];
    const at = (end: 'source' | 'destination', known: Known) =>
      rule.at === 'both' || rule.at === end ? settleRule(rule, known).map((one) => ({ ...one, at: end })) : [];
    return [...at('source', source), ...at('destination', destination)];
  });
  return { ...policy, rules: rules.sort(byPrecedence) };
}
