import type { Decision } from '@bulkhead/model/decision.ts';
import { classLimit, type HostRulesetContent, identityLimit } from '@bulkhead/model/host-ruleset.ts';
import { compareAddresses } from '@bulkhead/model/host-ruleset-invariants.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Direction, ModeName } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { compareBytes } from './byte-order.ts';
import { type Estate, localLabels, type Workload } from './estate.ts';
import { nothingKnown, settleIdentity } from './identity.ts';
import {
  indexRules,
  type LocalRule,
  type LocalRules,
  localRules,
  type MatchingRule,
  type RuleIndex,
  rulesForPeer,
  rulesForServices,
} from './local-rules.ts';
import { modeAt } from './modes.ts';
import { buildDirectory, type Directory, identifyPeers, type Peers } from './peers.ts';
import { type Policy, withoutExpired } from './policy.ts';
import { isProblem, refusal } from './problems.ts';
import { type ClassOfServices, classifyServices, listClasses } from './service-classes.ts';
import { settle } from './settle.ts';
import { type EncodedTables, encodeTables, type Matrix } from './tables.ts';
import { indexTerms, matchTerms, type TermIndex } from './term-index.ts';
import type { TermId } from './terms.ts';
import { widenContent } from './widen.ts';

/** `now`: milliseconds since the epoch; rules that have expired by then are left out. */
export type CompileInput = { readonly estate: Estate; readonly policy: Policy; readonly now: number };

/** What hosts have in common is worked out once. */
type Workshop = {
  readonly estate: Estate;
  readonly policy: Policy;
  readonly terms: TermIndex;
  readonly rules: RuleIndex;
  readonly directories: Map<string, Directory>;
  /** By everything a body depends on: hosts of one segment share it. */
  readonly bodies: Map<string, Body | Problem>;
};

/** A host ruleset but for the host's own addresses. */
type Body = Omit<HostRulesetContent, 'ends'> & { readonly ends: ReadonlyMap<string, EndTables> };
type EndTables = Omit<HostRulesetContent['ends'][number], 'addresses'>;

/** Problems: `unknown-workload`, `no-enforcer`, `too-many-identities`, `too-many-classes`. */
export function compileHost(input: CompileInput, workloadName: string): HostRulesetContent | Problem {
  const workload = input.estate.byName.get(workloadName);
  if (workload === undefined)
    return cannotCompile(workloadName, 'unknown-workload', 'the estate has none of that name');
  return compileWorkload(openWorkshop(input), workload);
}

/** Every workload that has an enforcer, by name. */
export function compileAll(input: CompileInput): ReadonlyMap<string, HostRulesetContent | Problem> {
  const shop = openWorkshop(input);
  const enforced = input.estate.workloads.filter((workload) => workload.enforced);
  return new Map(enforced.map((workload) => [workload.name, compileWorkload(shop, workload)]));
}

/** SPEC K6: allows, effectively, what either side of a change allows. A host that is new has no `before`. */
export function compileWidened(
  before: CompileInput,
  after: CompileInput,
  workloadName: string,
): HostRulesetContent | Problem {
  const next = compileHost(after, workloadName);
  if (isProblem(next) || !before.estate.byName.has(workloadName)) return next;
  const previous = compileHost(before, workloadName);
  return isProblem(previous) ? previous : widenContent(previous, next);
}

function openWorkshop({ estate, policy: built, now }: CompileInput): Workshop {
  // SPEC U7: hosts do not tell processes and users apart yet.
  const policy = settleIdentity(withoutExpired(built, now), nothingKnown);
  const [terms, rules] = [indexTerms(policy.terms), indexRules(policy)];
  return { estate, policy, terms, rules, directories: new Map(), bodies: new Map() };
}

function compileWorkload(shop: Workshop, workload: Workload): HostRulesetContent | Problem {
  if (!workload.enforced) return cannotCompile(workload.name, 'no-enforcer', 'it is unmanaged');
  const elsewhere = localRulesAt(shop, workload, null);
  const groups = new Map<string, { readonly rules: LocalRules; readonly addresses: Address[] }>();
  const addresses = [...new Set(workload.addresses.map(({ address }) => address))].sort(compareAddresses);
  for (const address of addresses) {
    const rules = localRulesAt(shop, workload, address);
    if (rules.key === elsewhere.key) continue;
    const group = groups.get(rules.key) ?? { rules, addresses: [] };
    groups.set(rules.key, group);
    group.addresses.push(address);
  }
  const kinds = [...groups.values()].map(({ rules }) => rules).sort((a, b) => compareBytes(a.key, b.key));
  const body = sharedBody(shop, workload, [...kinds, elsewhere]);
  if (isProblem(body)) return { ...body, message: `Cannot compile "${workload.name}": ${body.message}` };
  const end = (key: string, own: readonly Address[]) => ({ addresses: own, ...(body.ends.get(key) as EndTables) });
  const listed = [...groups].map(([key, group]) => end(key, group.addresses));
  return { ...body, ends: [...listed, end(elsewhere.key, [])] };
}

/** Null: a local address the estate does not know (SPEC K4). */
function localRulesAt(shop: Workshop, workload: Workload, address: Address | null): LocalRules {
  const seen = { labels: localLabels(shop.estate, workload, address), address };
  return localRules(shop.policy, shop.rules, matchTerms(shop.terms, seen));
}

function sharedBody(shop: Workshop, workload: Workload, kinds: readonly LocalRules[]): Body | Problem {
  const inbound = modeAt(shop.policy.modes, workload, 'inbound');
  const outbound = modeAt(shop.policy.modes, workload, 'outbound');
  const key = JSON.stringify([workload.networks, inbound, outbound, kinds.map((kind) => kind.key)]);
  const known = shop.bodies.get(key);
  if (known !== undefined) return known;
  const body = buildBody(shop, { kinds, networks: workload.networks, modes: { inbound, outbound } });
  shop.bodies.set(key, body);
  return body;
}

type Segment = {
  /** What the host's addresses take part in; the last for addresses not known. */
  readonly kinds: readonly LocalRules[];
  readonly networks: readonly string[];
  readonly modes: Readonly<Record<Direction, ModeName>>;
};

const directions = ['inbound', 'outbound'] as const;

function buildBody(shop: Workshop, { kinds, networks, modes }: Segment): Body | Problem {
  const rules = kinds.flatMap((kind) => [...kind.inbound, ...kind.outbound]);
  const peers = identifyPeers(shop.policy.terms, peerTerms(rules), directoryOf(shop, networks));
  const classes = classifyServices(shop.policy.serviceSets, serviceSetsOf(rules));
  const crossed = crossedLimit(peers, classes.length - 1);
  if (crossed !== null) return crossed;
  const decideRow = (local: readonly LocalRule[], mode: ModeName): Matrix =>
    decisionRows({ policy: shop.policy, local, mode }, peers, classes);
  const matrices = kinds.flatMap((kind) => directions.map((direction) => decideRow(kind[direction], modes[direction])));
  const { decisions, tables } = encodeTables(matrices);
  const { identities, addresses, prefixes } = peers;
  const ends = endTables(kinds, tables);
  return { identities, addresses, prefixes, classes: listClasses(classes), decisions, ends };
}

function endTables(kinds: readonly LocalRules[], tables: EncodedTables['tables']): Body['ends'] {
  const pairs = kinds.map(({ key }, index) => {
    const [inbound, outbound] = tables.slice(2 * index, 2 * index + 2);
    if (inbound === undefined || outbound === undefined) throw new Error('There are two tables per end');
    return [key, { inbound, outbound }] as const;
  });
  return new Map(pairs);
}

type Judge = { readonly policy: Policy; readonly local: readonly LocalRule[]; readonly mode: ModeName };

/** Identities that the same rules and exceptions match share one row object. */
function decisionRows({ policy, local, mode }: Judge, peers: Peers, classes: readonly ClassOfServices[]): Matrix {
  const rows = new Map<string, readonly Decision[]>();
  const decided = new Map<string, Decision>();
  const decideClass = (matching: readonly MatchingRule[], { sets }: ClassOfServices): Decision => {
    const left = rulesForServices(matching, sets);
    const key = left.map(({ position }) => position).join(',');
    const rules = left.map(({ rule }) => rule.rule);
    const decision = decided.get(key) ?? settle(policy, rules, mode);
    decided.set(key, decision);
    return decision;
  };
  return peers.terms.map((terms) => {
    const matching = rulesForPeer(local, terms);
    const key = matching.map(({ position, holes }) => [position, ...holes].join('-')).join(',');
    const row = rows.get(key) ?? classes.map((services) => decideClass(matching, services));
    rows.set(key, row);
    return row;
  });
}

function peerTerms(rules: readonly LocalRule[]): TermId[] {
  return [...new Set(rules.flatMap(({ peers, except }) => [...peers, ...except.flatMap((e) => e.peers ?? [])]))];
}

function serviceSetsOf(rules: readonly LocalRule[]): number[] {
  return rules.flatMap(({ rule, except }) => [rule.services, ...except.flatMap(({ services }) => services ?? [])]);
}

function directoryOf(shop: Workshop, networks: readonly string[]): Directory {
  const key = JSON.stringify(networks);
  const directory = shop.directories.get(key) ?? buildDirectory(shop.estate, networks, shop.terms);
  shop.directories.set(key, directory);
  return directory;
}

/** SPEC K8. */
function crossedLimit(peers: Peers, classes: number): Problem | null {
  const counts = [
    { code: 'too-many-identities', what: 'identities of peers', count: peers.identities.length, limit: identityLimit },
    { code: 'too-many-classes', what: 'classes of services', count: classes, limit: classLimit },
  ];
  const over = counts.find(({ count, limit }) => count > limit);
  if (over === undefined) return null;
  const message = `its rules need ${over.count} ${over.what}, at most ${over.limit} are possible`;
  return refusal({ code: over.code, message, place: null });
}

function cannotCompile(name: string, code: string, why: string): Problem {
  return refusal({ code, message: `Cannot compile "${name}": ${why}, name a managed workload`, place: null });
}
