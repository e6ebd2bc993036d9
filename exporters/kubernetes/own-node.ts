import { clusterKey, namespaceKey, nodeKey } from '@bulkhead/model/cluster-names.ts';
import type { End, Rule, RulesetDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { includesAddress } from './address-ranges.ts';
import { type Cluster, nodeSpace } from './cluster.ts';
import type { PlaceTerm } from './places.ts';
import type { Direction, Row } from './rows.ts';
import type { ActiveRule, Desk } from './rules.ts';
import { matchesLabels, type Selection, selectionOf } from './selection.ts';
import { isEveryService } from './service-sets.ts';

/** Whether the rule is the one between pods and their own node, which a cluster has of itself (SPEC EX39). */
export function isOwnNodeRule(ruleset: RulesetDocument, rule: Rule): boolean {
  const { verdict, services, from, to, except, expires, reverify } = rule;
  const isAll = services.some((ref) => ref.kind === 'range' && isEveryService({ ranges: [ref.range], named: [] }));
  const isPlain = except.length === 0 && expires === null && reverify === null && [...from, ...to].every(isSelector);
  const hasSides = isBetween(from, to) || isBetween(to, from);
  return holdsPerNode(ruleset) && verdict === 'allow' && isAll && isPlain && hasSides;
}

const holdsPerNode = ({ scopes }: RulesetDocument): boolean =>
  scopes.kind === 'each' &&
  scopes.keys.length === 2 &&
  scopes.keys.includes(clusterKey) &&
  scopes.keys.includes(nodeKey);

const isSelector = (end: End): boolean => end.kind === 'selector' && end.scoped && end.identity === null;

const isBetween = (nodes: readonly End[], pods: readonly End[]): boolean =>
  nodes.length > 0 && pods.length > 0 && nodes.every(isNodes) && pods.every(isPods);

/** An end without a namespace. */
const isNodes = (end: End): boolean => mayLackNamespace(end) === true;

/** An end with one. */
const isPods = (end: End): boolean => mayLackNamespace(end) === false;

/** Null: the end says nothing of a namespace. */
function mayLackNamespace(end: End): boolean | null {
  const selection = end.kind === 'selector' ? selectionOf(end.selector.requirements) : null;
  return selection?.get(namespaceKey)?.absent ?? null;
}

/** The first tier in which a rule lets a pod and its own node talk, and that rule; null: none does. */
type Passing = { readonly id: string; readonly tier: number } | null;

/** A pod, the nodes that may be its own, and what the policy says of the two. */
export type PodAtNode = {
  readonly pod: WorkloadDocument;
  readonly nodes: readonly WorkloadDocument[];
  readonly passing: Readonly<Record<Direction, Passing>>;
};

export const nodesIn = ({ name, others }: Cluster): readonly WorkloadDocument[] =>
  others.filter(({ labels }) => labels[clusterKey] === name && !(namespaceKey in labels));

/** Which of the nodes may be the pod's own: any of them where it does not say which. */
export function ownNodes(nodes: readonly WorkloadDocument[], pod: WorkloadDocument): readonly WorkloadDocument[] {
  const name = pod.labels[nodeKey];
  return name === undefined ? nodes : nodes.filter(({ labels }) => labels[nodeKey] === name);
}

/** Every pod that has a node in the estate. Of one that does not say which, any node may be its own. */
export function podsAtNodes(desk: Desk, rules: readonly ActiveRule[]): readonly PodAtNode[] {
  const { cluster } = desk;
  const all = nodesIn(cluster);
  const own = rules.filter(({ ruleset, rule }) => isOwnNodeRule(ruleset, rule)).flatMap((rule) => saidBy(desk, rule));
  return cluster.pods.flatMap((pod) => {
    const nodes = ownNodes(all, pod);
    if (nodes.length === 0) return [];
    const first = (direction: Direction): Passing =>
      own
        .filter((said) => said.direction === direction && speaksOf(said, pod, nodes))
        .reduce<Passing>((best, said) => (best === null || said.tier < best.tier ? said : best), null);
    return [{ pod, nodes, passing: { ingress: first('ingress'), egress: first('egress') } }];
  });
}

type Said = {
  readonly id: string;
  readonly direction: Direction;
  readonly tier: number;
  readonly pods: readonly Selection[];
  readonly nodes: readonly Selection[];
};

/** One half of the rule: that which speaks at pods. */
function saidBy({ settle }: Desk, { id, at, tier, rule }: ActiveRule): Said[] {
  const selections = (ends: readonly End[]): Selection[] =>
    ends.flatMap((end) => {
      const selection = end.kind === 'selector' ? selectionOf(settle(end.selector.requirements)) : null;
      return selection === null ? [] : [selection];
    });
  const [from, to] = [selections(rule.from), selections(rule.to)];
  const said = { id, tier: tier.number };
  return [
    ...(at === 'source' ? [] : [{ ...said, direction: 'ingress' as const, pods: to, nodes: from }]),
    ...(at === 'destination' ? [] : [{ ...said, direction: 'egress' as const, pods: from, nodes: to }]),
  ];
}

const speaksOf = (said: Said, pod: WorkloadDocument, nodes: readonly WorkloadDocument[]): boolean =>
  said.pods.some((selection) => matchesLabels(selection, pod.labels)) &&
  nodes.every(({ labels }) => said.nodes.some((selection) => matchesLabels(selection, labels)));

/** Whether the row says something of the pod and its own node. */
export const concerns = (row: Row, { pod, nodes }: PodAtNode): boolean =>
  matchesLabels(row.subject, pod.labels) && row.peers.some((peer) => nodes.some((node) => isIn(peer, node)));

function isIn(peer: PlaceTerm, { labels, addresses }: WorkloadDocument): boolean {
  switch (peer.kind) {
    case 'any':
      return true;
    case 'addresses':
      return addresses.some(({ address }) => includesAddress(peer.ranges, address));
    case 'nodes':
      return matchesLabels(peer.selection, ownLabels(labels));
    // That is pods of the cluster: what is not among them was refused.
    case 'selection':
    case 'domain':
      return false;
  }
}

const ownLabels = (labels: Cluster['others'][number]['labels']) =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) =>
      key.startsWith(nodeSpace) ? [[key.slice(nodeSpace.length), value]] : [],
    ),
  );

/** Whether the policy lets the two talk before it comes to the row; in one tier a deny is stronger. */
export const isPassedBefore = ({ passing }: PodAtNode, { direction, tier }: Row): boolean => {
  const first = passing[direction];
  return first !== null && first.tier < tier;
};
