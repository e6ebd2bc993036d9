import type { Document } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { adminPolicies, baselinePolicies } from './admin-policies.ts';
import { readCluster } from './cluster.ts';
import { Findings } from './findings.ts';
import { lifelineRules } from './lifeline.ts';
import { type Manifest, writeManifests } from './manifests.ts';
import { networkPolicies } from './network-policies.ts';
import { isOwnNodeRule, podsAtNodes } from './own-node.ts';
import { noteHomeless } from './own-node-check.ts';
import { placeRows } from './placing.ts';
import { checkPods } from './pods.ts';
import { type Row, rowsOf } from './rows.ts';
import { boxesOf } from './rule-boxes.ts';
import { activeRules, type Desk, openDesk, refuseUnsayable } from './rules.ts';
import { passesFrontends } from './virtual-services.ts';

export type ExportOptions = {
  /** As workloads have it in `kubernetes:cluster`. */
  readonly cluster: string;
  /** Milliseconds since the epoch: what has expired by then is left out. */
  readonly now: number;
  /** Whether it is agreed that between a pod and its own node the cluster decides otherwise (SPEC EX39). */
  readonly acceptOwnNode: boolean;
};

export type Exported = {
  /** Null where something was refused. */
  readonly manifests: readonly Manifest[] | null;
  readonly refusals: readonly Problem[];
  /** What was left out, and what holds for the estate as it is only. */
  readonly notes: readonly Problem[];
  /** The notes, those that say the same as one. */
  readonly summary: readonly Problem[];
};

/**
 * Estate and policy as objects of one cluster; SPEC.md beside this file says what they mean. The documents are those of a sound
 * world: references resolved, no tier unknown.
 */
export function exportKubernetes(documents: readonly Document[], options: ExportOptions): Exported {
  const findings = new Findings();
  const cluster = readCluster(documents, options.cluster);
  checkPods(documents, cluster, findings);
  // Of no pods there is nothing else to say.
  if (cluster.pods.length === 0) return { manifests: null, refusals: findings.refusals, notes: [], summary: [] };
  const desk = openDesk(documents, { cluster, findings, now: options.now });
  const rules = activeRules(desk);
  const rows = readRows(desk, rules);
  const pods = options.acceptOwnNode ? [] : podsAtNodes(desk, rules);
  const placings = (['ingress', 'egress'] as const).map((direction) =>
    placeRows(
      { cluster, findings, pods },
      direction,
      rows.filter((row) => row.direction === direction),
    ),
  );
  const objects = [
    ...networkPolicies(desk, placings, rows),
    ...adminPolicies(findings, placings),
    ...baselinePolicies(findings, placings),
  ];
  if (!options.acceptOwnNode) noteHomeless(desk, placings);
  const { refusals, notes, summary } = findings;
  const manifests = refusals.length > 0 ? null : writeManifests(objects, { documents, cluster: options.cluster });
  return { manifests, refusals, notes, summary };
}

function readRows(desk: Desk, rules: ReturnType<typeof activeRules>): readonly Row[] {
  const rows: Row[] = [];
  for (const { speaker, boxes } of lifelineRules(desk))
    if (passesFrontends(desk, speaker, { boxes, beside: () => [] })) rows.push(...rowsOf(desk, speaker, boxes));
  for (const rule of rules) {
    if (isOwnNodeRule(rule.ruleset, rule.rule) || refuseUnsayable(desk, rule)) continue;
    rows.push(...rowsOf(desk, rule, boxesOf(desk, rule, rules) ?? []));
  }
  return rows;
}
