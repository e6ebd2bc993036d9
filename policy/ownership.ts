import type { Document, End, OwnershipDocument, Rule, RulesetDocument, Selector } from '@bulkhead/model/documents.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import { clausesOf, selectorsOf } from '@bulkhead/model/rule-parts.ts';
import { groupNamesIn, settleLabelGroups } from './language/label-groups.ts';
import { liesIn } from './language/lies-in.ts';
import { refusal } from './problems.ts';

/**
 * What stands in an owned directory and may not (SPEC O1-O5). `pathOf`: the path of a file below the policy's directory;
 * null: it lies in none. Problems: `duplicate-directory`, `kind-not-owned`, `tier-not-owned`, `outside-scope`,
 * `used-elsewhere`.
 */
export function checkOwnership(
  said: readonly Document[],
  pathOf: (file: string) => string | null = (file) => file,
): Problem[] {
  const ownerships = said.filter((document) => document.kind === 'Ownership');
  if (ownerships.length === 0) return [];
  // A group is what it stands for: whoever may change its values may move what is inside of a scope.
  const { documents } = settleLabelGroups(said);
  const owned = ownedBy(documents);
  const placed = documents.map((document) => ({ document, ownership: owned(pathOf(document.place.file)) }));
  return [
    ...duplicates(ownerships),
    ...placed.flatMap(({ document, ownership }) => (ownership === null ? [] : checkOwned(document, ownership))),
    ...usedElsewhere(said, (document) => owned(pathOf(document.place.file))),
  ];
}

export type Owned = (path: string | null) => OwnershipDocument | null;

/** SPEC O1. Of documents whose label groups are settled. */
export function ownedBy(documents: readonly Document[]): Owned {
  const directories = new Map<string, OwnershipDocument>();
  for (const document of documents)
    if (document.kind === 'Ownership' && !directories.has(document.directory))
      directories.set(document.directory, document);
  return (path) => {
    const parts = (path ?? '').split('/').slice(0, -1);
    for (let depth = parts.length; depth > 0; depth--) {
      const found = directories.get(parts.slice(0, depth).join('/'));
      if (found !== undefined) return found;
    }
    return null;
  };
}

function duplicates(ownerships: readonly OwnershipDocument[]): Problem[] {
  const seen = new Map<string, OwnershipDocument>();
  return ownerships.flatMap((ownership) => {
    const first = seen.get(ownership.directory);
    if (first === undefined) {
      seen.set(ownership.directory, ownership);
      return [];
    }
    const message = `Cannot give the directory "${ownership.directory}" to owners: ownership "${first.name}" has it, one directory each is needed`;
    return [refusal({ code: 'duplicate-directory', message, place: ownership.place })];
  });
}

/** SPEC O2-O5. A VirtualService answers for an address without its owner being asked, so it is not here. */
function checkOwned(document: Document, ownership: OwnershipDocument): Problem[] {
  switch (document.kind) {
    case 'Ruleset':
      return checkRuleset(document, ownership);
    case 'Mode':
      return checkSelector('selector of Mode', document.selector, { ...document, ownership });
    case 'Service':
    case 'IpList':
    case 'LabelGroup':
    case 'UserGroup':
    case 'Test':
    case 'Invariant':
      return [];
    default: {
      const message = `Cannot have a ${document.kind} in "${ownership.directory}": it holds for everybody, an administrator's file outside of owned directories is needed`;
      return [refusal({ code: 'kind-not-owned', message, place: document.place })];
    }
  }
}

/** SPEC O3. */
function checkRuleset(ruleset: RulesetDocument, ownership: OwnershipDocument): Problem[] {
  const { name, tier, scopes, place } = ruleset;
  const problems: Problem[] = [];
  if (!ownership.tiers.includes(tier)) {
    const message = `Cannot have ruleset "${name}" in tier "${tier}": ownership "${ownership.name}" has ${ownership.tiers.join(', ')}, one of these is needed`;
    problems.push(refusal({ code: 'tier-not-owned', message, place }));
  }
  if (scopes.kind === 'each' || scopes.selectors.length === 0) {
    const so = scopes.kind === 'each' ? 'it speaks for every combination of its keys' : 'it has no scope';
    const message = `Cannot have ruleset "${name}" in "${ownership.directory}": ${so}, scopes inside of "${ownership.scope.text}" are needed`;
    return [...problems, refusal({ code: 'outside-scope', message, place, hint: hintOf(ownership) })];
  }
  const what = `scope of ruleset "${name}"`;
  const scopeProblems = scopes.selectors.flatMap((selector) => checkSelector(what, selector, { place, ownership }));
  return [...problems, ...scopeProblems, ...ruleset.rules.flatMap((rule) => checkRule(rule, { ruleset, ownership }))];
}

type Owning = { readonly ruleset: RulesetDocument; readonly ownership: OwnershipDocument };

/** SPEC O4. */
function checkRule(rule: Rule, { ruleset, ownership }: Owning): Problem[] {
  const isOurs = (end: End) => end.kind === 'selector' && (end.scoped || isInside(end.selector, ownership));
  if (rule.to.every(isOurs) || (rule.at === 'source' && rule.from.every(isOurs))) return [];
  const speaks = rule.from.every(isOurs) ? ', or at: source' : '';
  const message = `Cannot have rule "${ruleset.name}/${rule.name}" in "${ownership.directory}": it speaks for workloads outside of "${ownership.scope.text}", a "to" inside of it${speaks} is needed`;
  return [refusal({ code: 'outside-scope', message, place: rule.place, hint: hintOf(ownership) })];
}

const isInside = (selector: Selector, { scope }: OwnershipDocument): boolean =>
  liesIn(selector.requirements, scope.requirements);

type At = { readonly place: Place; readonly ownership: OwnershipDocument };

function checkSelector(what: string, selector: Selector, { place, ownership }: At): Problem[] {
  if (isInside(selector, ownership)) return [];
  const message = `Cannot have the ${what} "${selector.text}" in "${ownership.directory}": it reaches outside of "${ownership.scope.text}", a selector inside of it is needed`;
  return [refusal({ code: 'outside-scope', message, place, hint: hintOf(ownership) })];
}

const hintOf = ({ scope }: OwnershipDocument): string =>
  scope.text === '' ? 'begin with scopes: [""]' : `begin with scopes: ["${scope.text}"]`;

/** What rules of others would change with, if its owners changed it (SPEC O2). */
function usedElsewhere(
  documents: readonly Document[],
  owned: (document: Document) => OwnershipDocument | null,
): Problem[] {
  const homes = new Map<string, OwnershipDocument>();
  for (const document of documents) {
    const home = owned(document);
    if (home !== null && 'name' in document) homes.set(keyOf(document.kind, document.name), home);
  }
  return documents.flatMap((document) =>
    namesIn(document).flatMap(({ key, kind, name }) => {
      const home = homes.get(key);
      if (home === undefined || home.directory === owned(document)?.directory) return [];
      const message = `Cannot use ${kind} "${name}" here: it stands in "${home.directory}", which others own, one outside of owned directories is needed`;
      return [refusal({ code: 'used-elsewhere', message, place: document.place })];
    }),
  );
}

type Name = { readonly key: string; readonly kind: Document['kind']; readonly name: string };

const keyOf = (kind: Document['kind'], name: string): string => `${kind} ${name}`;
const nameOf = (kind: Document['kind'], name: string): Name => ({ key: keyOf(kind, name), kind, name });

/** Every other document that a document names, each once. */
function namesIn(document: Document): readonly Name[] {
  const names = clausesOf(document).flatMap(({ named, unnamed, services }) => [
    ...[...named, ...unnamed].flatMap(namesOfEnd),
    ...services.flatMap((service) => (service.kind === 'service' ? [nameOf('Service', service.name)] : [])),
  ]);
  const groups = selectorsOf(document).flatMap(({ selector }) => groupNamesIn(selector.requirements));
  const nested = document.kind === 'LabelGroup' ? document.groups.map(({ name }) => name) : [];
  const all = [...names, ...[...groups, ...nested].map((name) => nameOf('LabelGroup', name))];
  return [...new Map(all.map((name) => [name.key, name])).values()];
}

function namesOfEnd(end: End): readonly Name[] {
  const { identity } = end;
  const group = identity?.user?.kind === 'group' ? [nameOf('UserGroup', identity.user.name)] : [];
  if (end.kind === 'ipList') return [nameOf('IpList', end.name), ...group];
  return group;
}
