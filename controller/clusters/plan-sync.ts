import { isDeepStrictEqual } from 'node:util';
import type { ClusterWorkload } from '@bulkhead/importers/kubernetes/watch/cluster-workload.ts';
import { wrongWorkloadName } from '@bulkhead/model/name-text.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { labelsBySource, type SourceRights } from '@bulkhead/policy/labels-by-source.ts';
import type { EstateChange } from '../estate/estate.ts';
import type { WorkloadChange, WorkloadRecord, WorkloadSource } from '../store/workloads.ts';

export type SyncInput = {
  readonly cluster: string;
  /** What the cluster says of a workload; null: it has none of that name. */
  readonly touched: ReadonlyMap<string, ClusterWorkload | null>;
  /** As the estate has it; null: there is none. */
  readonly known: (name: string) => WorkloadRecord | null;
  readonly rights: SourceRights;
};

export type SyncPlan = {
  readonly changes: readonly EstateChange[];
  /** Workloads of the cluster that are not in the estate, and why. */
  readonly refused: ReadonlyMap<string, string>;
};

/** What has to change for the estate to be what the cluster says of the workloads that were touched. */
export function planSync({ cluster, touched, known, rights }: SyncInput): SyncPlan {
  const changes: EstateChange[] = [];
  const refused = new Map<string, string>();
  for (const [name, said] of touched) {
    const before = known(name);
    const isOurs = before?.source?.cluster === cluster;
    const why = said === null ? null : whyRefused(name, isOurs ? null : before, said.part);
    if (why !== null) refused.set(name, why);
    const to = said === null || why !== null ? null : recordOf(cluster, said, labelsBySource(rights, said.labels).set);
    if (to === null && isOurs) changes.push({ kind: 'removed', workload: name, to: null, onlyIf: isOf(cluster) });
    if (to !== null && !isSame(before, to))
      changes.push({ kind: 'cluster', workload: name, to, onlyIf: isOf(cluster) });
  }
  return { changes, refused };
}

/** INVARIANT: a cluster never replaces what somebody else said is there, such as a host that enrolls at this moment. */
const isOf = (cluster: string) => (stored: WorkloadRecord | null) =>
  stored === null || stored.source?.cluster === cluster;

function whyRefused(name: string, other: WorkloadRecord | null, part: 'pod' | 'node'): string | null {
  const wrong = wrongWorkloadName(name);
  if (wrong !== null) return `its name is none for a workload: ${wrong}`;
  if (other === null) return null;
  if (other.source !== null) return `cluster "${other.source.cluster}" has a ${other.source.part} of this name`;
  if (!other.managed) return 'an unmanaged workload has this name';
  return part === 'node' ? 'it is enrolled as a host, which says what it is' : 'an enrolled host has this name';
}

export function sourceOf(cluster: string, { part, labels }: Pick<ClusterWorkload, 'part' | 'labels'>): WorkloadSource {
  return { kind: 'kubernetes', cluster, part, labels };
}

const recordOf = (cluster: string, said: ClusterWorkload, labels: Labels): WorkloadChange => ({
  name: said.name,
  managed: false,
  labels,
  addresses: said.addresses,
  ports: said.ports,
  fallbackMode: 'observe',
  serial: null,
  enrolment: 0,
  source: sourceOf(cluster, said),
  host: null,
});

function isSame(before: WorkloadRecord | null, to: WorkloadChange): boolean {
  if (before === null) return false;
  const { createdAt: _created, updatedAt: _updated, ...is } = before;
  return isDeepStrictEqual(is, to);
}
