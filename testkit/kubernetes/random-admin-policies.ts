import type { Random } from '../random.ts';
import type {
  AdminAction,
  AdminNetworkPolicy,
  AdminPeer,
  AdminPort,
  AdminRule,
  AdminSpec,
  AdminSubject,
  BaselineAdminNetworkPolicy,
  NamespacedPods,
} from './objects.ts';
import type { Naming } from './random-names.ts';
import {
  namespaceSelector,
  nodeSelector,
  podSelector,
  randomBlock,
  wideNamespaceSelector,
} from './random-selectors.ts';

type Kind = 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy';
const apiVersion = 'policy.networking.k8s.io/v1alpha1';

/** Up to four policies of different priorities, and perhaps a baseline. */
export function randomAdminPolicies(
  random: Random,
  naming: Naming,
): readonly (AdminNetworkPolicy | BaselineAdminNetworkPolicy)[] {
  const priorities = random.some([0, 1, 9, 10, 100, 999, 1000], random.below(2), 4);
  const policies = priorities.map((priority) => ({
    ...{ apiVersion, kind: 'AdminNetworkPolicy' as const, metadata: { name: naming('admin', 1000 - priority) } },
    spec: { priority, ...randomSpec(random, 'AdminNetworkPolicy') },
  }));
  if (random.chance(0.5)) return policies;
  const spec = randomSpec(random, 'BaselineAdminNetworkPolicy');
  return [...policies, { apiVersion, kind: 'BaselineAdminNetworkPolicy', metadata: { name: 'default' }, spec }];
}

function randomSpec(random: Random, kind: Kind): AdminSpec {
  const rules = (peersOf: 'from' | 'to') =>
    Array.from({ length: 1 + random.below(5) }, (_, index) => randomRule(random, kind, { peersOf, index }));
  return {
    subject: randomSubject(random),
    ...(random.chance(0.8) && { ingress: rules('from') }),
    ...(random.chance(0.8) && { egress: rules('to') }),
  };
}

const randomSubject = (random: Random): AdminSubject =>
  random.chance(0.6)
    ? { namespaces: wideNamespaceSelector(random) }
    : { pods: { namespaceSelector: wideNamespaceSelector(random), podSelector: podSelector(random) } };

const namespacedPods = (random: Random): NamespacedPods => ({
  namespaceSelector: namespaceSelector(random),
  podSelector: podSelector(random),
});

function randomRule(random: Random, kind: Kind, said: { peersOf: 'from' | 'to'; index: number }): AdminRule {
  const actions: readonly AdminAction[] =
    kind === 'AdminNetworkPolicy' ? ['Allow', 'Deny', 'Deny', 'Pass'] : ['Allow', 'Deny', 'Deny'];
  const action = random.pick(actions);
  const mayNames = kind === 'AdminNetworkPolicy' && said.peersOf === 'to' && action === 'Allow';
  const peers = Array.from({ length: 1 + random.below(2) }, () => randomPeer(random, said.peersOf, mayNames));
  // Networks, nodes and domain names have no named ports, and a rule with both is refused by the API.
  const nameable = peers.every(({ nodes, networks, domainNames }) => !nodes && !networks && !domainNames);
  return {
    ...(random.chance(0.5) && { name: `rule-${said.index}` }),
    action,
    [said.peersOf]: peers,
    ...(random.chance(0.5) && { ports: randomPorts(random, nameable) }),
  };
}

function randomPeer(random: Random, peersOf: 'from' | 'to', mayNames: boolean): AdminPeer {
  const kinds = peersOf === 'from' ? 2 : mayNames ? 5 : 4;
  switch (random.below(kinds)) {
    case 0:
      return { namespaces: wideNamespaceSelector(random) };
    case 1:
      return { pods: namespacedPods(random) };
    case 2:
      return { nodes: nodeSelector(random) };
    case 3:
      return { networks: randomNetworks(random) };
    default:
      return {
        domainNames: random.some(['example.com', '*.example.com', 'api.vendor.example', '*.vendor.example.'], 1, 2),
      };
  }
}

/** Everybody, too, as an explicit list of what may be reached ends. */
const randomNetworks = (random: Random): readonly string[] =>
  random.chance(0.25) ? ['0.0.0.0/0', '::/0'] : [...new Set([randomBlock(random), randomBlock(random)])];

/** Domain names that may be asked for: what the rules name, above it, below it, and beside it. */
export const randomDomains = [
  'example.com',
  'www.example.com',
  'a.b.example.com',
  'api.vendor.example',
  'vendor.example',
];

function randomPorts(random: Random, nameable: boolean): readonly AdminPort[] {
  return Array.from({ length: 1 + random.below(2) }, () => randomPort(random, nameable));
}

function randomPort(random: Random, nameable: boolean): AdminPort {
  const protocol = random.pick([undefined, 'TCP', 'UDP', 'SCTP'] as const);
  const said = protocol === undefined ? {} : { protocol };
  switch (random.below(nameable ? 3 : 2)) {
    case 0:
      return { portNumber: { ...said, port: random.pick([80, 443, 8080, 53, 2905]) } };
    case 1:
      return {
        portRange: {
          ...said,
          ...random.pick([
            { start: 1, end: 1024 },
            { start: 80, end: 443 },
            { start: 1024, end: 65535 },
          ]),
        },
      };
    default:
      return { namedPort: random.pick(['http', 'dns', 'sig', 'nobody']) };
  }
}
