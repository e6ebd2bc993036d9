import { stringify } from 'yaml';
import type { Random } from '../random.ts';
import type { Cluster, Namespace, Node, Pod } from './objects.ts';
import { randomAdminPolicies } from './random-admin-policies.ts';
import { type Naming, randomNaming } from './random-names.ts';
import { randomNetworkPolicies } from './random-network-policies.ts';

/**
 * A small cluster in which policies of all kinds meet. Names, labels, ports and blocks come from small pools, so that
 * they meet often and about as many connections are denied as allowed.
 */
export function randomCluster(random: Random): Cluster {
  const namespaces = randomNamespaces(random);
  const families = random.pick<Families>([['v4'], ['v4', 'v6'], ['v4', 'v6'], ['v6']]);
  const naming = randomNaming(random);
  const nodes = Array.from({ length: 1 + random.below(3) }, (_, index) =>
    randomNode(random, { index, families, naming }),
  );
  const pods = Array.from({ length: 4 + random.below(9) }, (_, index) =>
    randomPod(random, { index, families, naming, nodes, namespaces }),
  );
  const policies = [...randomNetworkPolicies(random, namespaces, naming), ...randomAdminPolicies(random, naming)];
  // A namespace and a node that others speak of need not be among the files.
  const seen = namespaces.filter((namespace) => namespace.metadata.labels !== undefined || random.chance(0.5));
  return [...seen, ...nodes.filter(() => random.chance(0.93)), ...pods, ...finishedPods(random, pods), ...policies];
}

/** Addresses that nobody in a cluster has; of what the pools of blocks hold, some lie in one and some in none. */
export const outsideAddresses = [
  '203.0.113.9',
  '203.0.113.200',
  '198.51.100.7',
  '10.1.0.99',
  '2001:db8::9',
  'fd00:1::99',
];

/** The same cluster as somebody may have written it: in another order, as documents, as a List, in block or flow style. */
export function clusterText(random: Random, cluster: Cluster): string {
  const keyed = cluster.map((object) => ({ object, key: random.unit() }));
  const shuffled = keyed.sort((one, other) => one.key - other.key).map(({ object }) => object);
  const cut = random.chance(0.3) ? random.below(shuffled.length) : 0;
  const list = { apiVersion: 'v1', kind: 'List', items: shuffled.slice(0, cut) };
  const documents: unknown[] = [...(cut > 0 ? [list] : []), ...shuffled.slice(cut)];
  return documents.map((document) => documentText(random, document)).join('---\n');
}

function documentText(random: Random, document: unknown): string {
  if (random.chance(0.2)) return `${JSON.stringify(document)}\n`;
  // As kubectl writes it, for readers of YAML 1.1.
  return stringify(document, {
    collectionStyle: random.chance(0.3) ? 'flow' : 'block',
    compat: 'yaml-1.1',
    lineWidth: 0,
  });
}

type Families = readonly ('v4' | 'v6')[];

function randomNamespaces(random: Random): readonly Namespace[] {
  return random.some(['red', 'blue', 'green', 'default'], 2, 4).map((name) => {
    const labels = {
      ...(random.chance(0.7) && { team: random.pick(['red', 'blue']) }),
      ...(random.chance(0.5) && { env: random.pick(['prod', 'dev']) }),
      ...(random.chance(0.3) && { 'example.com/tier': random.pick(['gold', 'lead']) }),
      ...(random.chance(0.3) && { frozen: '' }),
      // The control plane sets this one; files from `kubectl get` have it, those of a repository do not.
      ...(random.chance(0.3) && { 'kubernetes.io/metadata.name': name }),
    };
    const labelled = Object.keys(labels).length > 0;
    return { apiVersion: 'v1', kind: 'Namespace', metadata: labelled ? { name, labels } : { name } };
  });
}

const nodeAddresses = (index: number, families: Families): string[] =>
  families.map((family) => (family === 'v4' ? `10.0.0.${index + 1}` : `fd00::${index + 1}`));

type Nodes = { readonly index: number; readonly families: Families; readonly naming: Naming };

function randomNode(random: Random, { index, families, naming }: Nodes): Node {
  // Some clusters call their nodes by their addresses.
  const name = families[0] === 'v4' && random.chance(0.1) ? `10.0.0.${index + 1}` : naming('node', index);
  const labels = {
    ...(random.chance(0.7) && { zone: random.pick(['a', 'b']) }),
    ...(random.chance(0.3) && { 'node-role.kubernetes.io/control-plane': '' }),
  };
  const internal = nodeAddresses(index, families).map((address) => ({ type: 'InternalIP', address }));
  const external = random.chance(0.3) ? [{ type: 'ExternalIP', address: `203.0.113.${100 + index}` }] : [];
  const addresses = [{ type: 'Hostname', address: name }, ...internal, ...external];
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status: { addresses } };
}

type Place = Nodes & {
  readonly nodes: readonly Node[];
  readonly namespaces: readonly Namespace[];
};

function randomPod(random: Random, { index, families, naming, nodes, namespaces }: Place): Pod {
  const namespace = random.pick(namespaces).metadata.name;
  const host = random.below(nodes.length);
  const hostNetwork = random.chance(0.12);
  const own = random.chance(0.15) ? [random.pick(families)] : families;
  const addresses = hostNetwork
    ? nodeAddresses(host, families)
    : own.map((family) => (family === 'v4' ? `10.1.${host}.${index + 10}` : `fd00:1:${host}::${index + 10}`));
  const labels = randomPodLabels(random);
  const spec = { ...randomContainers(random), ...(hostNetwork && { hostNetwork }) };
  const metadata = {
    name: naming('pod', index),
    // What is applied without a namespace lands in `default`.
    ...(namespace === 'default' && random.chance(0.5) ? {} : { namespace }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
  if (!hostNetwork && random.chance(0.05)) return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: nodes[host]?.metadata.name ?? '', ...spec } },
    status: randomStatus(random, addresses, nodeAddresses(host, families)),
  };
}

function randomStatus(
  random: Random,
  addresses: readonly string[],
  hosts: readonly string[],
): NonNullable<Pod['status']> {
  const ips = (list: readonly string[]) => list.map((ip) => ({ ip }));
  const first = addresses[0] ?? '';
  const hostIP = hosts[0] ?? '';
  // Before there were several addresses there was one.
  if (addresses.length === 1 && random.chance(0.3)) return { podIP: first, hostIP };
  return { podIP: first, podIPs: ips(addresses), hostIP, hostIPs: ips(hosts) };
}

/** One whose address another pod has by now. */
function finishedPods(random: Random, pods: readonly Pod[]): readonly Pod[] {
  const heir = pods.find(({ spec, status }) => spec.hostNetwork !== true && status !== undefined);
  if (heir === undefined || random.chance(0.7)) return [];
  const metadata = {
    name: 'finished',
    namespace: random.pick(pods).metadata.namespace ?? 'default',
    labels: randomPodLabels(random),
  };
  return [{ ...heir, metadata, status: { ...heir.status, phase: random.pick(['Succeeded', 'Failed'] as const) } }];
}

function randomPodLabels(random: Random): Record<string, string> {
  return {
    ...(random.chance(0.85) && { app: random.pick(['web', 'api', 'db']) }),
    ...(random.chance(0.5) && { tier: random.pick(['front', 'back']) }),
    ...(random.chance(0.2) && { 'example.com/part': random.pick(['x', 'y']) }),
    ...(random.chance(0.2) && { flag: '' }),
    // A key that namespaces have as well: the two must not be mistaken for each other.
    ...(random.chance(0.2) && { team: random.pick(['red', 'blue']) }),
  };
}

/** The same name is another port, and another protocol, on another pod. */
function randomContainers(random: Random): Pick<Pod['spec'], 'containers' | 'initContainers'> {
  const ports = [
    ...(random.chance(0.6) ? [{ name: 'http', containerPort: random.pick([80, 8080]) }] : []),
    ...(random.chance(0.3) ? [{ name: 'dns', containerPort: 53, protocol: random.pick(['UDP', 'TCP'] as const) }] : []),
    ...(random.chance(0.2) ? [{ name: 'sig', containerPort: 2905, protocol: 'SCTP' as const }] : []),
    ...(random.chance(0.2) ? [{ containerPort: 9090 }] : []),
  ];
  const cut = random.below(ports.length + 1);
  if (cut === 0) return { containers: [ports.length === 0 ? { name: 'main' } : { name: 'main', ports }] };
  const [main, beside] = [
    { name: 'main', ports: ports.slice(0, cut) },
    { name: 'beside', ports: ports.slice(cut) },
  ];
  if (random.chance(0.6)) return { containers: [main, beside] };
  return { containers: [main], initContainers: [{ ...beside, restartPolicy: 'Always' }] };
}
