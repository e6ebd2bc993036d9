import type { Document, VirtualServiceDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { type Cluster, matching } from './cluster.ts';
import type { Settle } from './label-groups.ts';
import { selectionOf } from './selection.ts';

/** A virtual service that leads to pods of the cluster, with the frontends whose address nobody has. */
export type Fronted = VirtualServiceDocument & { readonly behind: readonly WorkloadDocument[] };

export function frontedIn(documents: readonly Document[], cluster: Cluster, settle: Settle): readonly Fronted[] {
  const workloads = [...cluster.pods, ...cluster.others];
  const owned = new Set(workloads.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  return documents.flatMap((document) => {
    if (document.kind !== 'VirtualService') return [];
    const selection = selectionOf(settle(document.members.selector.requirements));
    if (selection === null || matching(cluster.pods, selection).length === 0) return [];
    const frontends = document.frontends.filter(({ address }) => !owned.has(address));
    return [{ ...document, frontends, behind: matching(workloads, selection) }];
  });
}
