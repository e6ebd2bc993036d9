import type {
  Document,
  IpListDocument,
  Reference,
  ServiceDocument,
  UserGroupDocument,
  VirtualServiceDocument,
} from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { type Intervals, intervals } from '@bulkhead/net/intervals.ts';
import { refusal } from '../problems.ts';
import { type AddressSet, addressSet } from './address-set.ts';

export type NamedService = { readonly ranges: Intervals; readonly process: string | null };
export type NamedList = { readonly set: AddressSet; readonly domains: readonly string[] };

/** Named things a rule may point to. */
export type References = {
  readonly services: ReadonlyMap<string, NamedService>;
  readonly ipLists: ReadonlyMap<string, NamedList>;
  readonly userGroups: ReadonlyMap<string, ReadonlySet<string>>;
  readonly virtualServices: ReadonlyMap<string, VirtualServiceDocument>;
};

/** Problem: `duplicate-name` for a second document of one kind and name. */
export function collectReferences(documents: readonly Document[], problems: Problem[]): References {
  const services = new Map<string, NamedService>();
  const ipLists = new Map<string, NamedList>();
  const userGroups = new Map<string, ReadonlySet<string>>();
  const virtualServices = new Map<string, VirtualServiceDocument>();
  const declare = <T>(into: Map<string, T>, document: Named, value: T): void => {
    if (into.has(document.name)) problems.push(duplicateName(document));
    else into.set(document.name, value);
  };
  for (const document of documents) {
    if (document.kind === 'Service')
      declare(services, document, { ranges: intervals(document.ranges), process: document.process });
    else if (document.kind === 'IpList')
      declare(ipLists, document, { set: addressSet(document.prefixes, document.except), domains: document.names });
    else if (document.kind === 'UserGroup') declare(userGroups, document, new Set(document.members));
    else if (document.kind === 'VirtualService') declare(virtualServices, document, document);
  }
  return { services, ipLists, userGroups, virtualServices };
}

const kindNames = {
  Service: 'service',
  IpList: 'ip list',
  UserGroup: 'user group',
  VirtualService: 'virtual service',
  LabelGroup: 'label group',
} as const;
type Named = ServiceDocument | IpListDocument | UserGroupDocument | VirtualServiceDocument;
type KindName = (typeof kindNames)[keyof typeof kindNames];

/** SPEC R6. Undefined, with the problem `unknown-<kind>`, where there is none of that name. */
export function follow<T>(
  known: ReadonlyMap<string, T>,
  reference: Reference,
  { kind, problems }: { readonly kind: KindName; readonly problems: Problem[] },
): T | undefined {
  const found = known.get(reference.name);
  if (found === undefined) problems.push(missing(kind, reference, known.keys()));
  return found;
}

function missing(what: KindName, { name, place }: Reference, known: Iterable<string>): Problem {
  const message = `Cannot use ${what} "${name}": there is none of that name, declare it or correct the name`;
  const near = [...known].filter((other) => isNear(other, name));
  const hint = near.length === 0 ? {} : { hint: `did you mean ${near.sort().slice(0, 3).join(', ')}?` };
  return refusal({ code: `unknown-${what.replaceAll(' ', '-')}`, message, place, ...hint });
}

/** Same letters but for case and separators, or one a part of the other: enough for the usual slip. */
function isNear(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => text.toLowerCase().replaceAll(/[-_.]/g, ''));
  return x !== undefined && y !== undefined && (x.includes(y) || y.includes(x));
}

export function duplicateName(document: Named | (Reference & { readonly kind: 'LabelGroup' })): Problem {
  const kind = kindNames[document.kind];
  const message = `Cannot declare ${kind} "${document.name}": the name is taken, each ${kind} needs a name of its own`;
  return refusal({ code: 'duplicate-name', message, place: document.place });
}
