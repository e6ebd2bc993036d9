import type { Place } from '@bulkhead/model/problem.ts';
import type { Box } from './boxes.ts';
import {
  amongNodes,
  amongPods,
  asksForCluster,
  asksForPods,
  type Cluster,
  foreignKeyIn,
  matching,
  withAddressIn,
} from './cluster.ts';
import type { Findings, Subject } from './findings.ts';
import { type PlaceTerm, placeCovers, placesMeet, placeText } from './places.ts';
import { everybody, isWithin, meet, type Selection, selectionText } from './selection.ts';
import { joinServices, type ServiceSet, servicesCover, servicesMeet, servicesText } from './service-sets.ts';
import type { Tier } from './tiers.ts';

export type Direction = 'ingress' | 'egress';

/** What a rule says to some pods of the cluster, at their end (SPEC EX20). */
export type Row = {
  readonly id: string;
  readonly place: Place;
  readonly direction: Direction;
  readonly verdict: 'allow' | 'deny' | 'pass';
  readonly tier: number;
  readonly tierName: string;
  /** Where a pass goes on; that of its tier. */
  readonly afterGroup: number;
  readonly subject: Selection;
  /** Who is at the other end: pods of the cluster by selection, others by address or name. Never empty. */
  readonly peers: readonly PlaceTerm[];
  readonly services: ServiceSet;
  /** Rules that were worked into it. */
  readonly because: readonly string[];
};

type Desk = { readonly cluster: Cluster; readonly findings: Findings };

/** Who says something, at which ends and where in the order. */
export type Speaker = {
  readonly id: string;
  readonly about: Subject & { readonly place: Place };
  readonly verdict: Row['verdict'];
  readonly at: 'both' | 'source' | 'destination';
  readonly tier: Tier;
};

/** The rows of a rule, those that differ in their peers or in their services alone as one. */
export function rowsOf(desk: Desk, speaker: Speaker, boxes: readonly Box[]): readonly Row[] {
  const { at } = speaker;
  const rows = boxes.flatMap((box) => [
    ...(at === 'source' ? [] : half(desk, speaker, { direction: 'ingress', box })),
    ...(at === 'destination' ? [] : half(desk, speaker, { direction: 'egress', box })),
  ]);
  return joinRows(rows);
}

/** Of one rule: those that differ in their peers or in their services alone become one. */
export const joinRows = (rows: readonly Row[]): readonly Row[] =>
  joinBy(joinBy(rows, byServices, joinPeers), byPeers, (a, b) => ({
    ...a,
    services: joinServices(a.services, b.services),
  }));

type Half = { readonly direction: Direction; readonly box: Box };

function half(desk: Desk, speaker: Speaker, { direction, box }: Half): Row[] {
  const [own, other] = direction === 'ingress' ? [box.to, box.from] : [box.from, box.to];
  const subject = subjectOf(desk, speaker, own);
  if (subject === null) return [];
  const { id, about, verdict, tier } = speaker;
  const { name: tierName, number, afterGroup } = tier;
  const said = { id, place: about.place, direction, verdict, tier: number, tierName, afterGroup };
  const ways = direction === 'ingress' ? [{ end: other, services: box.services }] : waysOut(desk, other, box.services);
  return ways.flatMap(({ end, services }) => {
    const peer = peerOf(desk, about, { direction, end });
    return peer === null ? [] : [{ ...said, subject, peers: [peer], services, because: [] }];
  });
}

type Way = { readonly end: PlaceTerm; readonly services: ServiceSet };

/** Ports have names at workloads alone: by a name, everybody is whoever has it. */
function waysOut({ cluster }: Desk, end: PlaceTerm, services: ServiceSet): Way[] {
  const { ranges, named } = services;
  if (end.kind !== 'any' || named.length === 0) return [{ end, services }];
  const isPods = cluster.others.every(({ ports }) => named.every(({ name }) => !Object.hasOwn(ports, name)));
  const byName: Way = {
    end: { kind: 'selection', selection: isPods ? cluster.everyPod : everybody },
    services: { ranges: [], named },
  };
  return ranges.length === 0 ? [byName] : [{ end, services: { ranges, named: [] } }, byName];
}

/** The pods of the cluster that the end matches (SPEC EX11, EX14); null: none, or it was refused. */
function subjectOf({ cluster, findings }: Desk, { about, at }: Speaker, end: PlaceTerm): Selection | null {
  switch (end.kind) {
    case 'any':
      return everybody;
    case 'domain':
    case 'nodes':
      return null;
    case 'addresses': {
      const [pod] = withAddressIn(cluster.pods, end.ranges);
      if (pod === undefined) {
        if (at === 'both') findings.note(about, addressesRemark);
        return null;
      }
      findings.refuse(about, {
        code: 'subject-address',
        so: `it speaks for pods by their addresses, ${pod.name} among them, and Kubernetes knows its pods by labels`,
        needed: 'a selector is needed',
        ...(at === 'both' && { hint: 'say at: source or at: destination where only the other end is meant' }),
      });
      return null;
    }
    case 'selection': {
      const { selection } = end;
      const pods = amongPods(cluster, selection);
      if (pods === null) return null;
      const isAboutOthers = !asksForCluster(selection) && selection.size > 0 && isOnlyOthers(cluster, selection);
      if (isAboutOthers) {
        const so = 'one end of it is workloads outside the cluster alone';
        findings.leaveOut(about, {
          code: 'other-workloads',
          so,
          needed: 'ask for the cluster where its pods are meant',
        });
        return null;
      }
      return refuseForeignKeys(findings, about, pods) ? null : pods;
    }
  }
}

const addressesRemark = {
  code: 'addresses-of-others',
  so: 'no pod has one of its addresses now, and to a pod that comes to have one it would speak as well',
  needed: 'say at: source or at: destination where only the other end is meant',
};

const isOnlyOthers = ({ pods, others }: Cluster, selection: Selection): boolean =>
  matching(pods, selection).length === 0 && matching(others, selection).length > 0;

/** As an object of a cluster can name the other end (SPEC EX13); null: nobody, or it was refused. */
function peerOf(
  { cluster, findings }: Desk,
  about: Subject,
  { direction, end }: { readonly direction: Direction; readonly end: PlaceTerm },
): PlaceTerm | null {
  if (end.kind !== 'selection') return end;
  const { selection } = end;
  const nodes = direction === 'egress' ? amongNodes(cluster, selection) : null;
  if (nodes !== null) return { kind: 'nodes', selection: nodes };
  const [outsider] = matching(cluster.others, selection);
  if (outsider !== undefined) {
    findings.refuse(about, {
      code: 'outside-cluster',
      so: `its other end matches ${outsider.name}, which is no pod of ${cluster.name}`,
      needed: 'a selector of pods, or addresses are needed',
      hint: `ask for kubernetes:cluster=${cluster.name} and a namespace, or name the others by an IpList`,
    });
    return null;
  }
  const pods = amongPods(cluster, selection);
  if (pods === null) {
    const so = 'its other end matches nobody now, and pods of the cluster never';
    findings.leaveOut(about, { code: 'nobody', so, needed: 'export again when somebody is there' });
    return null;
  }
  if (!asksForPods(cluster, selection))
    findings.note(about, {
      code: 'cluster-not-asked',
      so: `an end of it does not ask for the cluster, and matches nobody else now`,
      needed: `ask for kubernetes:cluster=${cluster.name} and for a namespace`,
    });
  return refuseForeignKeys(findings, about, pods) ? null : { kind: 'selection', selection: pods };
}

function refuseForeignKeys(findings: Findings, about: Subject, selection: Selection): boolean {
  const key = foreignKeyIn(selection);
  if (key === undefined) return false;
  findings.refuse(about, {
    code: 'foreign-key',
    so: `it asks for "${key}", and selectors of a cluster read labels of pods and namespaces alone`,
    needed: 'labels of pods or of namespaces are needed',
  });
  return true;
}

const endText = ({ direction, subject }: Row): string => `${direction}\n${selectionText(subject)}`;
const byServices = (row: Row): string => `${endText(row)}\n${servicesText(row.services)}`;
const byPeers = (row: Row): string => `${endText(row)}\n${row.peers.map(placeText).join('\n')}`;

function joinBy(rows: readonly Row[], keyOf: (row: Row) => string, join: (a: Row, b: Row) => Row): Row[] {
  const joined = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = joined.get(key);
    joined.set(key, known === undefined ? row : join(known, row));
  }
  return [...joined].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** Peers that another one covers are not written. */
function joinPeers(a: Row, b: Row): Row {
  let peers = [...a.peers];
  for (const peer of b.peers) {
    if (peers.some((known) => placeCovers(known, peer))) continue;
    peers = [...peers.filter((known) => !placeCovers(peer, known)), peer];
  }
  const texts = new Map(peers.map((peer) => [placeText(peer), peer]));
  return { ...a, peers: [...texts.keys()].sort().flatMap((text) => texts.get(text) ?? []) };
}

/** Whether some connection may match both. */
export const rowsMeet = (a: Row, b: Row): boolean =>
  meet(a.subject, b.subject) !== null &&
  servicesMeet(a.services, b.services) &&
  a.peers.some((one) => b.peers.some((other) => placesMeet(one, other)));

/** Whether whatever matches `narrow` is certain to match `wide`. */
export const rowCovers = (wide: Row, narrow: Row): boolean =>
  isWithin(narrow.subject, wide.subject) &&
  servicesCover(wide.services, narrow.services) &&
  narrow.peers.every((peer) => wide.peers.some((one) => placeCovers(one, peer)));
