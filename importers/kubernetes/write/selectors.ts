import { clusterKey, namespaceKey, namespaceNameKey, nodeKey } from '@bulkhead/model/cluster-names.ts';
import type { Requirement } from '@bulkhead/model/documents.ts';
import { requirementText } from '@bulkhead/model/requirements.ts';
import type { PodPeer } from '../cluster.ts';

/** Conditions of the language for what a policy selects; every one asks for the cluster (SPEC KL1). */
export const equal = (key: string, value: string): Requirement => ({ key, operator: 'in', values: [value] });
const exists = (key: string): Requirement => ({ key, operator: 'exists', values: [] });

/** `own`: the namespace of the policy, for a peer that names none. */
export function podRequirements(cluster: string, peer: PodPeer, own: string): readonly Requirement[] {
  return [equal(clusterKey, cluster), ...namespaceRequirements(peer.namespaces, own), ...peer.pods];
}

function namespaceRequirements(namespaces: readonly Requirement[] | null, own: string): readonly Requirement[] {
  if (namespaces === null) return [equal(namespaceKey, own)];
  const needsOne = namespaces.some(
    ({ key, operator }) => key === namespaceNameKey && (operator === 'in' || operator === 'exists'),
  );
  return [...(needsOne ? [] : [exists(namespaceKey)]), ...inSpace('namespace', namespaces)];
}

export const everyPod = (cluster: string): readonly Requirement[] => [equal(clusterKey, cluster), exists(namespaceKey)];

export function nodeRequirements(cluster: string, nodes: readonly Requirement[]): readonly Requirement[] {
  const noPod: Requirement = { key: namespaceKey, operator: 'absent', values: [] };
  return [equal(clusterKey, cluster), exists(nodeKey), noPod, ...inSpace('node', nodes)];
}

const inSpace = (space: string, requirements: readonly Requirement[]): readonly Requirement[] =>
  requirements.map((requirement) => ({ ...requirement, key: `${space}:${requirement.key}` }));

/** The text that the language reads as these conditions. */
export const selectorText = (requirements: readonly Requirement[]): string =>
  requirements.map(requirementText).join(',');
