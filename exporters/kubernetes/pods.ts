import { clusterKey } from '@bulkhead/model/cluster-names.ts';
import type { Document, ModeDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { ModeName } from '@bulkhead/model/words.ts';
import type { Cluster } from './cluster.ts';
import type { Findings } from './findings.ts';
import { type Settle, settler } from './label-groups.ts';
import { matchesLabels, selectionOf } from './selection.ts';

/** SPEC EX10: a cluster enforces on all of its pods, in both directions. */
export function checkPods(documents: readonly Document[], cluster: Cluster, findings: Findings): void {
  if (cluster.pods.length === 0) refuseNoPods(cluster, findings);
  const settle = settler(documents);
  const modes = documents.filter((document) => document.kind === 'Mode');
  for (const pod of cluster.pods) {
    if (!pod.enforced)
      findings.refuse(pod, {
        code: 'unmanaged-pod',
        so: 'nothing is enforced for it, and a cluster enforces for every pod',
        needed: 'a workload with an enforcer is needed',
      });
    for (const direction of ['inbound', 'outbound'] as const) checkMode({ modes, settle, findings }, pod, direction);
  }
}

function refuseNoPods({ name, others }: Cluster, findings: Findings): void {
  const clusters = new Set(others.flatMap(({ labels }) => labels[clusterKey] ?? []));
  findings.refuse(
    { name, place: null },
    {
      code: 'no-pods',
      so: 'the estate has no pods of a cluster of that name',
      needed: `workloads with ${clusterKey}=${name} and a namespace are needed`,
      ...(clusters.size > 0 && { hint: `there is ${[...clusters].sort().join(', ')}` }),
    },
  );
}

type Modes = { readonly modes: readonly ModeDocument[]; readonly settle: Settle; readonly findings: Findings };

/** The most specific Mode decides, and of those the strictest; without one, the fallback (policy/SPEC.md M1, M2). */
function checkMode({ modes, settle, findings }: Modes, pod: WorkloadDocument, direction: 'inbound' | 'outbound'): void {
  const speaking = modes.filter((mode) => {
    const selection = selectionOf(settle(mode.selector.requirements));
    return mode[direction] !== null && selection !== null && matchesLabels(selection, pod.labels);
  });
  const most = Math.max(...speaking.map(({ selector }) => selector.requirements.length));
  const deciding = speaking.filter(({ selector }) => selector.requirements.length === most);
  const isEnforced = deciding.some((mode) => mode[direction] === 'enforce');
  const [wrong] = deciding;
  const found: ModeName | null = isEnforced ? 'enforce' : (wrong?.[direction] ?? pod.fallbackMode);
  if (found === 'enforce') return;
  const [name, place] = wrong === undefined ? [pod.name, pod.place] : [wrong.selector.text, wrong.place];
  findings.refuse(
    { name, place },
    {
      code: 'mode',
      so: `${wrong === undefined ? 'it' : `pod ${pod.name}`} is in mode ${found} ${direction}, and a cluster enforces what it is given`,
      needed: 'mode enforce is needed',
    },
  );
}
