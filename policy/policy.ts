import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Document, VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Intervals } from '@bulkhead/net/intervals.ts';
import type { Estate } from './estate.ts';
import { expandRules, ServiceSets } from './language/expand.ts';
import { settleLabelGroups } from './language/label-groups.ts';
import { buildModes, type Modes } from './language/modes.ts';
import type { PolicyRule } from './language/policy-rule.ts';
import { portValuesOf } from './language/port-names.ts';
import type { Term } from './language/terms.ts';
import { buildTiers, type Tier } from './language/tiers.ts';
import { withFrontends } from './language/virtual-services.ts';

/**
 * All rules that may ever match, expanded over scopes.
 * INVARIANT: rules stand in order of tier, then deny, allow, pass, then id in byte order: of the rules that match a
 * connection, the first one of the deciding tier is the one that decides and the one that is named.
 */
export type Policy = {
  readonly tiers: readonly Tier[];
  readonly rules: readonly PolicyRule[];
  readonly terms: readonly Term[];
  readonly serviceSets: readonly Intervals[];
  /** By workload name. */
  readonly modes: ReadonlyMap<string, Modes>;
  /** When the next rule expires; null: none ever does (SPEC X2). */
  readonly nextExpiry: number | null;
  /** Milliseconds since the epoch: what is valid then is valid in it. */
  readonly now: number;
  /** Their members, and each of their addresses and ports, are among the terms and service sets. */
  readonly virtualServices: readonly VirtualServiceDocument[];
};

/**
 * `policy` is null where something it says cannot be resolved. Errors beside a policy (a mode conflict) leave it
 * usable, in its stricter reading, but unfit to be provisioned.
 */
export type BuiltPolicy = { readonly policy: Policy | null; readonly problems: readonly Problem[] };

/** `now`: milliseconds since the epoch. Takes every kind of document but those of estates, tests and proofs. */
export function buildPolicy(said: readonly Document[], estate: Estate, now: number): BuiltPolicy {
  const { documents, problems: groupProblems } = settleLabelGroups(said);
  const { tiers, problems: tierProblems } = buildTiers(documents);
  const terms: Term[] = [];
  const services = new ServiceSets();
  const tables = { term: (term: Term) => terms.push(term) - 1, services: (set: Intervals) => services.intern(set) };
  const expanded = expandRules(documents, { estate, tiers, tables, portValues: portValuesOf(estate) });
  const { modes, problems: modeProblems } = buildModes(documents, estate);
  const unresolved = [...groupProblems, ...tierProblems, ...expanded.problems];
  const problems = [...unresolved, ...modeProblems];
  if (unresolved.length > 0) return { policy: null, problems };
  const rules = [...expanded.rules].sort(byPrecedence);
  const virtualServices = documents.filter((document) => document.kind === 'VirtualService');
  const told = withFrontends({ terms, serviceSets: services.sets }, virtualServices);
  const built = { tiers, rules, ...told, modes, virtualServices, nextExpiry: null, now };
  return { policy: withoutExpired(built, now), problems };
}

/** SPEC X1. */
export function withoutExpired(policy: Policy, now: number): Policy {
  const rules = policy.rules.filter(({ expires }) => expires === null || expires > now);
  let nextExpiry: number | null = null;
  for (const { expires } of rules) {
    if (expires !== null && (nextExpiry === null || expires < nextExpiry)) nextExpiry = expires;
  }
  return { ...policy, rules, nextExpiry, now };
}

const verdictOrder = { deny: 0, allow: 1, pass: 2 };

/** The order of `Policy.rules`; instances that it does not tell apart decide alike. */
export function byPrecedence(a: PolicyRule, b: PolicyRule): number {
  return (
    a.tier - b.tier ||
    verdictOrder[a.verdict] - verdictOrder[b.verdict] ||
    compareBytes(a.id, b.id) ||
    compareBytes(a.instance ?? '', b.instance ?? '')
  );
}
