import type { Document, End, IpListDocument, ServiceDocument, ServiceRef } from '@bulkhead/model/documents.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import { type Intervals, intervals } from '@bulkhead/net/intervals.ts';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { type AddressSet, addressSet } from './address-set.ts';
import { refusal } from './problems.ts';
import type { Term } from './terms.ts';

/** Named things a rule may point to. */
export type References = {
  readonly services: ReadonlyMap<string, Intervals>;
  readonly ipLists: ReadonlyMap<string, AddressSet>;
};

/** Problem: `duplicate-name` for a second service or ip list of one name. */
export function collectReferences(documents: readonly Document[], problems: Problem[]): References {
  const services = new Map<string, Intervals>();
  const ipLists = new Map<string, AddressSet>();
  for (const document of documents) {
    if (document.kind === 'Service') {
      if (services.has(document.name)) problems.push(duplicateName('service', document));
      else services.set(document.name, intervals(document.ranges));
    } else if (document.kind === 'IpList') {
      if (ipLists.has(document.name)) problems.push(duplicateName('ip list', document));
      else ipLists.set(document.name, addressSet(document.prefixes, document.except));
    }
  }
  return { services, ipLists };
}

/** SPEC R6. Problem: `unknown-service`. */
export function resolveServices(references: References, refs: readonly ServiceRef[], problems: Problem[]): Intervals {
  return intervals(
    refs.flatMap((ref) => {
      if (ref.kind === 'range') return [ref.range];
      const found = references.services.get(ref.name);
      if (found === undefined) problems.push(missing('service', ref, references.services.keys()));
      return found ?? [];
    }),
  );
}

/** The end without its scope; an unknown ip list is a problem (`unknown-ip-list`) and null. */
export function resolveEnd(references: References, end: End, problems: Problem[]): Term | null {
  switch (end.kind) {
    case 'any':
      return { kind: 'any' };
    case 'selector':
      return { kind: 'workloads', requirements: end.selector.requirements };
    case 'prefix':
      return { kind: 'addresses', name: formatPrefix(end.prefix), set: addressSet([end.prefix], []) };
    case 'ipList': {
      const set = references.ipLists.get(end.name);
      if (set !== undefined) return { kind: 'addresses', name: end.name, set };
      problems.push(missing('ip list', end, references.ipLists.keys()));
      return null;
    }
    case 'domain':
    case 'virtualService':
      return null;
  }
}

type Reference = { readonly name: string; readonly place: Place };

function missing(what: string, { name, place }: Reference, known: Iterable<string>): Problem {
  const message = `Cannot use ${what} "${name}": there is none of that name, declare it or correct the name`;
  const near = [...known].filter((other) => isNear(other, name));
  const hint = near.length === 0 ? {} : { hint: `did you mean ${near.sort().slice(0, 3).join(', ')}?` };
  return refusal({ code: `unknown-${what.replace(' ', '-')}`, message, place, ...hint });
}

/** Same letters but for case and separators, or one a part of the other: enough for the usual slip. */
function isNear(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => text.toLowerCase().replaceAll(/[-_.]/g, ''));
  return x !== undefined && y !== undefined && (x.includes(y) || y.includes(x));
}

function duplicateName(what: string, document: ServiceDocument | IpListDocument): Problem {
  const message = `Cannot declare ${what} "${document.name}": the name is taken, each ${what} needs a name of its own`;
  return refusal({ code: 'duplicate-name', message, place: document.place });
}
