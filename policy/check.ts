import type { Document } from '@bulkhead/model/documents.ts';
import { portKey } from '@bulkhead/model/port-name.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import { indexTerms, matchTerms } from './deciding/term-index.ts';
import { buildEstate, type Estate } from './estate.ts';
import { readInvariants } from './invariants.ts';
import { addressSet, isEmptyAddressSet } from './language/address-set.ts';
import { checkLabels } from './language/check-labels.ts';
import { checkEnforceable } from './language/enforceable.ts';
import type { PolicyRule } from './language/policy-rule.ts';
import { portValuesOf } from './language/port-names.ts';
import { expandScopes } from './language/scopes.ts';
import type { TermId } from './language/terms.ts';
import { buildPolicy, type Policy } from './policy.ts';
import { warning } from './problems.ts';

/**
 * Everything wrong with documents that parsed: the problems of building and of enforcing, and as warnings what is valid
 * but hardly meant (`selects-nothing`, `no-instances`, `unknown-port-name`, `empty-ip-list`, `expired`, `undeclared-label`). `now`: milliseconds.
 */
export function checkPolicy(documents: readonly Document[], now: number): Problem[] {
  const { estate, problems: ofEstate } = buildEstate(documents);
  const { policy, problems: ofPolicy } = buildPolicy(documents, estate, now);
  const found = [
    ...(policy === null ? [] : checkEnds(documents, estate, policy)),
    ...(policy === null ? [] : checkEnforceable({ documents, estate, policy })),
    ...checkInstances(documents, estate),
    ...checkPortNames(documents, estate),
    ...checkIpLists(documents),
    ...checkExpiry(documents, now),
    ...checkLabels(documents),
    ...checkInvariants(documents, estate),
  ];
  return [...ofEstate, ...ofPolicy, ...found];
}

/** SPEC R7: over all scopes of a rule together, and only for ends that name nothing but workloads. */
function checkEnds(documents: readonly Document[], estate: Estate, policy: Policy): Problem[] {
  const index = indexTerms(policy.terms);
  const alive = new Set<TermId>();
  for (const { labels } of estate.workloads)
    for (const id of matchTerms(index, { labels, address: null })) alive.add(id);
  const idle = (id: TermId) => policy.terms[id]?.kind === 'workloads' && !alive.has(id);
  const places = rulePlaces(documents);
  const byRule = Map.groupBy(policy.rules, ({ id }) => id);
  return [...byRule].flatMap(([id, instances]) => {
    const place = places.get(id);
    if (place === undefined) return [];
    const empty = (['from', 'to'] as const).filter((side) =>
      instances.every((rule: PolicyRule) => rule[side].every(idle)),
    );
    return empty.map((side) => {
      const message = `Cannot match anything with "${id}": its "${side}" selects no workload of the estate, correct it or label one`;
      return warning({ code: 'selects-nothing', message, place });
    });
  });
}

function checkInstances(documents: readonly Document[], estate: Estate): Problem[] {
  return documents.flatMap((document) => {
    if (document.kind !== 'Ruleset' || document.scopes.kind !== 'each') return [];
    if (expandScopes(document, estate).length > 0) return [];
    const keys = document.scopes.keys.join(', ');
    const message = `Cannot apply ruleset "${document.name}": no workload has all labels of "each" (${keys}), correct the keys or label one`;
    return [warning({ code: 'no-instances', message, place: document.place })];
  });
}

/** SPEC R11: a slip of the pen, or the workloads are yet to come. */
function checkPortNames(documents: readonly Document[], estate: Estate): Problem[] {
  const values = portValuesOf(estate);
  return documents.flatMap((document) => {
    if (document.kind !== 'Ruleset') return [];
    return document.rules.flatMap(({ name, services, place }) => {
      const unknown = services.find((ref) => ref.kind === 'portName' && values(portKey(ref)).length === 0);
      if (unknown?.kind !== 'portName') return [];
      const message = `Cannot match anything with "${unknown.text}" of "${document.name}/${name}": no workload of the estate has a port of that name, correct it or name one`;
      return [warning({ code: 'unknown-port-name', message, place })];
    });
  });
}

function checkIpLists(documents: readonly Document[]): Problem[] {
  return documents.flatMap((document) => {
    if (document.kind !== 'IpList' || document.names.length > 0) return [];
    if (!isEmptyAddressSet(addressSet(document.prefixes, document.except))) return [];
    const message = `Cannot match anything with ip list "${document.name}": no address is left in it, add a prefix`;
    return [warning({ code: 'empty-ip-list', message, place: document.place })];
  });
}

/** What cannot be proved is said before somebody asks for a proof. */
function checkInvariants(documents: readonly Document[], estate: Estate): readonly Problem[] {
  const invariants = documents.filter((document) => document.kind === 'Invariant');
  return invariants.length === 0 ? [] : readInvariants(documents, invariants, estate).problems;
}

function checkExpiry(documents: readonly Document[], now: number): Problem[] {
  return documents.flatMap((document) => {
    if (document.kind !== 'Ruleset') return [];
    const expired = document.rules.filter(({ expires }) => expires !== null && expires <= now);
    return expired.map(({ name, place }) => {
      const message = `Cannot use rule "${document.name}/${name}": it has expired, remove it or give it a later date`;
      return warning({ code: 'expired', message, place });
    });
  });
}

function rulePlaces(documents: readonly Document[]): Map<string, Place> {
  const rulesets = documents.filter((document) => document.kind === 'Ruleset');
  return new Map(
    rulesets.flatMap((document) =>
      document.rules.map(({ name, place }) => [`${document.name}/${name}`, place] as const),
    ),
  );
}
