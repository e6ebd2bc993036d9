import type { Finding } from '@bulkhead/model/finding.ts';
import { listed } from '@bulkhead/model/nearest.ts';
import type { PolicyRule } from '../cluster.ts';
import { type Behind, hasPort, type Scene } from './scene.ts';
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
  const reached: Reached[] = [];
  for (const service of scene.services) {
    const members = service.members.filter((member) => met === null || met.some((those) => those.has(member)));
    if (members.length === 0) continue;
    const counts = service.ports.map(({ protocol, target }) => {
      const behind = { protocol, port: target };
      return members.filter((member) => ports === null || ports.some((port) => hasPort(port, member, behind))).length;
    });
    const whole = service.ports.filter((_, index) => counts[index] === service.members.length);
    if (counts.some((count) => count > 0 && count < service.members.length)) partly.push(service.title);
    reached.push(...whole.map(({ protocol, port }) => ({ service, front: { protocol, port } })));
  }
  if (partly.length > 0) scene.report(rule.place, partlyReached(partly, `${title} egress ${rule.position}`));
  return reached;
}

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
