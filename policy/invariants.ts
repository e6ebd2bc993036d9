import type { Document, End, InvariantDocument, RulesetDocument, ServiceRef } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import type { Estate } from './estate.ts';
import { deniableServices } from './language/lifeline.ts';
import { buildPolicy, type Policy } from './policy.ts';
import { refusal } from './problems.ts';

/** Invariants as rules: one deny each, which is broken where a connection that it matches passes. */
export type InvariantRules = {
  /** Null where an invariant cannot be read; its rules are in the order of the invariants. */
  readonly policy: Policy | null;
  readonly problems: readonly Problem[];
};

const ruleset = 'invariants';
/** Modes are those of the policy that is asked about; working them out again would look at every workload. */
const without: readonly Document['kind'][] = ['Ruleset', 'Lifeline', 'Invariant', 'Mode'];
export const invariantId = (name: string): string => `${ruleset}/${name}`;

/**
 * Their ends, services and exceptions mean what those of rules mean, so they are read as rules are (SPEC I1).
 * Problems: `duplicate-name`, `not-provable`, and those of references. `documents`: everything they refer to.
 */
export function readInvariants(
  documents: readonly Document[],
  invariants: readonly InvariantDocument[],
  estate: Estate,
): InvariantRules {
  const problems = [...duplicates(invariants), ...invariants.flatMap(unprovable)];
  if (problems.length > 0) return { policy: null, problems };
  const others = documents
    .filter(({ kind }) => !without.includes(kind))
    // Whoever serves it: what must never be reached must not be by another process either.
    .map((document) => (document.kind === 'Service' ? { ...document, process: null } : document));
  const built = buildPolicy([...others, asRuleset(invariants)], estate, 0);
  if (built.policy === null) return { policy: null, problems: built.problems };
  const rules = built.policy.rules.filter(({ id }) => id.startsWith(`${ruleset}/`));
  return { policy: { ...built.policy, rules }, problems: [] };
}

function asRuleset(invariants: readonly InvariantDocument[]): RulesetDocument {
  const fixed = { verdict: 'deny', at: 'both', state: 'active', expires: null, reverify: null } as const;
  const rest = { ...fixed, acceptWider: false, owner: null, reason: null } as const;
  const everything = deniableServices().map((range) => ({ kind: 'range', range, text: 'all' }) as const);
  const served = (refs: readonly ServiceRef[] | null) =>
    refs?.flatMap((ref) => (isAll(ref) ? everything : [ref])) ?? everything;
  const rules = invariants.map(({ name, never, except, place }) => {
    const { from, to, services } = never;
    return { ...rest, name, from, to, services: served(services), except, place };
  });
  const place = invariants[0]?.place ?? { file: '', line: 1, column: 1 };
  return {
    kind: 'Ruleset',
    name: ruleset,
    tier: 'emergency',
    state: 'active',
    scopes: { kind: 'list', selectors: [] },
    rules,
    place,
  };
}

/** Nothing can deny neighbour discovery: an invariant about all services would never hold. */
const isAll = (ref: ServiceRef): boolean =>
  ref.kind === 'range' && ref.range.first === allServices.first && ref.range.last === allServices.last;

function duplicates(invariants: readonly InvariantDocument[]): Problem[] {
  const names = new Set<string>();
  return invariants.flatMap(({ name, place }) => {
    if (!names.has(name)) {
      names.add(name);
      return [];
    }
    const message = `Cannot use invariant "${name}": the name is taken, each invariant needs a name of its own`;
    return [refusal({ code: 'duplicate-name', message, place })];
  });
}

/** Who the ends are is not part of a cell, and an address behind a name is not known beforehand. */
function unprovable({ name, never, except, place }: InvariantDocument): Problem[] {
  const ends = [never.from, never.to, ...except.flatMap(({ from, to }) => [from ?? [], to ?? []])].flat();
  const what = ends.flatMap((end) => unprovableEnd(end) ?? [])[0];
  if (what === undefined) return [];
  const message = `Cannot prove invariant "${name}": it asks for ${what}, ends are selectors, prefixes, ip lists or any`;
  return [refusal({ code: 'not-provable', message, place })];
}

function unprovableEnd(end: End): string | null {
  if (end.kind === 'domain') return 'a domain name';
  if (end.kind === 'virtualService') return 'a virtual service';
  return end.identity === null ? null : 'a process or a user';
}
