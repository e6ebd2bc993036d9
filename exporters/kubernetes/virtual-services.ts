import type { VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import type { ActiveRule, Desk } from './rules.ts';
import { isWithin, type Selection, selectionOf } from './selection.ts';
import { type ServiceSet, servicesCover } from './service-sets.ts';

/** Whether the rule names no virtual service but those that a cluster leads to its members by itself (EX-25). */
export function passesVirtualService(desk: Desk, active: ActiveRule, services: ServiceSet): boolean {
  const { rule, ruleset, about } = active;
  const named = rule.to.flatMap((end) => (end.kind === 'virtualService' ? [end.name] : []));
  const excepted = rule.except.some(({ to }) => to?.some(({ kind }) => kind === 'virtualService') ?? false);
  const scoped = ruleset.scopes.kind === 'each' || ruleset.scopes.selectors.length > 0;
  const reached = rule.to.flatMap((end): Selection[] => {
    if (end.kind !== 'selector' || (end.scoped && scoped)) return [];
    const selection = selectionOf(desk.settle(end.selector.requirements));
    return selection === null ? [] : [selection];
  });
  const missed = named.filter((name) => {
    const virtual = virtualService(desk, name);
    return rule.except.length > 0 || !isReached(desk, virtual, { reached, services });
  });
  for (const name of excepted ? ['in an exception'] : missed)
    desk.findings.refuse(about, {
      code: 'virtual-service',
      so: `it leads to virtual service ${name} and not to all its members`,
      needed: 'a rule to the members on the ports behind it is needed',
    });
  return !excepted && missed.length === 0;
}

function virtualService({ documents }: Desk, name: string): VirtualServiceDocument {
  const found = documents.find((document) => document.kind === 'VirtualService' && document.name === name);
  if (found?.kind !== 'VirtualService') throw new Error(`No virtual service ${name}: references were not resolved`);
  return found;
}

type Reach = { readonly reached: readonly Selection[]; readonly services: ServiceSet };

/** Members on every port behind those frontends that the rule's services name (policy/SPEC.md V1). */
function isReached(desk: Desk, { members, frontends }: VirtualServiceDocument, { reached, services }: Reach): boolean {
  const selected = selectionOf(desk.settle(members.selector.requirements));
  if (selected === null) return true;
  const covers = (point: number) => servicesCover(services, { ranges: [{ first: point, last: point }], named: [] });
  const behind = frontends
    .filter(({ service }) => covers(service))
    .map(({ service }) => members.ports.find(({ frontend }) => frontend === service)?.member ?? service);
  return reached.some((selection) => isWithin(selected, selection)) && behind.every(covers);
}
