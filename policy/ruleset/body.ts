import type { Decision } from '@bulkhead/model/decision.ts';
import { classLimit, type HostRulesetContent, identityLimit } from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Direction, ModeName } from '@bulkhead/model/words.ts';
import { settle } from '../deciding/settle.ts';
import type { TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';
import { refusal } from '../problems.ts';
import { type LocalRule, type LocalRules, type MatchingRule, rulesForPeer, rulesForServices } from './local-rules.ts';
import type { Peers } from './peers.ts';
import { type ClassOfServices, classifyServices, listClasses } from './service-classes.ts';
import { type EncodedTables, encodeTables, type Matrix } from './tables.ts';

/** A host ruleset but for the host's own addresses: what all hosts of one segment share. Ends by the key of their rules. */
export type Body = Omit<HostRulesetContent, 'ends'> & { readonly ends: ReadonlyMap<string, EndTables> };
export type EndTables = Omit<HostRulesetContent['ends'][number], 'addresses'>;

export type Segment = {
  /** What the host's addresses take part in; the last for addresses not known. Rules in order of precedence. */
  readonly kinds: readonly LocalRules[];
  readonly modes: Readonly<Record<Direction, ModeName>>;
};

type Laws = Pick<Policy, 'tiers' | 'serviceSets'>;

const directions = ['inbound', 'outbound'] as const;

/** Problems: `too-many-identities`, `too-many-classes`. Cost: identities x classes x ends, less what rows share. */
export function buildBody(laws: Laws, { kinds, modes }: Segment, peers: Peers): Body | Problem {
  const rules = kinds.flatMap((kind) => [...kind.inbound, ...kind.outbound]);
  const classes = classifyServices(laws.serviceSets, serviceSetsOf(rules));
  const crossed = crossedLimit(peers, classes.length - 1);
  if (crossed !== null) return crossed;
  const decideRow = (local: readonly LocalRule[], mode: ModeName): Matrix =>
    decisionRows({ laws, local, mode }, peers, classes);
  const matrices = kinds.flatMap((kind) => directions.map((direction) => decideRow(kind[direction], modes[direction])));
  const { decisions, tables } = encodeTables(matrices);
  const { identities, addresses, prefixes } = peers;
  const ends = endTables(kinds, tables);
  return { identities, addresses, prefixes, classes: listClasses(classes), decisions, ends };
}

/** The terms by which the rules tell peers apart, those of exceptions included. */
export function peerTerms(kinds: readonly LocalRules[]): Set<TermId> {
  const terms = new Set<TermId>();
  for (const kind of kinds) {
    for (const direction of directions) {
      for (const { peers, except } of kind[direction]) {
        for (const term of peers) terms.add(term);
        for (const exception of except) for (const term of exception.peers ?? []) terms.add(term);
      }
    }
  }
  return terms;
}

function endTables(kinds: readonly LocalRules[], tables: EncodedTables['tables']): Body['ends'] {
  const pairs = kinds.map(({ key }, index) => {
    const [inbound, outbound] = tables.slice(2 * index, 2 * index + 2);
    if (inbound === undefined || outbound === undefined) throw new Error('There are two tables per end');
    return [key, { inbound, outbound }] as const;
  });
  return new Map(pairs);
}

type Judge = { readonly laws: Laws; readonly local: readonly LocalRule[]; readonly mode: ModeName };

/** Identities that the same rules and exceptions match share one row object. */
function decisionRows({ laws, local, mode }: Judge, peers: Peers, classes: readonly ClassOfServices[]): Matrix {
  const rows = new Map<string, readonly Decision[]>();
  const decided = new Map<string, Decision>();
  const decideClass = (matching: readonly MatchingRule[], { sets }: ClassOfServices): Decision => {
    const left = rulesForServices(matching, sets);
    const key = left.map(({ position }) => position).join(',');
    const rules = left.map(({ rule }) => rule.rule);
    const decision = decided.get(key) ?? settle(laws, rules, mode);
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

function serviceSetsOf(rules: readonly LocalRule[]): number[] {
  return rules.flatMap(({ rule, except }) => [rule.services, ...except.flatMap(({ services }) => services ?? [])]);
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
