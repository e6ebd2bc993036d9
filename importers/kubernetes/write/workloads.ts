import { clusterKey, namespaceKey, nodeKey } from '@bulkhead/model/cluster-names.ts';
import type { Written, WrittenDocument } from '@bulkhead/model/format/document-text.ts';
import { defaultNetwork, type Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { ClusterObject, NamedPort, PodMakerObject, PodObject, PodShape } from '../cluster.ts';
import { standingMakers } from './makers.ts';
import { nodeValue, workloadName } from './names.ts';

/** A workload as the import writes it. */
export type Workload = {
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly Address[];
  readonly ports: readonly NamedPort[];
  /** Of a pod; null for a node. */
  readonly namespace: string | null;
};

export type Where = {
  readonly cluster: string;
  readonly network: string;
  /** Before the names of all its workloads, where another cluster has the same; null: none. */
  readonly prefix: string | null;
};

export type Population = {
  readonly pods: readonly Workload[];
  readonly nodes: readonly Workload[];
  readonly podsIn: (namespace: string) => readonly Workload[];
};

/** SPEC KW1-KW13. */
export function workloadsOf(objects: readonly ClusterObject[], where: Where): Population {
  const pods = objects.filter((object) => object.kind === 'pod');
  const makers = standingMakers(
    objects.filter((object) => object.kind === 'maker'),
    pods,
  );
  const namespaces = new Map(
    objects.flatMap((object) => (object.kind === 'namespace' ? [[object.head.name, object.head.labels] as const] : [])),
  );
  const living = pods.filter(isWorkload);
  const podNames = new Set(living.map(({ head }) => `${head.namespace}/${head.name}`));
  const all = sorted([
    ...living.map((pod) => podWorkload(pod, { where, namespaces })),
    ...makers.map((maker) => makerWorkload(maker, { where, namespaces, taken: podNames, all: makers })),
  ]);
  const byNamespace = Map.groupBy(all, ({ namespace }) => namespace);
  return {
    pods: all,
    nodes: sorted(nodesOf(objects, pods, where)),
    podsIn: (namespace) => byNamespace.get(namespace) ?? [],
  };
}

const sorted = (workloads: readonly Workload[]): readonly Workload[] =>
  [...workloads].sort((a, b) => (a.name < b.name ? -1 : 1));

type Context = { readonly where: Where; readonly namespaces: ReadonlyMap<string, Labels> };

/** What has to be known of a pod to say which workload it is, from a file or from a cluster's API. */
export type PodSeen = Pick<PodObject, 'labels' | 'addresses' | 'node' | 'ports' | 'hostNetwork' | 'finished'> & {
  readonly head: Pick<PodObject['head'], 'namespace' | 'name'>;
};

/** SPEC KW3. A pod in the host's network is its node, and the addresses of one that is finished are others' by now. */
export const isWorkload = ({ finished, hostNetwork }: PodSeen): boolean => !finished && !hostNetwork;

export function podWorkload(pod: PodSeen, context: Context): Workload {
  const { namespace, name } = pod.head;
  const node = pod.node === null ? {} : { [nodeKey]: nodeValue(pod.node) };
  const labels = { ...placeLabels(namespace, context), ...node, ...pod.labels };
  return {
    name: workloadName(context.where.prefix, namespace, name),
    labels,
    addresses: pod.addresses,
    ports: firstOfEach(pod),
    namespace,
  };
}

function makerWorkload(
  { head, shape }: PodMakerObject,
  context: Context & { readonly taken: ReadonlySet<string>; readonly all: readonly PodMakerObject[] },
): Workload {
  const { namespace, name, kind } = head;
  const twins = context.all.filter((other) => other.head.namespace === namespace && other.head.name === name);
  const alone = twins.length === 1 && !context.taken.has(`${namespace}/${name}`);
  return {
    name: workloadName(context.where.prefix, namespace, name, ...(alone ? [] : [kind.toLowerCase()])),
    labels: { ...placeLabels(namespace, context), ...shape.labels },
    addresses: [],
    ports: firstOfEach(shape),
    namespace,
  };
}

/** SPEC KW2, KW10. */
function placeLabels(namespace: string, { where, namespaces }: Context): Labels {
  const own = Object.entries(namespaces.get(namespace) ?? {}).map(([key, value]) => [`namespace:${key}`, value]);
  return { [clusterKey]: where.cluster, ...Object.fromEntries(own), [namespaceKey]: namespace };
}

/** SPEC KW7. */
function firstOfEach({ ports }: Pick<PodShape, 'ports'>): readonly NamedPort[] {
  const first = new Map<string, NamedPort>();
  for (const port of ports) {
    const key = `${port.name} ${port.protocol}`;
    if (!first.has(key)) first.set(key, port);
  }
  return [...first.values()].sort((a, b) => (`${a.name} ${a.protocol}` < `${b.name} ${b.protocol}` ? -1 : 1));
}

/** SPEC KW8, KW9. */
function nodesOf(objects: readonly ClusterObject[], pods: readonly PodObject[], where: Where): readonly Workload[] {
  const declared = objects.filter((object) => object.kind === 'node');
  const names = new Set(declared.map(({ head }) => head.name));
  const told = new Map<string, Set<Address>>();
  for (const { node, hostAddresses } of pods) {
    if (node === null || names.has(node)) continue;
    const addresses = told.get(node) ?? new Set();
    for (const address of hostAddresses) addresses.add(address);
    told.set(node, addresses);
  }
  return [
    ...declared.map(({ head: { name, labels }, addresses }) => nodeWorkload({ name, labels, addresses }, where)),
    ...[...told].map(([name, addresses]) =>
      nodeWorkload({ name, labels: {}, addresses: [...addresses].sort() }, where),
    ),
  ];
}

export type NodeSeen = { readonly name: string; readonly labels: Labels; readonly addresses: readonly Address[] };

/** SPEC KW8. */
export const nodeWorkload = ({ name, labels, addresses }: NodeSeen, { cluster, prefix }: Where): Workload => ({
  name: workloadName(prefix, name),
  labels: { [clusterKey]: cluster, [nodeKey]: nodeValue(name), ...inNodeSpace(labels) },
  addresses,
  ports: [],
  namespace: null,
});

const inNodeSpace = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [`node:${key}`, value]));

export function writtenWorkload(
  { name, labels, addresses, ports, namespace }: Workload,
  { network }: Where,
): WrittenDocument {
  const inNetwork = (address: Address): unknown => (network === defaultNetwork ? address : { network, address });
  return {
    kind: 'Workload',
    name,
    labels: Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(addresses.length > 0 && { addresses: addresses.map(inNetwork) }),
    ...(ports.length > 0 && { ports: writtenPorts(ports) }),
    ...(namespace === null && { enforcer: 'none' }),
  };
}

/** `{http: tcp/8080, dns: [tcp/53, udp/53]}`. */
function writtenPorts(ports: readonly NamedPort[]): Written {
  const written = new Map<string, string[]>();
  for (const { name, protocol, port } of ports)
    written.set(name, [...(written.get(name) ?? []), `${protocol}/${port}`]);
  return Object.fromEntries([...written].map(([name, texts]) => [name, texts.length === 1 ? texts[0] : texts]));
}
