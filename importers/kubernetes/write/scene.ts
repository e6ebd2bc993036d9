import type { Finding } from '@bulkhead/model/finding.ts';
import type { Place } from '@bulkhead/model/problem.ts';
import { addressFamily } from '@bulkhead/net/address.ts';
import { type Prefix, prefixContains } from '@bulkhead/net/prefix.ts';
import type { Peer, PolicyPort, PolicyRule, Protocol } from '../cluster.ts';
import { nodeRequirements, podRequirements, selects } from './selectors.ts';
import type { VirtualService } from './virtual-services.ts';
import type { Population, Where, Workload } from './workloads.ts';

/** What the writers of rules look at. */
export type Scene = {
  readonly where: Where;
  readonly population: Population;
  readonly services: readonly VirtualService[];
  readonly report: (place: Place, finding: Finding) => void;
};

export type Behind = { readonly protocol: Protocol; readonly port: number };

/** Whether a rule matches a workload as a destination, at a port of it. `own`: the namespace of the policy. */
export function reaches(
  scene: Scene,
  { peers, ports }: Pick<PolicyRule, 'peers' | 'ports'>,
  { own, workload, behind }: { readonly own: string; readonly workload: Workload; readonly behind: Behind },
): boolean {
  const met = peers === null || peers.some((peer) => meets(scene, peer, { own, workload }));
  return met && (ports === null || ports.some((port) => hasPort(port, workload, behind)));
}

function meets(
  scene: Scene,
  peer: Peer,
  { own, workload }: { readonly own: string; readonly workload: Workload },
): boolean {
  const { cluster } = scene.where;
  switch (peer.kind) {
    case 'pods':
      return selects(podRequirements(cluster, peer, own), workload.labels);
    case 'nodes':
      return selects(nodeRequirements(cluster, peer.nodes), workload.labels);
    case 'block':
      return inBlock(workload, peer);
    case 'domain':
      return false;
  }
}

/** With every address of the block's family, of which there is one at least. */
function inBlock(
  { addresses }: Workload,
  block: { readonly prefix: Prefix; readonly except: readonly Prefix[] },
): boolean {
  const those = addresses.filter((address) => addressFamily(address) === block.prefix.family);
  return those.length > 0 && those.every((address) => blockHolds(block, address));
}

export function blockHolds(
  { prefix, except }: { readonly prefix: Prefix; readonly except: readonly Prefix[] },
  address: Workload['addresses'][number],
): boolean {
  return prefixContains(prefix, address) && !except.some((one) => prefixContains(one, address));
}

function hasPort(port: PolicyPort, workload: Workload, behind: Behind): boolean {
  if (port.protocol !== behind.protocol) return false;
  if (port.kind === 'range') return port.first <= behind.port && behind.port <= port.last;
  return workload.ports.some(
    ({ name, protocol, port: number }) => name === port.name && protocol === behind.protocol && number === behind.port,
  );
}
