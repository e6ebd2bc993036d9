import { clusterKey, namespaceKey, namespaceNameKey, nodeKey } from '@bulkhead/model/cluster-names.ts';
import type { Requirement, RuleState } from '@bulkhead/model/documents.ts';
import type { WrittenDocument } from '@bulkhead/model/format/document-text.ts';
import type { AdminPolicyObject, NetworkPolicyObject } from '../cluster.ts';
import { rulesetName, tiers } from './names.ts';
import { equal, everyPod, podRequirements, selectorText } from './selectors.ts';

type Said = {
  readonly cluster: string;
  readonly state: Extract<RuleState, 'active' | 'disabled'>;
  readonly policies: readonly NetworkPolicyObject[];
  readonly admins: readonly AdminPolicyObject[];
};

/** SPEC KN15: one scope for every node, so that each pod meets its own node and no other. */
export function ownNodeRuleset({ cluster, state, policies, admins }: Said): WrittenDocument {
  const pods = selectorText(everyPod(cluster));
  const node = selectorText([equal(clusterKey, cluster), { key: namespaceKey, operator: 'absent', values: [] }]);
  const going = admins.some(deniesNodes) ? isolatedPods(cluster, policies) : [pods];
  const [first, ...others] = going;
  return {
    kind: 'Ruleset',
    name: rulesetName(cluster, 'own-node'),
    tier: tiers.ownNode,
    ...(state !== 'active' && { state }),
    each: [clusterKey, nodeKey],
    rules: [
      { name: 'ingress-0', allow: ['all'], from: node, to: pods, at: 'destination' },
      ...(first === undefined
        ? []
        : [{ name: 'egress-0', allow: ['all'], from: others.length === 0 ? first : going, to: node, at: 'source' }]),
    ],
  };
}

/**
 * Whether the policy is a baseline that may deny a node something. Where none does, the exception makes no difference
 * to pods that nothing isolates: what comes to them from the baseline on is allowed.
 */
function deniesNodes({ priority, rules }: AdminPolicyObject): boolean {
  const isDenied = rules.some(
    ({ direction, verdict, peers }) =>
      direction === 'egress' &&
      verdict === 'deny' &&
      (peers === null || peers.some(({ kind }) => kind === 'nodes' || kind === 'block')),
  );
  return priority === null && isDenied;
}

/** Selectors of the pods that some policy isolates in egress: as few as say it, for each of them holds for each node. */
function isolatedPods(cluster: string, policies: readonly NetworkPolicyObject[]): readonly string[] {
  const isolating = policies.filter(({ isolates }) => isolates.includes('egress'));
  const isWhole = ({ subject }: NetworkPolicyObject): boolean => subject.pods.length === 0;
  const whole = new Set(isolating.filter(isWhole).map(({ head }) => head.namespace));
  const needed = isolating.filter((policy) => isWhole(policy) || !whole.has(policy.head.namespace));
  const byPods = Map.groupBy(needed, ({ subject }) => selectorText(subject.pods));
  const texts = [...byPods.values()].flatMap((alike) => {
    const values = [...new Set(alike.map(({ head }) => head.namespace))].sort();
    const namespaces: Requirement = { key: namespaceNameKey, operator: 'in', values };
    return alike
      .slice(0, 1)
      .map(({ subject }) => selectorText(podRequirements(cluster, { ...subject, namespaces: [namespaces] }, '')));
  });
  return texts.sort();
}
