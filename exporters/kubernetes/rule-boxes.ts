import type { End, Requirement, ServiceRef } from '@bulkhead/model/documents.ts';
import { intervals } from '@bulkhead/net/intervals.ts';
import { protocolNumber } from '@bulkhead/net/service-space.ts';
import { addressRanges, hasNoAddress, withoutAddresses } from './address-ranges.ts';
import { type Box, withoutBoxes } from './boxes.ts';
import type { PlaceTerm } from './places.ts';
import type { ActiveRule, Desk } from './rules.ts';
import { scopesOf } from './scopes.ts';
import { selectionOf } from './selection.ts';
import { everyService, isNoService, joinServices, type ServiceSet } from './service-sets.ts';
import { besideEachOther, passesFrontends, passesVirtualServices, type Reach } from './virtual-services.ts';

/**
 * What a rule matches, by scope and with its exceptions worked in; null, with a refusal: boxes cannot say it. `rules`:
 * those beside it, and others.
 */
export function boxesOf(desk: Desk, active: ActiveRule, rules: readonly ActiveRule[]): readonly Box[] | null {
  const { rule, ruleset, about } = active;
  const workloads = [...desk.cluster.pods, ...desk.cluster.others];
  const services = servicesOf(desk, rule.services);
  if (ruleset.scopes.kind === 'each')
    desk.findings.note(about, {
      code: 'each',
      so: `it holds for each of ${ruleset.scopes.keys.join(', ')} that some workload has now`,
      needed: 'export again when there are others',
    });
  const boxes: Box[] = [];
  for (const scope of scopesOf(ruleset, workloads, desk.settle)) {
    const ends = {
      from: placesOf(desk, rule.from, { scope, domains: false }),
      to: placesOf(desk, rule.to, { scope, domains: rule.verdict === 'allow' }),
    };
    const holes = rule.except.flatMap(({ from, to, services: excepted }) =>
      product({
        from: from === null ? anyone : placesOf(desk, from, { scope, domains: false }),
        to: to === null ? anyone : placesOf(desk, to, { scope, domains: false }),
        services: excepted === null ? everyService : servicesOf(desk, excepted),
      }),
    );
    const left = withoutBoxes(product({ ...ends, services }), holes, desk.cluster.allHaveAddresses);
    if (left === null) {
      desk.findings.refuse(about, exceptionRemark);
      return null;
    }
    const said = {
      boxes: left,
      from: ends.from,
      services,
      beside: () => reachedBeside(desk, active, { rules, scope }),
    };
    if (!passesVirtualServices(desk, active, said) || !passesFrontends(desk, active, said)) return null;
    boxes.push(...left);
  }
  return boxes.filter((box) => !isNoService(box.services));
}

type Beside = { readonly rules: readonly ActiveRule[]; readonly scope: readonly Requirement[] };

/** In one scope: rules of one ruleset hold where both ends are in the same one (policy/SPEC.md C2). */
function reachedBeside(desk: Desk, active: ActiveRule, { rules, scope }: Beside): readonly Reach[] {
  return rules
    .filter((other) => besideEachOther(active, other))
    .map(({ rule }) => ({
      to: placesOf(desk, rule.to, { scope, domains: false }),
      services: servicesOf(desk, rule.services),
    }));
}

const exceptionRemark = {
  code: 'exception',
  so: 'its exception takes workloads out of addresses, or addresses out of workloads',
  needed: 'an exception of the kind that its end is of is needed',
  hint: 'write a deny in a tier before it',
};

const anyone: readonly PlaceTerm[] = [{ kind: 'any' }];

type Ends = { readonly from: readonly PlaceTerm[]; readonly to: readonly PlaceTerm[]; readonly services: ServiceSet };

const product = ({ from, to, services }: Ends): Box[] =>
  from.flatMap((source) => to.map((destination) => ({ from: source, to: destination, services })));

type Spot = { readonly scope: readonly Requirement[]; readonly domains: boolean };

function placesOf(desk: Desk, ends: readonly End[], spot: Spot): readonly PlaceTerm[] {
  return ends.flatMap((end) => placesOfEnd(desk, end, spot));
}

function placesOfEnd(desk: Desk, end: End, { scope, domains }: Spot): PlaceTerm[] {
  switch (end.kind) {
    case 'any':
      return [{ kind: 'any' }];
    case 'selector': {
      const requirements = desk.settle(end.selector.requirements);
      const selection = selectionOf(end.scoped ? [...requirements, ...scope] : requirements);
      return selection === null ? [] : [{ kind: 'selection', selection }];
    }
    case 'prefix':
      return [{ kind: 'addresses', ranges: addressRanges([end.prefix]), written: [end.prefix] }];
    case 'ipList': {
      const list = desk.ipLists.get(end.name);
      if (list === undefined) throw new Error(`No ip list ${end.name}: references were not resolved`);
      const ranges = withoutAddresses(addressRanges(list.prefixes), addressRanges(list.except));
      const names = domains ? list.names.map((name): PlaceTerm => ({ kind: 'domain', name })) : [];
      return [
        ...(hasNoAddress(ranges) ? [] : [{ kind: 'addresses', ranges, written: list.prefixes } as const]),
        ...names,
      ];
    }
    case 'domain':
      return [{ kind: 'domain', name: end.name }];
    case 'virtualService':
      return [];
  }
}

function servicesOf(desk: Desk, refs: readonly ServiceRef[]): ServiceSet {
  let set: ServiceSet = { ranges: [], named: [] };
  for (const ref of refs) {
    set = joinServices(set, serviceOf(desk, ref));
  }
  return set;
}

function serviceOf({ services }: Desk, ref: ServiceRef): ServiceSet {
  switch (ref.kind) {
    case 'range':
      return { ranges: [ref.range], named: [] };
    case 'portName':
      return { ranges: [], named: [{ protocol: protocolNumber(ref.protocol) ?? 0, name: ref.name }] };
    case 'service':
      return { ranges: intervals(services.get(ref.name)?.ranges ?? []), named: [] };
  }
}
