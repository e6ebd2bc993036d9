import type { View } from '@bulkhead/model/decision.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Direction, ModeName, RuleId } from '@bulkhead/model/words.ts';
import {
  coversDomain,
  decideEnd,
  type EndDecision,
  knownAt,
  matchingRules,
  type PairAnswer,
  passes,
} from './decide.ts';
import { legsOf } from './deciding/legs.ts';
import { type NearestRule, nearestRule } from './deciding/nearest.ts';
import { decidingRule } from './deciding/settle.ts';
import type { Estate } from './estate.ts';
import { askedUnknown, nothingKnown } from './identity.ts';
import { modeAt } from './language/modes.ts';
import type { PolicyRule } from './language/policy-rule.ts';
import type { Policy } from './policy.ts';
import { type Connection, endpointText, type Probe, resolveProbe } from './probe.ts';
import { isProblem } from './problems.ts';

/** What became of a rule that matched. */
export type Fate =
  /** It gave the verdict. */
  | 'decides'
  /** The same verdict in the same tier; the deciding rule's id is smaller. */
  | 'agrees'
  /** Its tier decided, with a verdict that beats its own. */
  | 'outranked'
  /** An earlier tier decided. */
  | 'too late'
  /** It sent the question on, behind the group of its tier. */
  | 'passes'
  /** A pass left the group before its turn came. */
  | 'passed over'
  /** Not counted in this view. */
  | 'staged';

export type ConsideredRule = {
  readonly rule: RuleId;
  /** The scope it matched in; null outside of scopes. */
  readonly instance: string | null;
  readonly tier: string;
  readonly verdict: 'allow' | 'deny' | 'pass';
  readonly fate: Readonly<Record<View, Fate>>;
  /** What the rule asks for and this end does not know; it matches as if that were so (SPEC U4). */
  readonly unknown: readonly string[];
};

export type EndExplanation = EndDecision & {
  /** Null: nobody enforces at this end. */
  readonly mode: ModeName | null;
  /** Every rule that matches here, in order of precedence. */
  readonly rules: readonly ConsideredRule[];
  /** The rule that would have turned the intended verdict had one more condition held; null: none. */
  readonly nearest: NearestRule | null;
};

export type PairExplanation = {
  readonly from: string;
  readonly to: string;
  /** The frontend of a virtual service on the way; null: none. */
  readonly via: string | null;
  readonly verdict: Readonly<Record<View, PairAnswer['verdict']>>;
  readonly outbound: EndExplanation;
  readonly inbound: EndExplanation;
};

/** Why `decide` answers as it does, for every pair of addresses of the probe. */
export function explain(policy: Policy, estate: Estate, probe: Probe): readonly PairExplanation[] | Problem {
  const connections = resolveProbe(estate, probe, coversDomain(policy));
  if (isProblem(connections)) return connections;
  return connections
    .flatMap((connection) => legsOf(policy, estate, connection))
    .map((leg) => {
      const outbound = explainEnd(policy, estate, { ...leg.outbound, direction: 'outbound' });
      const inbound = explainEnd(policy, estate, { ...leg.inbound, direction: 'inbound' });
      const inView = (view: View) => passes(outbound[view], inbound[view]);
      const verdict = { effective: inView('effective'), intended: inView('intended') };
      const [from, to] = [endpointText(leg.outbound.source), endpointText(leg.inbound.destination)];
      return { from, to, via: leg.via, verdict, outbound, inbound };
    });
}

function explainEnd(
  policy: Policy,
  estate: Estate,
  question: Connection & { readonly direction: Direction },
): EndExplanation {
  const decision = decideEnd(policy, estate, question);
  const host = (question.direction === 'outbound' ? question.source : question.destination).workload;
  if (host === null || !host.enforced) return { ...decision, mode: null, rules: [], nearest: null };
  const matching = matchingRules(policy, estate, question);
  const effective = fates(policy, matching, 'effective');
  const intended = fates(policy, matching, 'intended');
  const known = knownAt(policy, estate, question);
  const asked = new Map(
    policy.rules.map(
      ({ id, asks, wide, except }) => [id, { wide, all: [asks, ...except.map((one) => one.asks)] }] as const,
    ),
  );
  const unknownIn = (id: string) => {
    const { wide, all } = asked.get(id) ?? { wide: false, all: [] };
    const told = wide ? nothingKnown : known;
    return [...new Set(all.flatMap((asks) => (asks === null ? [] : askedUnknown(asks, told))))];
  };
  const rules = matching.map((rule, position) => ({
    ...{ rule: rule.id, instance: rule.instance, verdict: rule.verdict, unknown: unknownIn(rule.id) },
    tier: policy.tiers[rule.tier]?.name ?? '',
    fate: { effective: effective[position] ?? 'staged', intended: intended[position] ?? 'staged' },
  }));
  const mode = modeAt(policy.modes, host, question.direction);
  return { ...decision, mode, rules: eachOnce(rules), nearest: nearestRule(policy, estate, question) };
}

/** A rule may match by several of its alternatives; what decides is told before what agrees. */
function eachOnce(rules: readonly ConsideredRule[]): readonly ConsideredRule[] {
  const known = new Map<string, ConsideredRule>();
  for (const rule of rules) {
    const key = `${rule.rule} ${rule.instance}`;
    if (!known.has(key) || rule.fate.intended === 'decides' || rule.fate.effective === 'decides') known.set(key, rule);
  }
  return [...known.values()];
}

function fates(policy: Policy, matching: readonly PolicyRule[], view: View): Fate[] {
  const winner = decidingRule(policy, matching, view);
  let resume = 0;
  return matching.map((rule): Fate => {
    if (rule.staged && view === 'effective') return 'staged';
    if (rule === winner) return 'decides';
    if (rule.tier < resume) return 'passed over';
    if (winner !== null && rule.tier > winner.tier) return 'too late';
    if (winner !== null && rule.tier === winner.tier) return rule.verdict === winner.verdict ? 'agrees' : 'outranked';
    resume = policy.tiers[rule.tier]?.afterGroup ?? resume;
    return 'passes';
  });
}
