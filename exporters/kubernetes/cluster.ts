import { clusterKey, namespaceKey, nodeKey } from '@bulkhead/model/cluster-names.ts';
import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type AddressRanges, includesAddress } from './address-ranges.ts';
import { isWithin, matchesLabels, meet, partOf, type Selection, selectionOf, selectionText } from './selection.ts';

const namespaceSpace = 'namespace:';
export const nodeSpace = 'node:';

/** A cluster as the estate has it. */
export type Cluster = {
  readonly name: string;
  readonly pods: readonly WorkloadDocument[];
  readonly others: readonly WorkloadDocument[];
  /** Labels of the namespaces that have pods, by name, in order. */
  readonly namespaces: ReadonlyMap<string, Labels>;
  /** All pods of the cluster, as an end asks for them. */
  readonly everyPod: Selection;
  /** That whoever might connect has an address, and none of them is known by a domain name. */
  readonly allHaveAddresses: boolean;
};

export function readCluster(documents: readonly Document[], name: string): Cluster {
  const workloads = documents.filter((document) => document.kind === 'Workload');
  const everyPod = selectionOf([
    { key: clusterKey, operator: 'in', values: [name] },
    { key: namespaceKey, operator: 'exists', values: [] },
  ]);
  if (everyPod === null) throw new Error('All pods are somebody');
  const isPod = ({ labels }: WorkloadDocument) => matchesLabels(everyPod, labels);
  const pods = workloads.filter(isPod);
  const others = workloads.filter((workload) => !isPod(workload));
  const allHaveAddresses = !documents.some(namesDomain) && workloads.every(({ addresses }) => addresses.length > 0);
  return { name, pods, others, namespaces: namespacesOf(pods), everyPod, allHaveAddresses };
}

/** SPEC EX11. Null: no pod of the cluster can have such labels. Conditions that all pods of it fulfil are not kept. */
export function amongPods(cluster: Cluster, selection: Selection): Selection | null {
  const pods = meet(selection, cluster.everyPod);
  if (pods === null) return null;
  const named = selectionText(partOf(pods, (key) => key === namespaceKey)) !== namespaceKey;
  return partOf(pods, (key) => key !== clusterKey && (key !== namespaceKey || named));
}

/** Whether it asks for pods of this cluster and for nobody else. */
export const asksForPods = (cluster: Cluster, selection: Selection): boolean => isWithin(selection, cluster.everyPod);

/** Whether it says something of clusters or namespaces at all. */
export const asksForCluster = (selection: Selection): boolean =>
  [...selection.keys()].some((key) => key === clusterKey || key.startsWith(namespaceSpace));

export const matching = (workloads: readonly WorkloadDocument[], selection: Selection): readonly WorkloadDocument[] =>
  workloads.filter(({ labels }) => matchesLabels(selection, labels));

export const withAddressIn = (
  workloads: readonly WorkloadDocument[],
  ranges: AddressRanges,
): readonly WorkloadDocument[] =>
  workloads.filter(({ addresses }) => addresses.some(({ address }) => includesAddress(ranges, address)));

export const namespacePart = (selection: Selection): Selection => partOf(selection, isNamespaceKey);
export const podPart = (selection: Selection): Selection => partOf(selection, (key) => !isNamespaceKey(key));
export const isNamespaceKey = (key: string): boolean => key.startsWith(namespaceSpace);

/** Labels of namespaces that it asks for, but for the name. They change while names do not. */
export const namespaceLabelsIn = (selection: Selection): readonly string[] =>
  [...selection.keys()].filter((key) => isNamespaceKey(key) && key !== namespaceKey);

/** As the nodes of the cluster that it asks for, by their own labels; null: it asks for something else. */
export function amongNodes({ name }: Cluster, selection: Selection): Selection | null {
  const nodes = selectionOf([
    { key: clusterKey, operator: 'in', values: [name] },
    { key: nodeKey, operator: 'exists', values: [] },
    { key: namespaceKey, operator: 'absent', values: [] },
  ]);
  if (nodes === null || !isWithin(selection, nodes)) return null;
  const own = partOf(selection, (key) => !nodes.has(key));
  const isPlain = selectionText(partOf(selection, (key) => key === nodeKey)) === nodeKey;
  if (!isPlain || [...own.keys()].some((key) => !key.startsWith(nodeSpace))) return null;
  return new Map([...own].map(([key, constraint]) => [key.slice(nodeSpace.length), constraint]));
}

/** A key in a space that no selector of a cluster reads: of the node, of the ports. */
export const foreignKeyIn = (selection: Selection): string | undefined =>
  [...selection.keys()].find((key) => key.includes(':') && !isNamespaceKey(key));

/** Where pods of one namespace disagree about its labels, the first by name is believed. */
function namespacesOf(pods: readonly WorkloadDocument[]): ReadonlyMap<string, Labels> {
  const found = new Map<string, Labels>();
  for (const { labels } of [...pods].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = labels[namespaceKey] ?? '';
    const own = Object.entries(labels).filter(([key]) => isNamespaceKey(key));
    if (!found.has(name)) found.set(name, Object.fromEntries(own));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const namesDomain = (document: Document): boolean =>
  document.kind === 'Ruleset'
    ? document.rules.some(({ to }) => to.some(({ kind }) => kind === 'domain'))
    : document.kind === 'IpList' && document.names.length > 0;
