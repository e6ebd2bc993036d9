import type { Labels, NetworkAddress } from '@bulkhead/model/words.ts';
import { protocolNumber, type ServiceRange, servicePoint } from '@bulkhead/net/service-space.ts';
import type { NamedPort } from '../cluster.ts';
import {
  isWorkload,
  type NodeSeen,
  nodeWorkload,
  type PodSeen,
  podWorkload,
  type Where,
  type Workload,
} from '../write/workloads.ts';

/** A workload of a cluster that is watched. */
export type ClusterWorkload = {
  readonly name: string;
  readonly part: 'pod' | 'node';
  readonly labels: Labels;
  readonly addresses: readonly NetworkAddress[];
  readonly ports: Readonly<Record<string, readonly ServiceRange[]>>;
};

/** The workload that an import of the same pod would write; null: it is none. */
export function workloadOfPod(pod: PodSeen, namespace: Labels, where: Where): ClusterWorkload | null {
  if (!isWorkload(pod)) return null;
  const namespaces = new Map([[pod.head.namespace, namespace]]);
  return clusterWorkload(podWorkload(pod, { where, namespaces }), 'pod', where);
}

export const workloadOfNode = (node: NodeSeen, where: Where): ClusterWorkload =>
  clusterWorkload(nodeWorkload(node, where), 'node', where);

function clusterWorkload(workload: Workload, part: 'pod' | 'node', { network }: Where): ClusterWorkload {
  const { name, labels, ports } = workload;
  const addresses = workload.addresses.map((address) => ({ network, address }));
  return { name, part, labels, addresses, ports: portsOf(ports) };
}

function portsOf(named: readonly NamedPort[]): Record<string, ServiceRange[]> {
  const ports: Record<string, ServiceRange[]> = {};
  for (const { name, protocol, port } of named) {
    const point = servicePoint(protocolNumber(protocol) ?? 0, port);
    ports[name] = [...(ports[name] ?? []), { first: point, last: point }];
  }
  return ports;
}
