import { sameAddress } from './cidr.ts';
import { type Cluster, ofKind, type Pod } from './objects.ts';

/** One end of a connection. Not a pod of the pod network and not a node: somebody outside, known by the address. */
export type Side = {
  /** A pod with an address of its own; null for pods in the host's network, which are their node. */
  readonly pod: Pod | null;
  readonly node: string | null;
  /** Null: a pod that has none yet. */
  readonly address: string | null;
  /** The name whose address it is, as the pod that asked for it was told. Only destinations have one. */
  readonly domain?: string;
};

/**
 * Who a text stands for: `namespace/pod`, `namespace/pod@address`, the name of a node, an address, or
 * `domain@address`. A pod or node with several addresses is as many sides.
 */
export function sidesOf(cluster: Cluster, text: string): readonly Side[] {
  if (isAddress(text)) return [ownerOf(cluster, text)];
  const [name = '', address] = text.split('@');
  const sides = name.includes('/') ? sidesOfPod(cluster, name) : sidesOfNode(cluster, name);
  if (sides.length === 0 && address !== undefined) return [{ ...ownerOf(cluster, address), domain: name }];
  const asked = sides.filter((side) => address === undefined || isSame(side.address, address));
  if (asked.length === 0) throw new Error(`Nobody in the cluster is "${text}"`);
  return asked;
}

/** The sides that can meet: of the same family, or of a pod whose address is not known. */
export function pairsOf(cluster: Cluster, from: string, to: string): readonly { from: Side; to: Side }[] {
  const pairs = sidesOf(cluster, from).flatMap((source) =>
    sidesOf(cluster, to).flatMap((destination) =>
      canMeet(source, destination) ? [{ from: source, to: destination }] : [],
    ),
  );
  if (pairs.length === 0) throw new Error(`"${from}" and "${to}" have no addresses of one family`);
  return pairs;
}

export const namespaceOf = (object: Pod): string => object.metadata.namespace ?? 'default';
export const podName = (pod: Pod): string => `${namespaceOf(pod)}/${pod.metadata.name}`;

/** A pod that has finished has left its address, which its status still shows, to whoever has it now. */
export const hasFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

export function addressesOf(pod: Pod): readonly string[] {
  if (hasFinished(pod)) return [];
  const several = (pod.status?.podIPs ?? []).map(({ ip }) => ip);
  if (several.length > 0) return several;
  return pod.status?.podIP === undefined ? [] : [pod.status.podIP];
}

function sidesOfPod(cluster: Cluster, name: string): readonly Side[] {
  const pod = ofKind(cluster, 'Pod').find((candidate) => podName(candidate) === name);
  if (pod === undefined) return [];
  const addresses = addressesOf(pod);
  // "NetworkPolicy and hostNetwork pods": their connections are treated as those of the node.
  const side = pod.spec.hostNetwork === true ? { pod: null, node: pod.spec.nodeName ?? null } : { pod, node: null };
  return addresses.length === 0 ? [{ ...side, address: null }] : addresses.map((address) => ({ ...side, address }));
}

function sidesOfNode(cluster: Cluster, name: string): readonly Side[] {
  return nodeAddresses(cluster)
    .filter(({ node }) => node === name)
    .map(({ node, address }) => ({ pod: null, node, address }));
}

function ownerOf(cluster: Cluster, address: string): Side {
  for (const pod of ofKind(cluster, 'Pod')) {
    if (pod.spec.hostNetwork !== true && addressesOf(pod).some((own) => sameAddress(own, address))) {
      return { pod, node: null, address };
    }
  }
  const found = nodeAddresses(cluster).find((candidate) => sameAddress(candidate.address, address));
  return { pod: null, node: found?.node ?? null, address };
}

/** What a Node lists, and what its pods say is the address of their host. */
function nodeAddresses(cluster: Cluster): readonly { node: string; address: string }[] {
  const listed = ofKind(cluster, 'Node').flatMap((node) =>
    (node.status?.addresses ?? [])
      .filter(({ address }) => isAddress(address))
      .map(({ address }) => ({ node: node.metadata.name, address })),
  );
  const known = new Set(listed.map(({ node }) => node));
  const told = ofKind(cluster, 'Pod').flatMap(({ spec, status }) => {
    if (spec.nodeName === undefined || known.has(spec.nodeName)) return [];
    const several = (status?.hostIPs ?? []).map(({ ip }) => ip);
    const addresses = several.length > 0 ? several : status?.hostIP === undefined ? [] : [status.hostIP];
    return addresses.map((address) => ({ node: spec.nodeName ?? '', address }));
  });
  return [...listed, ...told];
}

const isAddress = (text: string): boolean => /^[0-9.]+$/.test(text) || /^[0-9a-f:]*:[0-9a-f:]*$/i.test(text);
const isSame = (one: string | null, other: string): boolean => one !== null && sameAddress(one, other);

function canMeet(one: Side, other: Side): boolean {
  if (one.address === null || other.address === null) return true;
  return one.address.includes(':') === other.address.includes(':');
}
