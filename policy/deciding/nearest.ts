import { labelOf, requirementsMatch, requirementText } from '@bulkhead/model/requirements.ts';
import type { RuleId, Verdict } from '@bulkhead/model/words.ts';
import { intervalsContain } from '@bulkhead/net/intervals.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { type EndQuestion, knownAt, matchingRules, seenAt } from '../decide.ts';
import type { Estate } from '../estate.ts';
import { type Asks, askedUnknown, type Known, nothingKnown, settleIdentity } from '../identity.ts';
import type { PolicyException, PolicyRule } from '../language/policy-rule.ts';
import { serviceTexts } from '../language/service-sets.ts';
import { type Seen, type TermId, termMatches } from '../language/terms.ts';
import { byPrecedence, type Policy } from '../policy.ts';
import { describeTerms } from './describe.ts';
import { decidingRule } from './settle.ts';

/** The one condition that kept a rule from matching. */
export type Obstacle = {
  readonly part: 'from' | 'to' | 'service' | 'except' | 'process' | 'user';
  /** What the rule asks for, as a person would write it. */
  readonly asked: string;
  /** What there is instead. */
  readonly found: string;
};

export type NearestRule = {
  readonly rule: RuleId;
  readonly instance: string | null;
  readonly tier: string;
  readonly verdict: Verdict;
  readonly obstacle: Obstacle;
};

type Missed = {
  readonly obstacle: Obstacle /** Labels or other things that would have to be different. */;
  readonly cost: number;
};

/**
 * The rule that would have turned the intended verdict of this end had one more condition held; of several the one that
 * misses by the least, then the first in precedence. Null: none misses by a single condition. Linear in rules.
 */
export function nearestRule(policy: Policy, estate: Estate, question: EndQuestion): NearestRule | null {
  const matching = matchingRules(policy, estate, question);
  const verdict = decidingRule(policy, matching, 'intended')?.verdict ?? 'deny';
  const known = knownAt(policy, estate, question);
  const scene: Scene = { ...question, ...seenAt(estate, question), policy, known };
  let best: { readonly rule: PolicyRule; readonly missed: Missed } | null = null;
  for (const rule of policy.rules) {
    // Nobody writes the lifeline.
    if (rule.tier === 0 || rule.verdict === 'pass' || rule.verdict === verdict) continue;
    if (rule.at === (question.direction === 'outbound' ? 'destination' : 'source')) continue;
    const missed = missedBy(scene, rule);
    if (missed === null || (best !== null && missed.cost >= best.missed.cost)) continue;
    if (wouldDecide(policy, matching, rule)) best = { rule, missed };
  }
  if (best === null) return null;
  const { id, instance, tier, verdict: turned } = best.rule;
  const named = { rule: id, instance, tier: policy.tiers[tier]?.name ?? '' };
  return { ...named, verdict: turned === 'deny' ? 'deny' : 'allow', obstacle: best.missed.obstacle };
}

type Scene = Omit<EndQuestion, 'source' | 'destination'> & {
  readonly source: Seen;
  readonly destination: Seen;
  readonly policy: Policy;
  readonly known: Known;
};

/** In its place among the rules that do match. */
function wouldDecide(policy: Policy, matching: readonly PolicyRule[], rule: PolicyRule): boolean {
  const rules = [...matching, rule].sort(byPrecedence);
  return decidingRule(policy, rules, 'intended') === rule;
}

/** Null: nothing, or more than one condition. */
function missedBy(scene: Scene, rule: PolicyRule): Missed | null {
  let missed: Missed | null = null;
  for (const condition of [service, from, to, who, exceptions]) {
    const found = condition(scene, rule);
    if (found === null) continue;
    if (missed !== null) return null;
    missed = found;
  }
  return missed;
}

type Condition = (scene: Scene, rule: PolicyRule) => Missed | null;

const service: Condition = ({ policy, service: point }, rule) => {
  const set = policy.serviceSets[rule.services] ?? [];
  if (intervalsContain(set, point)) return null;
  const asked = serviceTexts(set);
  const short = asked.length > 5 ? [...asked.slice(0, 5), `${asked.length - 5} more`] : asked;
  return { cost: 1, obstacle: { part: 'service', asked: short.join(', '), found: formatServicePoint(point) } };
};

const from: Condition = (scene, rule) => missedEnd(scene, { part: 'from', terms: rule.from, seen: scene.source });
const to: Condition = (scene, rule) => missedEnd(scene, { part: 'to', terms: rule.to, seen: scene.destination });

type EndPart = { readonly part: 'from' | 'to'; readonly terms: readonly TermId[]; readonly seen: Seen };

function missedEnd({ policy }: Scene, { part, terms, seen }: EndPart): Missed | null {
  let least: Missed | null = null;
  for (const id of terms) {
    const term = policy.terms[id];
    if (term === undefined) continue;
    if (termMatches(term, seen)) return null;
    const missed = missedTerm(part, term, seen);
    if (least === null || missed.cost < least.cost) least = missed;
  }
  return least;
}

function missedTerm(part: 'from' | 'to', term: Policy['terms'][number], seen: Seen): Missed {
  if (term.kind !== 'workloads' || seen.labels === null) {
    const asked = term.kind === 'domain' ? term.name : describeTerms([term]);
    return { cost: 4, obstacle: { part, asked, found: seen.domain ?? seen.address ?? 'no address' } };
  }
  const { labels } = seen;
  const failing = term.requirements.filter((requirement) => !requirementsMatch([requirement], labels));
  const said = (key: string) => (labelOf(labels, key) === undefined ? `no ${key}` : `${key}=${labelOf(labels, key)}`);
  const asked = failing.map(requirementText).join(',');
  const found = [...new Set(failing.map(({ key }) => said(key)))].join(',');
  return { cost: failing.length, obstacle: { part, asked, found } };
}

const who: Condition = ({ policy, known: knownHere }, { asks, verdict, wide }) => {
  if (asks === null) return null;
  const known = wide ? nothingKnown : knownHere;
  const [settled] = settleIdentity({ ...policy, rules: [bare(asks, verdict)] }, known).rules;
  if (settled !== undefined) return null;
  const unknown = askedUnknown(asks, known);
  const part =
    asks.users === null ? 'process' : asks.fromProcess === null && asks.toProcess === null ? 'user' : 'process';
  const users = asks.users === null ? [] : [`user ${[...asks.users].sort().join(' or ')}`];
  const asked = [asks.fromProcess, asks.toProcess].flatMap((process) =>
    process === null ? [] : [`process ${process}`],
  );
  const found = unknown.length > 0 ? `${unknown.join(' and ')} not known here` : whoText(asks, known);
  return { cost: 1, obstacle: { part, asked: [...asked, ...users].join(' and '), found } };
};

/** Of what is asked for, what there is. */
function whoText(asks: Asks, { fromProcess, toProcess, users }: Known): string {
  const process = (names: readonly string[] | undefined) =>
    names === undefined ? [] : [names[0] ?? 'another process'];
  return [
    ...(asks.fromProcess === null ? [] : process(fromProcess)),
    ...(asks.toProcess === null ? [] : process(toProcess)),
    ...(asks.users === null ? [] : (users ?? []).map((user) => user ?? 'another user')),
  ].join(', ');
}

/** A rule of the verdict that asks for nothing else. */
function bare(asks: PolicyRule['asks'], verdict: PolicyRule['verdict']): PolicyRule {
  const anything = {
    from: [],
    to: [],
    services: 0,
    except: [],
    at: 'both',
    expires: null,
    wide: false,
    staged: false,
  } as const;
  return { ...anything, id: '', instance: null, tier: 0, verdict, asks };
}

const exceptions: Condition = (scene, rule) => {
  const [settled] = settleIdentity({ ...scene.policy, rules: [rule] }, scene.known).rules;
  // Who the ends are is another condition.
  const hit = (settled ?? rule).except.find((exception) => isExcepted(scene, exception));
  if (hit === undefined) return null;
  return {
    cost: 1,
    obstacle: { part: 'except', asked: 'outside of its exceptions', found: exceptionText(scene, hit) },
  };
};

function isExcepted({ policy, source, destination, service: point }: Scene, exception: PolicyException): boolean {
  const matches = (terms: readonly TermId[] | null, seen: Seen) =>
    terms === null || terms.some((id) => policy.terms[id] !== undefined && termMatches(policy.terms[id], seen));
  const { services } = exception;
  const served = services === null || intervalsContain(policy.serviceSets[services] ?? [], point);
  return served && matches(exception.from, source) && matches(exception.to, destination);
}

function exceptionText({ policy }: Scene, { from: sources, to: destinations, services }: PolicyException): string {
  const ends = (terms: readonly TermId[]) =>
    terms.map((id) => describeTerms([policy.terms[id] ?? { kind: 'any' }]) || 'any').join(' or ');
  return [
    ...(sources === null ? [] : [`from ${ends(sources)}`]),
    ...(destinations === null ? [] : [`to ${ends(destinations)}`]),
    ...(services === null ? [] : [`on ${serviceTexts(policy.serviceSets[services] ?? []).join(', ')}`]),
  ].join(' ');
}
