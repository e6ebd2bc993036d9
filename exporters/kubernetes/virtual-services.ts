import type { Rule, VirtualServiceDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { intervals } from '@bulkhead/net/intervals.ts';
import { type ServicePoint, serviceProtocol } from '@bulkhead/net/service-space.ts';
import { includesAddress } from './address-ranges.ts';
import { matching } from './cluster.ts';
import type { PlaceTerm } from './places.ts';
import type { ActiveRule, Desk } from './rules.ts';
import { matchesLabels, selectionOf } from './selection.ts';
import { type ServiceSet, servicesCover } from './service-sets.ts';

/** What a rule reaches. */
export type Reach = { readonly to: readonly PlaceTerm[]; readonly services: ServiceSet };

/**
 * Whether all that the rule says of virtual services is what a cluster does by itself (SPEC EX25): it leads a connection to a
 * frontend on to a member and judges that. `reached`: by the rule and those beside it that say the same of the same
 * sources.
 */
export function passesVirtualServices(
  desk: Desk,
  { rule, about }: ActiveRule,
  { services, reached }: { readonly services: ServiceSet; readonly reached: readonly Reach[] },
): boolean {
  const isExcepted = rule.except.some(({ to }) => to?.some(({ kind }) => kind === 'virtualService'));
  const named = rule.to.flatMap((end) => (end.kind === 'virtualService' ? [virtualService(desk, end.name)] : []));
  const [missed] = named.filter(
    (virtual) => isExcepted || rule.except.length > 0 || !isReached(desk, virtual, { services, reached }),
  );
  if (missed === undefined && !isExcepted) return true;
  const so = isExcepted
    ? 'it excepts a virtual service'
    : `it leads to virtual service ${missed?.name}, and the rules beside it not to all that is behind`;
  const needed = 'a rule to the members on the ports behind it is needed';
  desk.findings.refuse(about, { code: 'virtual-service', so, needed });
  return false;
}

/** Rules that say the same of the same sources, at the same end and place in the order. */
export function besideEachOther(a: ActiveRule, b: ActiveRule): boolean {
  const said = ({ rule, ruleset, tier }: ActiveRule) => [
    ruleset.name,
    tier.name,
    rule.verdict,
    rule.at,
    fromText(rule),
  ];
  return b.rule.except.length === 0 && said(a).every((part, index) => part === said(b)[index]);
}

const fromText = ({ from }: Rule): string =>
  JSON.stringify(from.map((end) => (end.kind === 'selector' ? end.selector.requirements : end.kind)));

function virtualService({ documents }: Desk, name: string): VirtualServiceDocument {
  const found = documents.find((document) => document.kind === 'VirtualService' && document.name === name);
  if (found?.kind !== 'VirtualService') throw new Error(`No virtual service ${name}: references were not resolved`);
  return found;
}

type Question = { readonly services: ServiceSet; readonly reached: readonly Reach[] };

/** Every member, on every port behind those frontends that the rule's services name (policy/SPEC.md V1). */
function isReached(
  desk: Desk,
  { members, frontends }: VirtualServiceDocument,
  { services, reached }: Question,
): boolean {
  const selection = selectionOf(desk.settle(members.selector.requirements));
  if (selection === null) return true;
  const behind = frontends
    .filter(({ service }) => servicesCover(services, pointSet(service)))
    .map(({ service }) => members.ports.find(({ frontend }) => frontend === service)?.member ?? service);
  const workloads = [...matching(desk.cluster.pods, selection), ...matching(desk.cluster.others, selection)];
  return workloads.every((workload) =>
    behind.every((point) => reached.some((reach) => reaches(reach, workload, point))),
  );
}

function reaches({ to, services }: Reach, workload: WorkloadDocument, point: ServicePoint): boolean {
  return to.some((place) => isAt(place, workload)) && servicesCover(numberedAt(workload, services), pointSet(point));
}

/** With the numbers that the workload gives the names. */
function numberedAt({ ports }: WorkloadDocument, { ranges, named }: ServiceSet): ServiceSet {
  const given = named.flatMap(({ protocol, name }) =>
    (ports[name] ?? []).filter(({ first }) => serviceProtocol(first) === protocol),
  );
  return { ranges: intervals([...ranges, ...given]), named };
}

function isAt(place: PlaceTerm, { labels, addresses }: WorkloadDocument): boolean {
  switch (place.kind) {
    case 'any':
      return true;
    case 'selection':
      return matchesLabels(place.selection, labels);
    case 'addresses':
      return addresses.length > 0 && addresses.every(({ address }) => includesAddress(place.ranges, address));
    case 'domain':
    case 'nodes':
      return false;
  }
}

const pointSet = (point: ServicePoint): ServiceSet => ({ ranges: [{ first: point, last: point }], named: [] });
