import type { Finding } from '@bulkhead/model/finding.ts';
import { listed } from '@bulkhead/model/nearest.ts';
import type { PolicyRule } from '../cluster.ts';
import { type Behind, reaches, type Scene } from './scene.ts';
import type { VirtualService } from './virtual-services.ts';

/** A port of a Service that an egress rule matches because it matches all pods behind it. */
export type Reached = { readonly service: VirtualService; readonly front: Behind };

/** SPEC KS5. In the order of the services. */
export function reachedServices(
  scene: Scene,
  rule: PolicyRule,
  { own, title }: { readonly own: string; readonly title: string },
): readonly Reached[] {
  // Whoever may reach anyone at any port reaches every address of every Service by it.
  if (rule.peers === null && rule.ports === null) return [];
  const partly = new Set<string>();
  const reached: Reached[] = [];
  for (const service of scene.services) {
    const whole = service.ports.filter(({ protocol, target }) => {
      const behind = { protocol, port: target };
      const met = service.members.filter((workload) => reaches(scene, rule, { own, workload, behind }));
      if (met.length > 0 && met.length < service.members.length) partly.add(service.title);
      return met.length > 0 && met.length === service.members.length;
    });
    // Without ports the rule speaks of the Service as a whole.
    if (rule.ports === null && whole.length < service.ports.length) continue;
    reached.push(...whole.map(({ protocol, port }) => ({ service, front: { protocol, port } })));
  }
  if (partly.size > 0) scene.report(rule.place, partlyReached([...partly], `${title} egress ${rule.position}`));
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
