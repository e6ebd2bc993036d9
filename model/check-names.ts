import type { Document, End, IpListDocument, ServiceRef, TestLine } from './documents.ts';
import { type Finding, problemOf } from './finding.ts';
import { suggest } from './nearest.ts';
import type { BrokenDocument, DocumentKind } from './parse.ts';
import type { Place, Problem } from './problem.ts';
import { type Clause, clausesOf } from './rule-parts.ts';
import { parseServiceText, unknownService } from './service-text.ts';

type NamedKind = 'Service' | 'IpList' | 'UserGroup' | 'VirtualService';
type Known = {
  readonly [K in NamedKind]: ReadonlySet<string>;
} & { /** Ip lists that hold domain names. */ readonly withNames: ReadonlyMap<string, IpListDocument> };

/** Names that rules, invariants and tests use for something that no document declares. */
export function checkNames(documents: readonly Document[], broken: readonly BrokenDocument[]): Problem[] {
  const known = knownNames(documents, broken);
  return documents.flatMap((document) => {
    if (document.kind === 'Test')
      return [...document.allow, ...document.deny].flatMap((line) => checkTestLine(line, known));
    return clausesOf(document).flatMap((clause) => checkClause(clause, known));
  });
}

/** Names of kinds that something may refer to, those of broken documents too. */
export function namesOf(
  kind: DocumentKind,
  documents: readonly Document[],
  broken: readonly BrokenDocument[],
): ReadonlySet<string> {
  return new Set(
    [...documents, ...broken].flatMap((each) => (each.kind === kind && 'name' in each ? [each.name] : [])),
  );
}

function knownNames(documents: readonly Document[], broken: readonly BrokenDocument[]): Known {
  const names = (kind: NamedKind): ReadonlySet<string> => namesOf(kind, documents, broken);
  const lists = documents.filter((document) => document.kind === 'IpList');
  return {
    Service: names('Service'),
    IpList: names('IpList'),
    UserGroup: names('UserGroup'),
    VirtualService: names('VirtualService'),
    withNames: new Map(lists.flatMap((list) => (list.names.length > 0 ? [[list.name, list]] : []))),
  };
}

function checkClause({ named, unnamed, services }: Clause, known: Known): Problem[] {
  return [
    ...services.flatMap((service) => checkService(service, known)),
    ...named.flatMap((end) => checkEnd(end, known)),
    ...unnamed.flatMap((end) => [...checkEnd(end, known), ...checkUnnamed(end, known)]),
  ];
}

function checkService(service: ServiceRef, known: Known): Problem[] {
  if (service.kind !== 'service' || known.Service.has(service.name)) return [];
  return [problemOf(unknownService(service.name, known.Service), service.place)];
}

function checkTestLine(line: TestLine, known: Known): Problem[] {
  const read = parseServiceText(line.service);
  if (read.kind !== 'name' || known.Service.has(read.name)) return [];
  return [problemOf(unknownService(read.name, known.Service), line.place)];
}

function checkEnd(end: End, known: Known): Problem[] {
  const user = end.identity?.user ?? null;
  return [
    ...(end.kind === 'ipList' ? checkReference('IpList', end, known) : []),
    ...(end.kind === 'virtualService' ? checkReference('VirtualService', end, known) : []),
    ...(user?.kind === 'group' ? checkReference('UserGroup', user, known) : []),
  ];
}

type Use = { readonly name: string; readonly place: Place };

const codes = {
  IpList: 'unknown-ip-list',
  UserGroup: 'unknown-user-group',
  VirtualService: 'unknown-virtual-service',
} as const;

function checkReference(kind: keyof typeof codes, { name, place }: Use, known: Known): Problem[] {
  if (known[kind].has(name)) return [];
  return [problemOf(unknownName({ kind, code: codes[kind], name }, known[kind]), place)];
}

/** `kind` as it stands in the documents. */
export function unknownName(
  { kind, code, name }: { readonly kind: DocumentKind; readonly code: string; readonly name: string },
  known: ReadonlySet<string>,
): Finding {
  const hint = suggest(name, [...known]);
  const [so, needed] = [`no ${kind} has that name`, 'one of that name is needed'];
  const finding = { code, cannot: `find the ${kind}`, value: name, so, needed };
  return hint === undefined ? finding : { ...finding, hint };
}

function checkUnnamed(end: End, { withNames }: Known): Problem[] {
  const list = end.kind === 'ipList' ? withNames.get(end.name) : undefined;
  return list === undefined || end.kind !== 'ipList' ? [] : [problemOf(namesElsewhere(list), end.place)];
}

function namesElsewhere({ name, names }: IpListDocument): Finding {
  return {
    code: 'domain-elsewhere',
    cannot: 'use the IpList here',
    value: name,
    so: `it holds domain names such as ${names[0]}`,
    needed: 'one without names is needed anywhere but in the "to" of an allow rule',
  };
}
