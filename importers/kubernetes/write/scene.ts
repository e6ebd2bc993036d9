import type { Finding } from '@bulkhead/model/finding.ts';
import type { Place } from '@bulkhead/model/problem.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import { type Prefix, prefixContains } from '@bulkhead/net/prefix.ts';
import type { Peer, PolicyPort, Protocol } from '../cluster.ts';
import { podRequirements, selectorText } from './selectors.ts';
import type { VirtualService } from './virtual-services.ts';
import type { Population, Where, Workload } from './workloads.ts';

/** What the writers of rules look at. */
export type Scene = {
  readonly where: Where;
  readonly population: Population;
  /** In the order of their titles. */
  readonly services: readonly VirtualService[];
  readonly servicesOf: ReadonlyMap<Workload, readonly VirtualService[]>;
  readonly report: (place: Place, finding: Finding) => void;
  /** The pods that a peer of a policy in the namespace `own` matches. */
  readonly met: (peer: Peer, own: string) => ReadonlySet<Workload>;
};

/** Many policies name the same peers: each is asked for once. */
export function peerFinder({ pods, podsIn }: Population, { cluster }: Where): Scene['met'] {
  const known = new Map<string, ReadonlySet<Workload>>();
  const nobody: ReadonlySet<Workload> = new Set();
  return (peer, own) => {
    if (peer.kind === 'anyone') return new Set(pods);
    if (peer.kind === 'block') return new Set(pods.filter((pod) => inBlock(pod, peer)));
    if (peer.kind !== 'pods') return nobody;
    const requirements = podRequirements(cluster, peer, own);
    const text = selectorText(requirements);
    const among = peer.namespaces === null ? podsIn(own) : pods;
    const found = known.get(text) ?? new Set(among.filter(({ labels }) => requirementsMatch(requirements, labels)));
    known.set(text, found);
    return found;
  };
}

/** The services that a workload is a member of. */
export function servicesByMember(services: readonly VirtualService[]): Scene['servicesOf'] {
  const found = new Map<Workload, VirtualService[]>();
  for (const service of services)
    for (const member of service.members) {
      const those = found.get(member);
      if (those === undefined) found.set(member, [service]);
      else those.push(service);
    }
  return found;
}

type Block = { readonly prefix: Prefix; readonly except: readonly Prefix[] };

/** With every address of the block's family, of which there is one at least. */
function inBlock({ addresses }: Workload, block: Block): boolean {
  const those = addresses.filter((address) => addressFamily(address) === block.prefix.family);
  return those.length > 0 && those.every((address) => blockHolds(block, address));
}

export function blockHolds({ prefix, except }: Block, address: Address): boolean {
  return prefixContains(prefix, address) && !except.some((one) => prefixContains(one, address));
}

export type Behind = { readonly protocol: Protocol; readonly port: number };

/** Whether it is that port of the workload. */
export function hasPort(port: PolicyPort, workload: Workload, behind: Behind): boolean {
  if (port.kind === 'range') return inRange(port, behind);
  return workload.ports.some(
    ({ name, protocol, port: number }) =>
      name === port.name && protocol === port.protocol && protocol === behind.protocol && number === behind.port,
  );
}

export const inRange = (range: PolicyPort & { readonly kind: 'range' }, { protocol, port }: Behind): boolean =>
  range.protocol === protocol && range.first <= port && port <= range.last;
