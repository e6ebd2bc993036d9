import type { SeenRule } from '@bulkhead/flows/edge.ts';
import type { RuleId } from '@bulkhead/model/words.ts';

/** What a rule did to connections of an edge; `rule` null: none matched. */
export type RuleSeen = {
  readonly rule: RuleId | null;
  readonly verdict: 'allowed' | 'would be denied' | 'denied';
  readonly attempts: number;
};

/** One line per rule and what came of it, most attempts first. Both ends judge one attempt, and it is counted once. */
export function seenRules(rules: readonly SeenRule[]): readonly RuleSeen[] {
  const seen = new Map<string, RuleSeen>();
  for (const [, atOneEnd] of Map.groupBy(rules, ({ end }) => end)) {
    for (const [key, one] of addedUp(atOneEnd)) {
      const other = seen.get(key);
      if (other === undefined || other.attempts < one.attempts) seen.set(key, one);
    }
  }
  return [...seen.values()].sort((a, b) => b.attempts - a.attempts);
}

function addedUp(rules: readonly SeenRule[]): ReadonlyMap<string, RuleSeen> {
  const sums = new Map<string, RuleSeen>();
  for (const { effective, intended, intendedRule: rule, attempts } of rules) {
    const verdict = effective === 'deny' ? 'denied' : intended === 'deny' ? 'would be denied' : 'allowed';
    const key = `${verdict} ${rule}`;
    sums.set(key, { rule, verdict, attempts: attempts + (sums.get(key)?.attempts ?? 0) });
  }
  return sums;
}
