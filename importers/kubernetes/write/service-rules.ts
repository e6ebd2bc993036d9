import type { Finding } from '@bulkhead/model/finding.ts';
import { listed } from '@bulkhead/model/nearest.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { Peer, PolicyRule } from '../cluster.ts';
import { type Behind, blockHolds, hasPort, inRange, type Scene } from './scene.ts';
import type { VirtualService } from './virtual-services.ts';
import type { Workload } from './workloads.ts';

/** A port of a Service that an egress rule matches because it matches all pods behind it. */
export type Reached = { readonly service: VirtualService; readonly front: Behind };

type Spot = { readonly own: string; readonly title: string };

/** SPEC KS5, KS6. In the order of the services. */
export function reachedServices(scene: Scene, rule: PolicyRule, { own, title }: Spot): readonly Reached[] {
  const { peers, ports } = rule;
  // Whoever may reach anyone at any port reaches every address of every Service by it.
  if (peers === null && ports === null) return [];
  const met = peers === null ? null : new Set(peers.flatMap((peer) => [...scene.met(peer, own)]));
  const seen = touched(scene, rule, met).map((service) => ({ service, ...reachOf(rule, service, met) }));
  const value = `${title} egress ${rule.position}`;
  const partly = seen.filter(({ inPart }) => inPart).map(({ service }) => service.title);
  if (partly.length > 0) scene.report(rule.place, partlyReached(partly, value));
  const apart = seen.filter(({ alone }) => alone).map(({ service }) => service.title);
  if (apart.length > 0) scene.report(rule.place, addressAlone(apart, value));
  return seen.flatMap(({ service, whole }) =>
    whole.map(({ protocol, port }) => ({ service, front: { protocol, port } })),
  );
}

/** Services that the rule can have to do with: of selectors those whose pods they meet, of addresses and anyone all. */
function touched(scene: Scene, { peers }: PolicyRule, met: ReadonlySet<Workload> | null): readonly VirtualService[] {
  if (met === null || peers?.some(({ kind }) => kind === 'block' || kind === 'anyone') === true) return scene.services;
  const those = new Set([...met].flatMap((workload) => scene.servicesOf.get(workload) ?? []));
  // In the order of all of them, which is that of their titles.
  return [...those].sort((a, b) => (a.title < b.title ? -1 : 1));
}

type Reach = {
  /** Ports that all members serve to the rule. */
  readonly whole: VirtualService['ports'];
  /** Some members do, at some port, and others not. */
  readonly inPart: boolean;
  /** The rule matches the address of a port that is not among `whole`. */
  readonly alone: boolean;
};

function reachOf(rule: PolicyRule, service: VirtualService, met: ReadonlySet<Workload> | null): Reach {
  const { ports } = rule;
  const members = met === null ? service.members : service.members.filter((member) => met.has(member));
  const counted = service.ports.map((front) => {
    const behind = { protocol: front.protocol, port: front.target };
    const those = members.filter((member) => ports === null || ports.some((port) => hasPort(port, member, behind)));
    return { front, count: those.length };
  });
  const all = service.members.length;
  const isWhole = ({ count }: { readonly count: number }): boolean => count > 0 && count === all;
  return {
    whole: counted.filter(isWhole).map(({ front }) => front),
    inPart: counted.some(({ count }) => count > 0 && count < all),
    alone: counted.some((one) => !isWhole(one) && byAddress(rule, service, one.front)),
  };
}

/** Whether the rule as it is written matches an address and port of the Service itself. */
function byAddress({ peers, ports }: PolicyRule, { frontends }: VirtualService, { protocol, port }: Behind): boolean {
  const isPort = ports === null || ports.some((one) => one.kind === 'range' && inRange(one, { protocol, port }));
  if (!isPort) return false;
  return frontends.some(
    (front) =>
      front.protocol === protocol &&
      front.port === port &&
      (peers === null || peers.some((peer) => holdsAddress(peer, front.address))),
  );
}

const holdsAddress = (peer: Peer, address: Address): boolean =>
  peer.kind === 'anyone' || (peer.kind === 'block' && blockHolds(peer, address));

function partlyReached(services: readonly string[], value: string): Finding {
  return {
    severity: 'warning',
    code: 'service-in-part',
    cannot: 'apply the rule to the addresses of Services',
    value,
    so: `it matches some of the pods behind ${listed(services)} and others not`,
    needed: 'what is said of those addresses leaves the rule out',
    hint: 'ask about the pods themselves',
  };
}

function addressAlone(services: readonly string[], value: string): Finding {
  return {
    severity: 'warning',
    code: 'service-by-address',
    cannot: 'tell addresses of Services from others in the rule',
    value,
    so: `it matches addresses and ports of ${listed(services)} as they are written, and not the pods behind`,
    needed: 'what is said of those addresses follows the rule, and a cluster asks about the pods',
    hint: 'ask about the pods themselves',
  };
}
