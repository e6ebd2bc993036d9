import type { End, Rule, VirtualServiceDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { intervals } from '@bulkhead/net/intervals.ts';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { type ServicePoint, serviceProtocol } from '@bulkhead/net/service-space.ts';
import { includesAddress } from './address-ranges.ts';
import type { Box } from './boxes.ts';
import { matching, withAddressIn } from './cluster.ts';
import type { Remark } from './findings.ts';
import type { Fronted } from './fronted.ts';
import { type PlaceTerm, placeCovers } from './places.ts';
import type { ActiveRule, Desk } from './rules.ts';
import { matchesLabels, selectionOf } from './selection.ts';
import { isEveryService, type ServiceSet, servicesCover } from './service-sets.ts';

/** What a rule reaches. */
export type Reach = { readonly to: readonly PlaceTerm[]; readonly services: ServiceSet };

/** What is said of one scope: the boxes of the rule, and what the rules beside it that say the same reach, asked for when needed. */
export type Said = {
  readonly boxes: readonly Box[];
  readonly from: readonly PlaceTerm[];
  readonly services: ServiceSet;
  readonly beside: () => readonly Reach[];
};

type Speaking = Pick<ActiveRule, 'about' | 'verdict' | 'at'>;

/**
 * Whether all that the rule says of virtual services is what a cluster does by itself (SPEC EX25): it leads a connection to a
 * frontend on to a member and judges that. Says what is not.
 */
export function passesVirtualServices(desk: Desk, { rule, about }: ActiveRule, said: Said): boolean {
  const { from, services, beside } = said;
  if (!from.some((place) => isSomebody(desk.cluster, place))) return true;
  const isExcepted = rule.except.some(({ to }) => to?.some(({ kind }) => kind === 'virtualService'));
  const named = rule.to.flatMap((end) => (end.kind === 'virtualService' ? [virtualService(desk, end.name)] : []));
  const [missed] = named.filter((virtual) => {
    const frontends = virtual.frontends.filter(({ service }) => servicesCover(services, pointSet(service)));
    const behind = membersOf(desk, virtual);
    const question = { ports: virtual.members.ports, frontends, behind, reached: beside() };
    return isExcepted || rule.except.length > 0 || !isReached(question);
  });
  if (missed === undefined && !isExcepted) return true;
  const so = isExcepted
    ? 'it excepts a virtual service'
    : `it leads to virtual service ${missed?.name}, and the rules beside it not to all that is behind`;
  const needed = 'a rule to the members on the ports behind it is needed';
  desk.findings.refuse(about, { code: 'virtual-service', so, needed });
  return false;
}

/**
 * The same of frontends by their addresses, which no object of a cluster ever sees: it judges the pods behind (SPEC EX25). What
 * lets anyone through is told in a note alone.
 */
export function passesFrontends(
  desk: Desk,
  { about, verdict, at }: Speaking,
  { boxes, beside }: Pick<Said, 'boxes' | 'beside'>,
): boolean {
  if (at === 'destination') return true;
  const missed = { refused: new Set<string>(), noted: new Set<string>() };
  let others: readonly Reach[] | null = null;
  for (const box of boxes) {
    const isAddress = box.to.kind === 'addresses' || (box.to.kind === 'any' && !isEveryService(box.services));
    if (!isAddress || !hasPods(desk.cluster, box.from)) continue;
    const own = boxes.filter(({ from }) => placeCovers(from, box.from)).map((one) => ({ ...one, to: [one.to] }));
    const names = box.to.kind === 'any' && verdict !== 'deny' ? missed.noted : missed.refused;
    for (const virtual of desk.fronted) {
      const frontends = frontendsIn(box, virtual);
      if (frontends.length === 0) continue;
      others ??= beside();
      const question = { ports: virtual.members.ports, frontends, behind: virtual.behind };
      if (!isReached({ ...question, reached: [...own, ...others] })) names.add(virtual.name);
    }
  }
  if (missed.noted.size > 0) desk.findings.note(about, anyoneRemark(missed.noted));
  if (missed.refused.size > 0) desk.findings.refuse(about, frontendRemark(missed.refused));
  return missed.refused.size === 0;
}

/** In order, the first of them by name. */
function listed(names: ReadonlySet<string>): string {
  const [first, ...more] = [...names].sort();
  return more.length === 0 ? `virtual service ${first}` : `virtual service ${first} and ${more.length} more`;
}

const frontendsIn = ({ to, services }: Box, { frontends }: Fronted): Fronted['frontends'] =>
  frontends.filter(({ address, service }) => holds(to, address) && servicesCover(services, pointSet(service)));

const frontendRemark = (names: ReadonlySet<string>): Remark => ({
  code: 'virtual-service',
  so: `it speaks of ${listed(names)} by an address, and a cluster judges the pods behind, of which the rules beside it do not say the same`,
  needed: 'a rule to the members on the ports behind it is needed',
});

const anyoneRemark = (names: ReadonlySet<string>): Remark => ({
  code: 'frontend',
  so: `it is about anyone, ${listed(names)} among them, and a cluster judges the pods behind by the rules about those`,
  needed: 'a rule to the members on the ports behind where they are meant',
});

const isSomebody = ({ pods, others }: Desk['cluster'], place: PlaceTerm): boolean =>
  place.kind !== 'selection' || matching([...pods, ...others], place.selection).length > 0;

function hasPods({ pods }: Desk['cluster'], place: PlaceTerm): boolean {
  if (place.kind === 'selection') return matching(pods, place.selection).length > 0;
  return place.kind === 'any' || (place.kind === 'addresses' && withAddressIn(pods, place.ranges).length > 0);
}

const holds = (place: PlaceTerm, address: Address): boolean =>
  place.kind === 'any' || (place.kind === 'addresses' && includesAddress(place.ranges, address));

/** Rules that say the same of the same sources, at the same end and place in the order; of one ruleset, so of the same scopes. */
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

const fromText = ({ from }: Rule): string => JSON.stringify(from.map(endWords));

function endWords(end: End): unknown {
  switch (end.kind) {
    case 'any':
      return [end.kind];
    case 'selector':
      return [end.kind, end.scoped, end.selector.requirements];
    case 'prefix':
      return [end.kind, formatPrefix(end.prefix)];
    case 'ipList':
    case 'domain':
    case 'virtualService':
      return [end.kind, end.name];
  }
}

function virtualService({ documents }: Desk, name: string): VirtualServiceDocument {
  const found = documents.find((document) => document.kind === 'VirtualService' && document.name === name);
  if (found?.kind !== 'VirtualService') throw new Error(`No virtual service ${name}: references were not resolved`);
  return found;
}

type Question = {
  readonly ports: VirtualServiceDocument['members']['ports'];
  readonly frontends: VirtualServiceDocument['frontends'];
  readonly behind: readonly WorkloadDocument[];
  readonly reached: readonly Reach[];
};

/** Every member, on every port behind those frontends (policy/SPEC.md V1). */
function isReached({ ports, frontends, behind, reached }: Question): boolean {
  const points = frontends.map(({ service }) => ports.find(({ frontend }) => frontend === service)?.member ?? service);
  return behind.every((workload) => points.every((point) => reached.some((reach) => reaches(reach, workload, point))));
}

function membersOf({ cluster, settle }: Desk, { members }: VirtualServiceDocument): readonly WorkloadDocument[] {
  const selection = selectionOf(settle(members.selector.requirements));
  return selection === null ? [] : matching([...cluster.pods, ...cluster.others], selection);
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
