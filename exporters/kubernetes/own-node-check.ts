import type { Cluster } from './cluster.ts';
import type { Findings, Remark, Subject } from './findings.ts';
import { concerns, isPassedBefore, nodesIn, ownNodes, type PodAtNode } from './own-node.ts';
import type { Placing } from './placing.ts';
import type { Direction, Row } from './rows.ts';
import { matchesLabels } from './selection.ts';

type Desk = { readonly cluster: Cluster; readonly findings: Findings };

/** Rows that can be reached, and what became of them. */
type Result = { readonly rows: readonly Row[]; readonly placing: Placing };

/**
 * Refuses what would come out otherwise between a pod and its own node (SPEC EX39). A cluster asks AdminNetworkPolicies,
 * then lets the two talk where a NetworkPolicy isolates the pod, and asks the baseline where none does.
 */
export function checkOwnNode(desk: Desk, pods: readonly PodAtNode[], { rows, placing }: Result): void {
  const { cluster, findings } = desk;
  const { direction, fallback } = placing;
  const speaking = rows.filter(({ verdict, peers }) => verdict !== 'allow' && peers.length > 0);
  for (const one of pods) {
    const isIsolated = fallback === 'deny' || isSubject([...placing.allows, ...placing.isolation], one);
    const missing = one.passing[direction] === null;
    const whole: Subject = { name: `${cluster.name}:own-node`, place: null };
    if (missing && fallback === 'deny') findings.refuse(whole, missingRemark(direction));
    for (const row of speaking) {
      if (!concerns(row, one)) continue;
      const remark = row.verdict === 'pass' ? whyNotPass(row, one) : whyNotDeny(row, one, { placing, isIsolated });
      if (remark !== null)
        findings.refuse(
          ...(missing ? ([whole, missingRemark(direction)] as const) : ([aboutOf(row), remark] as const)),
        );
    }
  }
}

/** Nothing can be asked of pods without a node in the estate, and every pod of a real cluster has one (SPEC EX39). */
export function noteHomeless({ cluster, findings }: Desk, placings: readonly Placing[]): void {
  const isolates = placings.some(
    ({ fallback, allows, isolation }) => fallback === 'deny' || allows.length + isolation.length > 0,
  );
  const nodes = nodesIn(cluster);
  const count = cluster.pods.filter((pod) => ownNodes(nodes, pod).length === 0).length;
  if (!isolates || count === 0) return;
  findings.note(
    { name: `${cluster.name}:own-node`, place: null },
    {
      code: 'no-nodes',
      so: `${count} of its ${cluster.pods.length} pods have no node in the estate, and NetworkPolicies never stop traffic between a pod and its own node`,
      needed: 'export with the nodes in the estate where that is to be looked at',
    },
  );
}

const aboutOf = ({ id, place }: Row): Subject => ({ name: id, place });
const isSubject = (rows: readonly Row[], { pod }: PodAtNode): boolean =>
  rows.some(({ subject }) => matchesLabels(subject, pod.labels));

/** Where it skips the rule between the two, what comes behind would decide. */
function whyNotPass(row: Row, { passing }: PodAtNode): Remark | null {
  const first = passing[row.direction];
  return first !== null && row.tier < first.tier && first.tier < row.afterGroup ? skippingRemark(first.id) : null;
}

type Ends = { readonly placing: Placing; readonly isIsolated: boolean };

/** A deny before the rule between the two has to be one of an object that holds for nodes, and one behind it must not be. */
function whyNotDeny(row: Row, one: PodAtNode, { placing, isIsolated }: Ends): Remark | null {
  const { direction, admin, baseline } = placing;
  const written = direction === 'ingress' ? [] : isIsolated ? admin : [...admin, ...baseline];
  if (!isPassedBefore(one, row)) return written.includes(row) ? null : deniedRemarks[direction];
  const isSaid = written.some(({ id }) => id === row.id);
  return isSaid ? passedRemark(one.passing[direction]?.id ?? '') : null;
}

const hint = 'give --accept-own-node where the difference may be';
const code = 'own-node';

const missingRemark = (direction: Direction): Remark => ({
  code,
  so: `NetworkPolicies never stop traffic between a pod and its own node, and no rule of the policy lets it pass in ${direction}`,
  needed: 'the ruleset that import writes is needed',
  hint,
});

const deniedRemarks: Readonly<Record<Direction, Remark>> = {
  ingress: {
    code,
    so: 'it denies pods what their own node sends, and no object of a cluster does that',
    needed: 'a place behind the rule that lets it pass is needed',
    hint,
  },
  egress: {
    code,
    so: 'it denies pods their own node where only a NetworkPolicy has the place, and those let that pass',
    needed: 'a place behind the rule that lets it pass is needed',
    hint,
  },
};

/** Of a deny that is written as a rule of an admin kind, and of one that would be. */
export const passedRemark = (rule: string): Remark => ({
  code,
  so: `${rule} lets a pod and its own node talk before it, and the object that says it would deny that`,
  needed: 'a place before that rule is needed',
  hint,
});

const skippingRemark = (rule: string): Remark => ({
  code,
  so: `it passes by ${rule}, and a cluster lets a pod and its own node talk all the same`,
  needed: 'a group without that rule is needed',
  hint,
});
