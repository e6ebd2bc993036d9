import type { EndOutcome, View } from '@bulkhead/model/decision.ts';
import { domainCovers } from '@bulkhead/model/domain-text.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { intervalsContain } from '@bulkhead/net/intervals.ts';
import { type Leg, legsOf } from './deciding/legs.ts';
import { type Between, rulesBetween } from './deciding/rule-finder.ts';
import { settle } from './deciding/settle.ts';
import { type Spot, spotOf } from './deciding/spots.ts';
import { type Estate, localLabels, ownerSeenFrom, usersAt } from './estate.ts';
import { isConditional, type Known, settleIdentity } from './identity.ts';
import { modeAt } from './language/modes.ts';
import type { PolicyException, PolicyRule } from './language/policy-rule.ts';
import type { Seen, TermId } from './language/terms.ts';
import type { Policy } from './policy.ts';
import { type Connection, type Endpoint, endpointText, type Probe, resolveProbe } from './probe.ts';
import { isProblem } from './problems.ts';

/** What one end says in both views. */
export type EndDecision = { readonly effective: EndOutcome; readonly intended: EndOutcome };

export type PairAnswer = {
  /** `name@address`, a name without address, an address, or a domain name. */
  readonly from: string;
  readonly to: string;
  /** The frontend of a virtual service that leads there, as `10.0.9.9 tcp/443`; absent: none. */
  readonly via?: string;
  readonly verdict: 'allow' | 'deny';
  readonly outbound: EndOutcome;
  readonly inbound: EndOutcome;
};

export type ViewAnswer = {
  readonly verdict: 'allow' | 'deny' | 'mixed';
  /** Of the first pair; null when mixed. */
  readonly outbound: EndOutcome | null;
  readonly inbound: EndOutcome | null;
  /** Every pair where they do not all answer alike or some lead through a virtual service, else empty. */
  readonly pairs: readonly PairAnswer[];
};

export type Answer = Readonly<Record<View, ViewAnswer>>;

const noEnforcer: EndOutcome = { verdict: 'none', rule: null, tier: null };
/** SPEC E7. */
export const undecided: EndDecision = { effective: noEnforcer, intended: noEnforcer };

/** The decision for what a person asks (SPEC E8-E10, V3). Problems: those of `resolveProbe`. */
export function decide(policy: Policy, estate: Estate, probe: Probe): Answer | Problem {
  const connections = resolveProbe(estate, probe, coversDomain(policy));
  if (isProblem(connections)) return connections;
  const decided = connections
    .flatMap((connection) => legsOf(policy, estate, connection))
    .map((leg) => ({ leg, ...decideLeg(policy, estate, leg) }));
  const inView = (view: View): ViewAnswer =>
    answer(
      decided.map(({ leg, outbound, inbound }) => {
        const [from, to] = [endpointText(leg.outbound.source), endpointText(leg.inbound.destination)];
        const [out, into] = [outbound[view], inbound[view]];
        const via = leg.via === null ? {} : { via: leg.via };
        return { from, to, ...via, verdict: passes(out, into), outbound: out, inbound: into };
      }),
    );
  return { effective: inView('effective'), intended: inView('intended') };
}

const domains = new WeakMap<Policy['terms'], readonly string[]>();

/** Whether some rule names a domain name, or one above it. */
export function coversDomain({ terms }: Policy): (domain: string) => boolean {
  const named = domains.get(terms) ?? terms.flatMap((term) => (term.kind === 'domain' ? [term.name] : []));
  domains.set(terms, named);
  return (domain) => named.some((name) => domainCovers(name, domain));
}

export function decideLeg(policy: Policy, estate: Estate, { outbound, inbound }: Leg) {
  return {
    outbound: decideEnd(policy, estate, { ...outbound, direction: 'outbound' }),
    inbound: decideEnd(policy, estate, { ...inbound, direction: 'inbound' }),
  };
}

/** A connection that ends where it is addressed to. */
export function decideConnection(policy: Policy, estate: Estate, connection: Connection) {
  return decideLeg(policy, estate, { outbound: connection, inbound: connection, via: null });
}

/** SPEC E6. */
export const passes = (outbound: EndOutcome, inbound: EndOutcome): 'allow' | 'deny' =>
  outbound.verdict === 'deny' || inbound.verdict === 'deny' ? 'deny' : 'allow';

export type EndQuestion = Connection & { readonly direction: Direction };

/** One end's decision: of the source for `outbound`, of the destination for `inbound`. */
export function decideEnd(policy: Policy, estate: Estate, question: EndQuestion): EndDecision {
  const host = (question.direction === 'outbound' ? question.source : question.destination).workload;
  if (host === null || !host.enforced) return undecided;
  const mode = modeAt(policy.modes, host, question.direction);
  return settle(policy, matchingRules(policy, estate, question), mode);
}

/** SPEC U1-U3. */
export function knownAt(policy: Policy, estate: Estate, { source, direction, who = {} }: EndQuestion): Known {
  const named = (process: string | undefined) => (process === undefined ? [] : [process]);
  if (direction === 'outbound')
    return { fromProcess: named(who.fromProcess), toProcess: undefined, users: [who.user ?? null] };
  const { network, address } = source;
  const users = address === null ? undefined : usersAt(estate, { network, address }, policy.now);
  return { fromProcess: undefined, toProcess: named(who.toProcess), users };
}

/** The rules that match at this end, in order of precedence. */
export function matchingRules(policy: Policy, estate: Estate, question: EndQuestion): PolicyRule[] {
  const plain = isConditional(policy) ? settleIdentity(policy, knownAt(policy, estate, question)) : policy;
  const seen = seenAt(estate, question);
  const [source, destination] = [spotOf(policy.terms, seen.source), spotOf(policy.terms, seen.destination)];
  const between = { source, destination, service: question.service };
  return speakingAt(policy, { ...between, rules: rulesBetween(plain, between) }, question.direction);
}

/** Of rules whose ends and services match those that speak at this end and except nothing. */
export function speakingAt(
  policy: Pick<Policy, 'serviceSets'>,
  { source, destination, service, rules }: Between & { readonly rules: readonly PolicyRule[] },
  direction: Direction,
): PolicyRule[] {
  if (rules.length === 0) return [];
  const otherEnd = direction === 'outbound' ? 'destination' : 'source';
  const anyMatches = (terms: readonly TermId[], spot: Spot): boolean => terms.some((id) => spot.terms.has(id));
  const serves = (set: number): boolean => intervalsContain(policy.serviceSets[set] ?? [], service);
  const excepted = ({ from, to, services }: PolicyException): boolean =>
    (from === null || anyMatches(from, source)) &&
    (to === null || anyMatches(to, destination)) &&
    (services === null || serves(services));
  return rules.filter((rule) => rule.at !== otherEnd && !rule.except.some(excepted));
}

/** What the deciding end sees of both. */
export function seenAt(estate: Estate, question: EndQuestion): { readonly source: Seen; readonly destination: Seen } {
  const outbound = question.direction === 'outbound';
  const local = seenLocally(estate, outbound ? question.source : question.destination);
  const peer = seenAsPeer(estate, question);
  return outbound ? { source: local, destination: peer } : { source: peer, destination: local };
}

function seenLocally(estate: Estate, { workload, address }: Endpoint): Seen {
  return { labels: workload === null ? null : localLabels(estate, workload, address), address };
}

/** SPEC D1, E11: what the host at the deciding end can tell of the other end. */
function seenAsPeer(estate: Estate, question: EndQuestion): Seen {
  const outbound = question.direction === 'outbound';
  const [host, peer] = outbound
    ? [question.source.workload, question.destination]
    : [question.destination.workload, question.source];
  return seenFrom(estate, host?.networks.includes(peer.network) ? host.networks : [peer.network], peer);
}

/** What can be told of an end in these networks. */
export function seenFrom(estate: Estate, networks: readonly string[], { workload, address, domain }: Endpoint): Seen {
  if (domain !== undefined) return { labels: null, address: null, domain };
  if (address === null) return { labels: workload?.labels ?? null, address: null };
  return { labels: ownerSeenFrom(estate, networks, address)?.labels ?? null, address };
}

function answer(pairs: readonly PairAnswer[]): ViewAnswer {
  const [first] = pairs;
  if (first === undefined) throw new Error('A probe stands for at least one pair');
  const alike = pairs.every(
    (pair) => sameOutcome(pair.outbound, first.outbound) && sameOutcome(pair.inbound, first.inbound),
  );
  const mixed = pairs.some(({ verdict }) => verdict !== first.verdict);
  if (mixed) return { verdict: 'mixed', outbound: null, inbound: null, pairs };
  const said = alike && pairs.every(({ via }) => via === undefined) ? [] : pairs;
  return { verdict: first.verdict, outbound: first.outbound, inbound: first.inbound, pairs: said };
}

export const sameOutcome = (a: EndOutcome, b: EndOutcome): boolean => a.verdict === b.verdict && a.rule === b.rule;
