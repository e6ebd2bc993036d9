import type { Finding } from '@bulkhead/model/finding.ts';
import { listed } from '@bulkhead/model/nearest.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { Peer, PolicyRule } from '../cluster.ts';
import { type Behind, blockHolds, hasPort, inRange, type Scene } from './scene.ts';
import type { VirtualService } from './virtual-services.ts';

/** A port of a Service that an egress rule matches because it matches all pods behind it. */
export type Reached = { readonly service: VirtualService; readonly front: Behind };

/** SPEC KS5. In the order of the services. */
export function reachedServices(
  scene: Scene,
  rule: PolicyRule,
  { own, title }: { readonly own: string; readonly title: string },
): readonly Reached[] {
  const { peers, ports } = rule;
  // Whoever may reach anyone at any port reaches every address of every Service by it.
  if (peers === null && ports === null) return [];
  const met = peers?.map((peer) => scene.met(peer, own)) ?? null;
  const partly: string[] = [];
  const apart: string[] = [];
  const reached: Reached[] = [];
  for (const service of scene.services) {
    const members = service.members.filter((member) => met === null || met.some((those) => those.has(member)));
    const counts = service.ports.map(({ protocol, target }) => {
      const behind = { protocol, port: target };
      return members.filter((member) => ports === null || ports.some((port) => hasPort(port, member, behind))).length;
    });
    const isWhole = (index: number): boolean => members.length > 0 && counts[index] === service.members.length;
    const whole = service.ports.filter((_, index) => isWhole(index));
    if (service.ports.some((front, index) => !isWhole(index) && byAddress(rule, service, front)))
      apart.push(service.title);
    if (counts.some((count) => count > 0 && count < service.members.length)) partly.push(service.title);
    reached.push(...whole.map(({ protocol, port }) => ({ service, front: { protocol, port } })));
  }
  const value = `${title} egress ${rule.position}`;
  if (partly.length > 0) scene.report(rule.place, partlyReached(partly, value));
  if (apart.length > 0) scene.report(rule.place, addressAlone(apart, value));
  return reached;
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
