import { classLimit, type HostRulesetContent, identityLimit, nameLimit } from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Direction, ModeName } from '@bulkhead/model/words.ts';
import type { TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';
import { refusal } from '../problems.ts';
import { type LocalRule, type LocalRules, type MatchingRule, rulesForPeer, rulesForServices } from './local-rules.ts';
import type { NamedDecision } from './named-decision.ts';
import type { Peers } from './peers.ts';
import { type ClassOfServices, classifyServices, listClasses } from './service-classes.ts';
import { type Candidate, settleNamed } from './settle-names.ts';
import { type EncodedTables, encodeTables, type Matrix } from './tables.ts';

/** A host ruleset but for the host's own addresses: what all hosts of one segment share. Ends by the key of their rules. */
export type Body = Omit<HostRulesetContent, 'ends'> & { readonly ends: ReadonlyMap<string, EndTables> };
export type EndTables = Omit<HostRulesetContent['ends'][number], 'addresses'>;

export type Segment = {
  /** What the host's addresses take part in; the last for addresses not known. Rules in order of precedence. */
  readonly kinds: readonly LocalRules[];
  readonly modes: Readonly<Record<Direction, ModeName>>;
};

export type Laws = Pick<Policy, 'tiers' | 'serviceSets' | 'terms'>;

const directions = ['inbound', 'outbound'] as const;

/** Problems: `too-many-identities`, `too-many-classes`, `too-many-names`. Cost: identities x classes x ends, less what rows share. */
export function buildBody(laws: Laws, { kinds, modes }: Segment, peers: Peers): Body | Problem {
  const rules = kinds.flatMap((kind) => [...kind.inbound, ...kind.outbound]);
  const classes = classifyServices(laws.serviceSets, serviceSetsOf(rules));
  const crossed =
    crossedLimit('identities', peers.identities.length, identityLimit) ??
    crossedLimit('classes', classes.length - 1, classLimit);
  if (crossed !== null) return crossed;
  const decideRow = (local: readonly LocalRule[], mode: ModeName): Matrix =>
    decisionRows({ laws, local, mode }, peers, classes);
  const matrices = kinds.flatMap((kind) => directions.map((direction) => decideRow(kind[direction], modes[direction])));
  const { names, decisions, tables } = encodeTables(matrices);
  const crowded = crossedLimit('names', names.length, nameLimit);
  if (crowded !== null) return crowded;
  const { identities, addresses, prefixes } = peers;
  const ends = endTables(kinds, tables);
  const listed = { identities, addresses, prefixes, classes: listClasses(classes) };
  return { ...listed, ...(names.length === 0 ? {} : { names }), decisions, ends };
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
  const rows = new Map<string, readonly NamedDecision[]>();
  const decided = new Map<string, NamedDecision>();
  const names = namesOf(laws.terms, local);
  const decideClass = (matching: readonly PeerRule[], { sets }: ClassOfServices): NamedDecision => {
    const left = rulesForServices(matching, sets);
    const key = left.map(({ position, names: needed }) => (needed === null ? position : -1 - position)).join(',');
    const decision = decided.get(key) ?? settleNamed(laws, left.map(candidate), mode);
    decided.set(key, decision);
    return decision;
  };
  return peers.terms.map((terms) => {
    const matching = matchingRules(local, terms, names);
    const key = matching
      .map(({ position, holes, names: needed }) => [needed === null ? position : `n${position}`, ...holes].join('-'))
      .join(',');
    const row = rows.get(key) ?? classes.map((services) => decideClass(matching, services));
    rows.set(key, row);
    return row;
  });
}

/** `names`: as in `Candidate`. */
type PeerRule = MatchingRule & Pick<Candidate, 'names'>;

const candidate = ({ rule, names }: PeerRule): Candidate => ({ rule: rule.rule, names });

/** By the term of the name. */
function namesOf(terms: Policy['terms'], local: readonly LocalRule[]): ReadonlyMap<TermId, string> {
  const names = new Map<TermId, string>();
  for (const { peers } of local) {
    for (const id of peers) {
      const term = terms[id];
      if (term?.kind === 'domain') names.set(id, term.name);
    }
  }
  return names;
}

/** Those that match the peer, and those that would if it were an address of a name. */
function matchingRules(
  local: readonly LocalRule[],
  terms: ReadonlySet<TermId>,
  names: ReadonlyMap<TermId, string>,
): PeerRule[] {
  if (names.size === 0) return rulesForPeer(local, terms).map((matching) => ({ ...matching, names: null }));
  return rulesForPeer(local, new Set([...terms, ...names.keys()])).map((matching) => {
    const { peers } = matching.rule;
    const anyway = peers.some((term) => terms.has(term));
    return { ...matching, names: anyway ? null : peers.flatMap((term) => names.get(term) ?? []) };
  });
}

function serviceSetsOf(rules: readonly LocalRule[]): number[] {
  return rules.flatMap(({ rule, except }) => [rule.services, ...except.flatMap(({ services }) => services ?? [])]);
}

const limited = { identities: 'identities of peers', classes: 'classes of services', names: 'domain names' } as const;

/** SPEC K8. */
function crossedLimit(of: keyof typeof limited, count: number, limit: number): Problem | null {
  if (count <= limit) return null;
  const message = `its rules need ${count} ${limited[of]}, at most ${limit} are possible`;
  return refusal({ code: `too-many-${of}`, message, place: null });
}
