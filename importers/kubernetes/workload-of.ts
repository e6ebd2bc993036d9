import type { Labels, NetworkAddress } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { protocolNumber, type ServiceRange, servicePoint } from '@bulkhead/net/service-space.ts';

export type NamedPort = { readonly name: string; readonly protocol: 'tcp' | 'udp' | 'sctp'; readonly port: number };

/** What has to be known of a pod. */
export type PodSeen = {
  readonly head: { readonly namespace: string; readonly name: string; readonly labels: Labels };
  readonly addresses: readonly Address[];
  readonly node: string | null;
  readonly hostNetwork: boolean;
  readonly finished: boolean;
  readonly ports: readonly NamedPort[];
};

export type ClusterPlace = { readonly cluster: string; readonly network: string };

/** A workload of a cluster. */
export type ClusterWorkload = {
  readonly name: string;
  readonly part: 'pod' | 'node';
  readonly labels: Labels;
  readonly addresses: readonly NetworkAddress[];
  readonly ports: Readonly<Record<string, ServiceRange>>;
};

/** Null: it is none; a pod in the host's network is its node, and the addresses of one that is finished are others' by now. */
export function workloadOfPod(
  pod: PodSeen,
  namespace: Labels,
  { cluster, network }: ClusterPlace,
): ClusterWorkload | null {
  if (pod.hostNetwork || pod.finished) return null;
  const { head, node } = pod;
  return {
    name: `${head.namespace}/${head.name}`,
    part: 'pod',
    labels: {
      ...head.labels,
      ...inSpace('namespace', namespace),
      'namespace:kubernetes.io/metadata.name': head.namespace,
      'kubernetes:cluster': cluster,
      ...(node === null ? {} : { 'kubernetes:node': node }),
    },
    addresses: pod.addresses.map((address) => ({ network, address })),
    ports: portsOf(pod.ports),
  };
}

/** An unmanaged workload of its own name. */
export function workloadOfNode(
  {
    name,
    labels,
    addresses,
  }: { readonly name: string; readonly labels: Labels; readonly addresses: readonly Address[] },
  { cluster, network }: ClusterPlace,
): ClusterWorkload {
  return {
    name,
    part: 'node',
    labels: { ...inSpace('node', labels), 'kubernetes:cluster': cluster, 'kubernetes:node': name },
    addresses: addresses.map((address) => ({ network, address })),
    ports: {},
  };
}

const inSpace = (space: string, labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${space}:${key}`, value]));

function portsOf(named: readonly NamedPort[]): Record<string, ServiceRange> {
  const ports: Record<string, ServiceRange> = {};
  for (const { name, protocol, port } of named) {
    const point = servicePoint(protocolNumber(protocol) ?? 0, port);
    // Where two containers use one name, the first one counts.
    ports[name] ??= { first: point, last: point };
  }
  return ports;
}
