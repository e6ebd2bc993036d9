import type { End, Rule, RulesetDocument } from '@bulkhead/model/documents.ts';
import { type Cluster, clusterKey, namespaceKey, nodeKey } from './cluster.ts';
import type { Findings } from './findings.ts';
import type { Row } from './rows.ts';
import type { ActiveRule } from './rules.ts';
import { selectionOf } from './selection.ts';
import { isEveryService } from './service-sets.ts';

/** Whether the rule is the one between pods and their own node, which a cluster has of itself (SPEC EX39). */
export function isOwnNodeRule(ruleset: RulesetDocument, rule: Rule): boolean {
  const { verdict, services, from, to, except } = rule;
  const isAll = services.some((ref) => ref.kind === 'range' && isEveryService({ ranges: [ref.range], named: [] }));
  const ends = [...from, ...to];
  return holdsPerNode(ruleset) && verdict === 'allow' && isAll && except.length === 0 && ends.some(isNodes);
}

const holdsPerNode = ({ scopes }: RulesetDocument): boolean =>
  scopes.kind === 'each' &&
  scopes.keys.length === 2 &&
  scopes.keys.includes(clusterKey) &&
  scopes.keys.includes(nodeKey);

/** An end without a namespace. */
function isNodes(end: End): boolean {
  const selection = end.kind === 'selector' && end.scoped ? selectionOf(end.selector.requirements) : null;
  const namespace = selection?.get(namespaceKey);
  return namespace?.absent === true;
}

type Said = {
  readonly rules: readonly ActiveRule[];
  readonly rows: readonly Row[];
  readonly accepted: boolean;
};

/** A cluster lets a pod's own node in and out before every rule: the policy has to say so, or its author to accept it. */
export function checkOwnNode(cluster: Cluster, findings: Findings, { rules, rows, accepted }: Said): void {
  const nodes = cluster.others.filter(({ labels }) => labels[clusterKey] === cluster.name && !(namespaceKey in labels));
  if (nodes.length === 0 || accepted) return;
  const tier = Math.min(
    ...rules.filter(({ ruleset, rule }) => isOwnNodeRule(ruleset, rule)).map((rule) => rule.tier.number),
  );
  const before = rows.find(
    (row) => row.verdict === 'deny' && row.tier < tier && row.peers.some(({ kind }) => kind !== 'selection'),
  );
  if (tier !== Number.POSITIVE_INFINITY && before === undefined) return;
  const so = before === undefined ? 'no rule of the policy says so' : `${before.id} may deny some of it before`;
  findings.refuse(
    { name: `${cluster.name}:own-node`, place: before?.place ?? null },
    {
      code: 'own-node',
      so: `a cluster always lets traffic between a pod and its own node pass, and ${so}`,
      needed: 'the ruleset that import writes, in a tier before every deny, is needed',
      hint: 'give --accept-own-node where the difference may be',
    },
  );
}
