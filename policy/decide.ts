import type { EndOutcome, View } from '@bulkhead/model/decision.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { intervalsContain } from '@bulkhead/net/intervals.ts';
import { type Estate, localLabels, ownerSeenFrom } from './estate.ts';
import { modeAt } from './modes.ts';
import type { Policy } from './policy.ts';
import type { PolicyException, PolicyRule } from './policy-rule.ts';
import { type Connection, type Endpoint, endpointText, type Probe, resolveProbe } from './probe.ts';
import { isProblem } from './problems.ts';
import { rulesBetween } from './rule-finder.ts';
import { settle } from './settle.ts';
import { type Seen, type TermId, termMatches } from './terms.ts';

/** What one end says in both views. */
export type EndDecision = { readonly effective: EndOutcome; readonly intended: EndOutcome };

export type PairAnswer = {
  /** `name@address`, a name without address, or an address. */
  readonly from: string;
  readonly to: string;
  readonly verdict: 'allow' | 'deny';
  readonly outbound: EndOutcome;
  readonly inbound: EndOutcome;
};

export type ViewAnswer = {
  readonly verdict: 'allow' | 'deny' | 'mixed';
  /** Of the first pair; null when mixed. */
  readonly outbound: EndOutcome | null;
  readonly inbound: EndOutcome | null;
  /** Every pair where they do not all answer alike, else empty. */
  readonly pairs: readonly PairAnswer[];
};

export type Answer = Readonly<Record<View, ViewAnswer>>;

const noEnforcer: EndOutcome = { verdict: 'none', rule: null, tier: null };

/** The decision for what a person asks (SPEC E8-E10). Problems: those of `resolveProbe`. */
export function decide(policy: Policy, estate: Estate, probe: Probe): Answer | Problem {
  const connections = resolveProbe(estate, probe);
  if (isProblem(connections)) return connections;
  const decided = connections.map((connection) => ({ connection, ...decideConnection(policy, estate, connection) }));
  const inView = (view: View): ViewAnswer =>
    answer(
      decided.map(({ connection, outbound, inbound }) => {
        const [from, to] = [endpointText(connection.source), endpointText(connection.destination)];
        return {
          from,
          to,
          verdict: passes(outbound[view], inbound[view]),
          outbound: outbound[view],
          inbound: inbound[view],
        };
      }),
    );
  return { effective: inView('effective'), intended: inView('intended') };
}

export function decideConnection(policy: Policy, estate: Estate, connection: Connection) {
  return {
    outbound: decideEnd(policy, estate, { ...connection, direction: 'outbound' }),
    inbound: decideEnd(policy, estate, { ...connection, direction: 'inbound' }),
  };
}

/** SPEC E6. */
export const passes = (outbound: EndOutcome, inbound: EndOutcome): 'allow' | 'deny' =>
  outbound.verdict === 'deny' || inbound.verdict === 'deny' ? 'deny' : 'allow';

export type EndQuestion = Connection & { readonly direction: Direction };

/** One end's decision: of the source for `outbound`, of the destination for `inbound`. */
export function decideEnd(policy: Policy, estate: Estate, question: EndQuestion): EndDecision {
  const host = (question.direction === 'outbound' ? question.source : question.destination).workload;
  if (host === null || !host.enforced) return { effective: noEnforcer, intended: noEnforcer };
  const mode = modeAt(policy.modes, host, question.direction);
  return settle(policy, matchingRules(policy, estate, question), mode);
}

/** The rules that match at this end, in order of precedence. */
export function matchingRules(policy: Policy, estate: Estate, question: EndQuestion): PolicyRule[] {
  const outbound = question.direction === 'outbound';
  const local = seenLocally(estate, outbound ? question.source : question.destination);
  const peer = seenAsPeer(estate, question);
  const [source, destination] = outbound ? [local, peer] : [peer, local];
  const otherEnd = outbound ? 'destination' : 'source';
  const anyMatches = (terms: readonly TermId[], seen: Seen): boolean =>
    terms.some((id) => {
      const term = policy.terms[id];
      return term !== undefined && termMatches(term, seen);
    });
  const serves = (set: number): boolean => intervalsContain(policy.serviceSets[set] ?? [], question.service);
  const excepted = ({ from, to, services }: PolicyException): boolean =>
    (from === null || anyMatches(from, source)) &&
    (to === null || anyMatches(to, destination)) &&
    (services === null || serves(services));
  const rules = rulesBetween(policy, { source, destination, service: question.service });
  return rules.filter((rule) => rule.at !== otherEnd && !rule.except.some(excepted));
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
  if (peer.address === null) return { labels: peer.workload?.labels ?? null, address: null };
  const networks = host?.networks.includes(peer.network) ? host.networks : [peer.network];
  return { labels: ownerSeenFrom(estate, networks, peer.address)?.labels ?? null, address: peer.address };
}

function answer(pairs: readonly PairAnswer[]): ViewAnswer {
  const [first] = pairs;
  if (first === undefined) throw new Error('A probe stands for at least one pair');
  const alike = pairs.every(
    (pair) => sameOutcome(pair.outbound, first.outbound) && sameOutcome(pair.inbound, first.inbound),
  );
  const mixed = pairs.some(({ verdict }) => verdict !== first.verdict);
  if (mixed) return { verdict: 'mixed', outbound: null, inbound: null, pairs };
  return { verdict: first.verdict, outbound: first.outbound, inbound: first.inbound, pairs: alike ? [] : pairs };
}

const sameOutcome = (a: EndOutcome, b: EndOutcome): boolean => a.verdict === b.verdict && a.rule === b.rule;
