import { isoOrNull } from '../api/host-view.ts';
import type { Cluster } from './cluster.ts';

/** How a cluster is doing, as people see it. */
export type ClusterView = ReturnType<typeof clusterView>;

/** Workloads that are told by name; a cluster may have thousands of them. */
const refusedShown = 20;

export function clusterView(cluster: Cluster, workloads: number) {
  const { option, watch, refused } = cluster;
  const health = watch.health();
  const { namespaces, nodes, pods } = health.kinds;
  return {
    name: option.name,
    network: option.network,
    state: stateOf(health.isSynced, health.staleSince),
    connectedSince: isoOrNull(health.connectedSince),
    /** Since when what the estate has of it may be out of date; null: it is not. */
    staleSince: isoOrNull(health.staleSince),
    lastHeard: isoOrNull(health.heardAt),
    relists: health.relists,
    failures: namespaces.failures + nodes.failures + pods.failures,
    events: namespaces.events + nodes.events + pods.events,
    objects: { namespaces: namespaces.objects, nodes: nodes.objects, pods: pods.objects },
    workloads,
    refused: {
      count: refused.size,
      first: [...refused].slice(0, refusedShown).map(([name, why]) => ({ name, why })),
    },
    unsetKeys: cluster.unsetKeys(),
    problems: [
      ...(health.problem === null ? [] : [`Cannot watch cluster "${option.name}": ${health.problem.message}`]),
      ...[cluster.problem()].filter((problem) => problem !== null),
    ],
  };
}

/** `starting`: not everything was listed yet since the controller started. `unwatched`: nobody follows it any more. */
type State = 'starting' | 'watching' | 'stale' | 'unwatched';

function stateOf(isSynced: boolean, staleSince: number | null): State {
  if (staleSince === null) return 'watching';
  return isSynced ? 'stale' : 'starting';
}

export const unwatchedView = (name: string, workloads: number): ClusterView => ({
  name,
  network: '',
  state: 'unwatched',
  connectedSince: null,
  staleSince: null,
  lastHeard: null,
  relists: 0,
  failures: 0,
  events: 0,
  objects: { namespaces: 0, nodes: 0, pods: 0 },
  workloads,
  refused: { count: 0, first: [] },
  unsetKeys: {},
  problems: [
    `Nobody watches cluster "${name}" any more: its workloads stay until it is named again or they are removed`,
  ],
});
