import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { ModeName } from '@bulkhead/model/words.ts';
import { decidingRule, settle } from '../deciding/settle.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { Policy } from '../policy.ts';
import { type NamedDecision, withNamed } from './named-decision.ts';

/** `names`: the domain names of which the peer has to be an address for the rule to match; null: it matches anyway. */
export type Candidate = { readonly rule: PolicyRule; readonly names: readonly string[] | null };

type Laws = Pick<Policy, 'tiers'>;

/** Where a decision comes from in each view: the smaller number decides where a peer has several names. */
type Ranked = { readonly intended: number; readonly effective: number; readonly decision: NamedDecision };
type RankedName = Ranked & { readonly name: string };

/**
 * The decision about a peer that these rules match, for whatever names it is an address of (SPEC Y5, Y6). In order of
 * precedence; rules that need a name allow.
 *
 * Why a list will do: an allow rule more either decides or changes nothing, so with several names the one decides whose
 * rule stands first. The views may differ in which that is, where a rule is staged: then the alternative has its own list.
 */
export function settleNamed(laws: Laws, candidates: readonly Candidate[], mode: ModeName): NamedDecision {
  const names = new Set(candidates.flatMap((candidate) => candidate.names ?? []));
  const base = rank(laws, { candidates, name: null, mode });
  if (names.size === 0) return base.decision;
  const ranked = [...names]
    .map((name) => ({ name, ...rank(laws, { candidates, name, mode }) }))
    .filter(({ intended, effective }) => intended < base.intended || effective < base.effective)
    .sort((a, b) => a.intended - b.intended || byEffect(a, b));
  const alternatives = ranked.map((one, index) => ({
    name: one.name,
    instead: withEarlier(one, ranked.slice(index + 1)),
  }));
  return withNamed(base.decision, alternatives);
}

const byEffect = (a: RankedName, b: RankedName): number => a.effective - b.effective || compareBytes(a.name, b.name);

/** Names behind it in the intended view that stand before it in the effective one. */
function withEarlier({ decision, effective }: Ranked, others: readonly RankedName[]): NamedDecision {
  const earlier = others.filter((other) => other.effective < effective).sort(byEffect);
  const named = earlier.map((other) => ({
    name: other.name,
    instead: { intended: decision.intended, effective: other.decision.effective },
  }));
  return withNamed(decision, named);
}

type Asked = { readonly candidates: readonly Candidate[]; readonly name: string | null; readonly mode: ModeName };

function rank(laws: Laws, { candidates, name, mode }: Asked): Ranked {
  const rules = candidates
    .filter(({ names }) => names === null || (name !== null && names.includes(name)))
    .map(({ rule }) => rule);
  const placeOf = (view: 'intended' | 'effective'): number => {
    const decider = decidingRule(laws, rules, view);
    const place = candidates.findIndex(({ rule }) => decider !== null && decideAlike(rule, decider));
    return place < 0 ? candidates.length : place;
  };
  return { intended: placeOf('intended'), effective: placeOf('effective'), decision: settle(laws, rules, mode) };
}

/** Parts of one rule stand together in no order that means anything: they share a place. */
const decideAlike = (a: PolicyRule, b: PolicyRule): boolean =>
  a.id === b.id && a.tier === b.tier && a.verdict === b.verdict;
