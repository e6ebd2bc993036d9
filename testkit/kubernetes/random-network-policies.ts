import type { Random } from '../random.ts';
import type { Namespace, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './objects.ts';
import type { Naming } from './random-names.ts';
import { namespaceSelector, podSelector, randomIpBlock, widePodSelector } from './random-selectors.ts';

/** Up to six, in the namespaces of the cluster and now and then in one that it does not have. */
export function randomNetworkPolicies(
  random: Random,
  namespaces: readonly Namespace[],
  naming: Naming,
): readonly NetworkPolicy[] {
  const counts = new Map<string, number>();
  return Array.from({ length: random.below(7) }, () => {
    const namespace = random.chance(0.05) ? 'elsewhere' : random.pick(namespaces).metadata.name;
    const count = counts.get(namespace) ?? 0;
    counts.set(namespace, count + 1);
    const implied = namespace === 'default' && random.chance(0.5);
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      // Names are unique in a namespace, and the same in several.
      metadata: { name: naming('policy', count), ...(!implied && { namespace }) },
      ...(random.chance(0.97) && { spec: randomSpec(random) }),
    };
  });
}

function randomSpec(random: Random): NonNullable<NetworkPolicy['spec']> {
  const types = random.pick([
    ...[undefined, undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress'], ['Egress', 'Ingress']],
    ...[[], null],
  ] as NonNullable<NetworkPolicy['spec']>['policyTypes'][]);
  const ingress = randomRules(random, 'from');
  const egress = randomRules(random, 'to');
  return {
    ...(random.chance(0.95) && { podSelector: widePodSelector(random) }),
    ...(types !== undefined && { policyTypes: types }),
    ...(ingress !== undefined && { ingress }),
    ...(egress !== undefined && { egress }),
  };
}

/** Undefined: the field is absent. */
function randomRules(random: Random, peersOf: 'from' | 'to') {
  const kind = random.below(10);
  if (kind < 2) return undefined;
  if (kind === 2) return null;
  if (kind === 3) return [];
  return Array.from({ length: 1 + random.below(2) }, () => {
    const peers = random.chance(0.85) ? randomPeers(random) : undefined;
    const ports = random.chance(0.6) ? randomPorts(random) : undefined;
    return { ...(peers !== undefined && { [peersOf]: peers }), ...(ports !== undefined && { ports }) };
  });
}

function randomPeers(random: Random): readonly NetworkPolicyPeer[] | null {
  if (random.chance(0.08)) return random.pick([[], null]);
  const everybody = random.chance(0.08) ? ['::/0', '0.0.0.0/0'].map((cidr) => ({ ipBlock: { cidr } })) : [];
  return [...everybody, ...Array.from({ length: 1 + random.below(3) }, () => randomPeer(random))];
}

function randomPeer(random: Random): NetworkPolicyPeer {
  switch (random.below(5)) {
    case 0:
      return { podSelector: podSelector(random) };
    case 1:
      return { namespaceSelector: namespaceSelector(random) };
    case 2:
      return { namespaceSelector: namespaceSelector(random), podSelector: podSelector(random) };
    default:
      return { ipBlock: randomIpBlock(random) };
  }
}

function randomPorts(random: Random): readonly NetworkPolicyPort[] | null {
  if (random.chance(0.1)) return random.pick([[], null]);
  return Array.from({ length: 1 + random.below(3) }, () => randomPort(random));
}

function randomPort(random: Random): NetworkPolicyPort {
  const protocol = random.pick([
    undefined,
    undefined,
    'TCP',
    'UDP',
    'UDP',
    'SCTP',
    null,
  ] as NetworkPolicyPort['protocol'][]);
  const said = protocol === undefined ? {} : { protocol };
  switch (random.below(5)) {
    case 0:
      return said;
    case 1:
      return { ...said, port: random.pick(['http', 'dns', 'sig', 'nobody']) };
    case 2:
      return {
        ...said,
        ...random.pick([
          { port: 80, endPort: 443 },
          { port: 1, endPort: 65535 },
          { port: 8080, endPort: 8080 },
          { port: 53, endPort: 79 },
        ]),
      };
    default:
      return { ...said, port: random.pick([80, 443, 8080, 53, 2905, 9090]) };
  }
}
