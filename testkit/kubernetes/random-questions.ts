import type { Random } from '../random.ts';
import { blockContains, holdAllAddresses } from './cidr.ts';
import type { Question } from './evaluator.ts';
import { type Cluster, ofKind, type Protocol } from './objects.ts';
import { randomDomains } from './random-admin-policies.ts';
import { outsideAddresses } from './random-cluster.ts';
import { hasFinished, podName, type Side, sidesOf } from './sides.ts';

const protocols: readonly Protocol[] = ['TCP', 'TCP', 'UDP', 'SCTP'];
/** The ports that policies and pods of the pools name, and their neighbours. */
const ports = [80, 8080, 53, 2905, 9090, 443, 79, 81, 1, 65535];

/**
 * Every pair of pods, nodes and addresses outside that can meet, each on `each` ports and protocols. A pod is not asked
 * about itself: such a connection never leaves its host.
 */
export function randomQuestions(random: Random, cluster: Cluster, each: number): readonly Question[] {
  const sides = everySide(cluster);
  return sides.flatMap((from) =>
    sides
      .filter((to) => canAsk(from, to))
      .flatMap((to) =>
        Array.from({ length: each }, () => ({ from, to, protocol: random.pick(protocols), port: random.pick(ports) })),
      ),
  );
}

export function everySide(cluster: Cluster): readonly Side[] {
  const pods = ofKind(cluster, 'Pod')
    .filter((pod) => !hasFinished(pod))
    .map(podName);
  const nodes = ofKind(cluster, 'Node').map((node) => node.metadata.name);
  const hidden = ofKind(cluster, 'Pod').flatMap(({ status }) => (status?.hostIPs ?? []).map(({ ip }) => ip));
  const all = [...pods, ...nodes, ...hidden, ...outsideAddresses].flatMap((text) => sidesOf(cluster, text));
  return [
    ...new Map(all.map((side) => [`${side.pod === null ? '' : podName(side.pod)} ${side.address}`, side])).values(),
  ];
}

function canAsk(from: Side, to: Side): boolean {
  if (from.pod === null && to.pod === null) return false;
  if (from.pod !== null && from.pod === to.pod) return false;
  return from.address === null || to.address === null || from.address.includes(':') === to.address.includes(':');
}

/**
 * From every pod to domain names. Their address is one that no block of the cluster holds, so that the answer hangs on
 * the name alone, or on rules whose blocks hold every address; there are no questions where each is in some other block.
 */
export function randomDomainQuestions(random: Random, cluster: Cluster): readonly Question[] {
  const others = peerLists(cluster).filter((peers) => !holdAllAddresses(peers));
  const blocks = [...JSON.stringify(others).matchAll(/"([0-9a-f.:]+\/\d+)"/g)].map(([, block]) => block ?? '');
  const address = ['192.0.2.1', '3fff::1'].find(
    (candidate) => !blocks.some((block) => blockContains(block, candidate)),
  );
  if (address === undefined) return [];
  const sources = everySide(cluster).filter((side) => side.pod !== null);
  return sources.flatMap((from) =>
    randomDomains.map((domain) => {
      const to = { pod: null, node: null, address, domain };
      return { from, to, protocol: random.pick(protocols), port: random.pick(ports) };
    }),
  );
}

type Peers = Parameters<typeof holdAllAddresses>[0];

/** Of the egress rules. */
function peerLists(cluster: Cluster): readonly Peers[] {
  const namespaced = ofKind(cluster, 'NetworkPolicy').map(({ spec }) => spec?.egress);
  const admin = (['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'] as const).flatMap((kind) =>
    ofKind(cluster, kind).map(({ spec }) => spec.egress),
  );
  return [...namespaced, ...admin].flatMap((rules): readonly Peers[] => (rules ?? []).map(({ to }) => to ?? []));
}
