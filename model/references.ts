import { checkAddresses } from './check-addresses.ts';
import { checkLabels } from './check-labels.ts';
import { checkModes } from './check-modes.ts';
import { checkTiers } from './check-tiers.ts';
import type { Document, End, RulesetDocument, ServiceRef, TestLine } from './documents.ts';
import { problemOf } from './finding.ts';
import { suggest } from './nearest.ts';
import type { BrokenDocument } from './parse.ts';
import type { Place, Problem } from './problem.ts';
import { endsOf, servicesOf } from './rule-parts.ts';
import { parseServiceText, unknownService } from './service-text.ts';

/**
 * What the documents of one estate and policy say about each other. Errors: `unknown-service`, `unknown-ip-list`,
 * `unknown-tier`, `duplicate-tiers`, `mode-conflict`. Warnings, which change no result: `undeclared-label-key`,
 * `undeclared-label-value`, `duplicate-address`. Names of `broken` documents are taken for known.
 */
export function resolveReferences(documents: readonly Document[], broken: readonly BrokenDocument[] = []): Problem[] {
  return [
    ...checkNames(documents, broken),
    ...checkTiers(documents, broken),
    ...checkModes(documents),
    ...checkLabels(documents, broken),
    ...checkAddresses(documents),
  ];
}

type Known = { readonly services: ReadonlySet<string>; readonly ipLists: ReadonlySet<string> };

function checkNames(documents: readonly Document[], broken: readonly BrokenDocument[]): Problem[] {
  const names = (kind: 'Service' | 'IpList'): ReadonlySet<string> =>
    new Set([...documents, ...broken].flatMap((each) => (each.kind === kind && 'name' in each ? [each.name] : [])));
  const known = { services: names('Service'), ipLists: names('IpList') };
  return documents.flatMap((document) => {
    if (document.kind === 'Ruleset') return checkRuleset(document, known);
    if (document.kind === 'Test')
      return [...document.allow, ...document.deny].flatMap((line) => checkTestLine(line, known));
    return [];
  });
}

function checkRuleset(ruleset: RulesetDocument, known: Known): Problem[] {
  return ruleset.rules.flatMap((rule) => [
    ...servicesOf(rule).flatMap((service) => checkService(service, known)),
    ...endsOf(rule).flatMap((end) => checkEnd(end, known)),
  ]);
}

function checkService(service: ServiceRef, { services }: Known): Problem[] {
  if (service.kind === 'range' || services.has(service.name)) return [];
  return [problemOf(unknownService(service.name, services), service.place)];
}

function checkTestLine(line: TestLine, { services }: Known): Problem[] {
  const read = parseServiceText(line.service);
  if (read.kind !== 'name' || services.has(read.name)) return [];
  return [problemOf(unknownService(read.name, services), line.place)];
}

function checkEnd(end: End, { ipLists }: Known): Problem[] {
  return end.kind !== 'ipList' || ipLists.has(end.name) ? [] : [unknownIpList(end.name, ipLists, end.place)];
}

function unknownIpList(name: string, known: ReadonlySet<string>, place: Place): Problem {
  const hint = suggest(name, [...known]);
  const [so, needed] = ['no IpList has that name', 'one of that name is needed'];
  const finding = { code: 'unknown-ip-list', cannot: 'find the IpList', value: name, so, needed };
  return problemOf(hint === undefined ? finding : { ...finding, hint }, place);
}
