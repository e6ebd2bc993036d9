import { namespaceKey } from '@bulkhead/model/cluster-names.ts';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { blocksOf } from './address-ranges.ts';
import { type Cluster, namespaceLabelsIn, namespacePart, podPart } from './cluster.ts';
import type { Findings } from './findings.ts';
import { nameOfRule, shortHash } from './names.ts';
import {
  annotations,
  idsOf,
  type KubernetesObject,
  namespaceSelector,
  podSelector,
  portsOf,
  type Written,
} from './objects.ts';
import type { PlaceTerm } from './places.ts';
import type { Placing } from './placing.ts';
import type { Direction, Row } from './rows.ts';
import { matchesLabels, type Selection, selectionText, valuesOf } from './selection.ts';
import type { ServiceSet } from './service-sets.ts';

type Desk = { readonly cluster: Cluster; readonly findings: Findings };

/** Sorted by namespace and name. `rows`: all rows, for the namespaces that they name (SPEC EX31). */
export function networkPolicies(desk: Desk, placings: readonly Placing[], rows: readonly Row[]): KubernetesObject[] {
  const known = knownNamespaces(desk.cluster, rows);
  const denied = placings.filter(({ fallback }) => fallback === 'deny').map(({ direction }) => direction);
  const defaults = denied.length === 0 ? [] : known.map((namespace) => defaultDeny(namespace, denied));
  if (denied.length > 0) noteNamespaces(desk, known);
  for (const { isolation } of placings) for (const row of isolation) noteIsolated(desk, row, known);
  const parts = placings.flatMap(({ allows, isolation }) =>
    [...allows, ...isolation].flatMap((row) => partsOf(desk, row, known)),
  );
  const objects = [...defaults, ...objectsOf(parts)];
  const place = ({ metadata }: KubernetesObject) => `${metadata.namespace} ${metadata.name}`;
  return objects.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

function knownNamespaces({ namespaces }: Cluster, rows: readonly Row[]): readonly string[] {
  const named = rows.flatMap(({ subject }) => valuesOf(subject, namespaceKey) ?? []);
  return [...new Set([...namespaces.keys(), ...named])].sort();
}

function noteNamespaces({ cluster, findings }: Desk, known: readonly string[]): void {
  findings.note(
    { name: cluster.name, place: null },
    {
      code: 'namespaces',
      so: `what nothing matches is denied in its namespaces ${known.join(', ')} alone, as NetworkPolicy cannot say it of others`,
      needed: 'export again when there are more',
    },
  );
}

/** In a namespace that comes later nothing is isolated either; labels of namespaces have a note of their own. */
function noteIsolated({ findings }: Desk, { id, place, subject }: Row, known: readonly string[]): void {
  if (valuesOf(subject, namespaceKey) !== null || namespaceLabelsIn(subject).length > 0) return;
  findings.note(
    { name: id, place },
    {
      code: 'namespaces-now',
      so: `it is written into the namespaces ${known.join(', ')} alone, as NetworkPolicy cannot say it of others`,
      needed: 'export again when there are more',
    },
  );
}

/** What one row says in one namespace. */
type Part = { readonly row: Row; readonly namespace: string };

/** SPEC EX32. */
function partsOf(desk: Desk, row: Row, known: readonly string[]): Part[] {
  const { cluster, findings } = desk;
  const about = { name: row.id, place: row.place };
  const labels = namespaceLabelsIn(row.subject);
  const names = valuesOf(row.subject, namespaceKey) ?? known;
  const found: Part[] = [];
  for (const namespace of names) {
    const own = cluster.namespaces.get(namespace) ?? { [namespaceKey]: namespace };
    if (labels.length > 0 && !cluster.namespaces.has(namespace)) {
      const so = `it asks for ${labels.join(', ')} of namespace ${namespace}, which no pod of the estate tells`;
      findings.refuse(about, {
        code: 'namespace-labels',
        so,
        needed: 'a namespace with pods, or its name alone are needed',
      });
    } else if (matchesLabels(namespacePart(row.subject), own)) found.push({ row, namespace });
  }
  if (labels.length > 0)
    findings.note(about, {
      code: 'namespace-labels-now',
      so: `it is written into the namespaces that have ${labels.join(', ')} as it asks now`,
      needed: 'export again when labels of namespaces change',
    });
  return found;
}

/** One object for each rule, namespace and choice of pods. */
function objectsOf(parts: readonly Part[]): KubernetesObject[] {
  const byRule = Map.groupBy(parts, ({ row, namespace }) => `${namespace}\n${row.id}`);
  return [...byRule.values()].flatMap((ofRule) => {
    const bySubject = [...Map.groupBy(ofRule, ({ row }) => selectionText(podPart(row.subject)))];
    const names = bySubject.map(([, group]) => nameOf(group));
    return bySubject.map(([text, group], index) => {
      const name = names[index] ?? '';
      const isTaken = names.filter((one) => one === name).length > 1;
      return objectOf(group, isTaken ? `${name}-${shortHash(text)}` : name);
    });
  });
}

/** After its rule, and after its direction where it has one. */
function nameOf(parts: readonly Part[]): string {
  const directions = new Set(parts.map(({ row }) => row.direction));
  const [{ row } = never()] = parts;
  return [nameOfRule(row.id), ...(directions.size === 1 ? directions : [])].join('.');
}

function never(): never {
  throw new Error('A group has a part');
}

function objectOf(parts: readonly Part[], name: string): KubernetesObject {
  const [{ row, namespace } = never()] = parts;
  const rowsIn = (direction: Direction) => parts.filter((part) => part.row.direction === direction);
  const [ingress, egress] = [rowsIn('ingress'), rowsIn('egress')];
  const directions = (['ingress', 'egress'] as const).filter((direction) => rowsIn(direction).length > 0);
  return policyObject(
    { name, namespace, annotations: annotations(parts.flatMap((part) => idsOf(part.row))) },
    {
      podSelector: podSelector(row.subject),
      policyTypes: typesOf(directions),
      ...(ingress.some(isAllow) && { ingress: ingress.filter(isAllow).map((part) => ruleOf(part, 'from')) }),
      ...(egress.some(isAllow) && { egress: egress.filter(isAllow).map((part) => ruleOf(part, 'to')) }),
    },
  );
}

const isAllow = ({ row }: Part): boolean => row.verdict === 'allow';

function defaultDeny(namespace: string, directions: readonly Direction[]): KubernetesObject {
  const metadata = { name: 'default-deny', namespace, annotations: annotations(['no rule matches']) };
  return policyObject(metadata, { podSelector: {}, policyTypes: typesOf(directions) });
}

const policyObject = (metadata: KubernetesObject['metadata'], spec: Written): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata,
  spec,
});

const typesOf = (directions: readonly Direction[]): readonly string[] =>
  directions.map((direction) => (direction === 'ingress' ? 'Ingress' : 'Egress'));

function ruleOf({ row, namespace }: Part, key: 'from' | 'to'): Written {
  const isAnyone = row.peers.some(({ kind }) => kind === 'any');
  const ports = writtenPorts(row.services);
  return {
    ...(!isAnyone && { [key]: row.peers.flatMap((peer) => writtenPeers(peer, namespace)) }),
    ...(ports !== null && { ports }),
  };
}

function writtenPeers(peer: PlaceTerm, namespace: string): Written[] {
  switch (peer.kind) {
    case 'selection':
      return [writtenSelection(peer.selection, namespace)];
    case 'addresses':
      return blocksOf(peer.ranges, peer.written).map(({ prefix, except }) => ({
        ipBlock: { cidr: formatPrefix(prefix), ...(except.length > 0 && { except: except.map(formatPrefix) }) },
      }));
    case 'any':
    case 'domain':
    case 'nodes':
      throw new Error(`A NetworkPolicy does not say ${peer.kind}`);
  }
}

/** Pods of its own namespace are named without it. */
function writtenSelection(selection: Selection, namespace: string): Written {
  const isOwn = selectionText(namespacePart(selection)) === `${namespaceKey}=${namespace}`;
  const pods = podSelector(selection);
  if (isOwn) return { podSelector: pods };
  const isAll = Object.keys(pods).length === 0;
  return { namespaceSelector: namespaceSelector(selection), ...(!isAll && { podSelector: pods }) };
}

function writtenPorts(services: ServiceSet): readonly Written[] | null {
  const ports = portsOf(services);
  if (ports === null) return null;
  return ports.map((port) => {
    if ('name' in port) return { protocol: port.protocol, port: port.name };
    const { protocol, first, last } = port;
    if (first === 0) return { protocol };
    return { protocol, port: first, ...(last > first && { endPort: last }) };
  });
}
