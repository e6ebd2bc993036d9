import type { End, Exception, Rule, ServiceRef, VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { type Intervals, intersectIntervals, intervals } from '@bulkhead/net/intervals.ts';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import type { Asks } from '../identity.ts';
import { addressSet } from './address-set.ts';
import { follow, type NamedService, type References } from './references.ts';
import type { Term } from './terms.ts';
import { frontendsOf, membersOf, portsBehind } from './virtual-services.ts';

/** `scoped`: the scope of the rule is worked into it. */
export type ResolvedEnd = readonly { readonly term: Term; readonly scoped: boolean }[];

export type ResolvedException = {
  readonly from: ResolvedEnd | null;
  readonly to: ResolvedEnd | null;
  readonly services: Intervals | null;
  readonly asks: Asks | null;
};

/** What is left of a rule when every name is followed: one for each who that it asks for, and for each half (SPEC V1). */
export type ResolvedRule = {
  readonly from: ResolvedEnd;
  readonly to: ResolvedEnd;
  readonly services: Intervals;
  readonly at: Rule['at'];
  readonly asks: Asks | null;
  readonly except: readonly ResolvedException[];
};

type Desk = { readonly references: References; readonly problems: Problem[] };

/** Problems: `unknown-service`, `unknown-ip-list`, `unknown-user-group`, `unknown-virtual-service`. */
export function resolveRule(desk: Desk, rule: Rule): readonly ResolvedRule[] {
  const allows = rule.verdict === 'allow';
  const from = resolveEnds(desk, rule.from, { allows: false });
  const to = resolveEnds(desk, rule.to, { allows });
  const services = resolveServices(desk, rule.services);
  const except = rule.except.flatMap((exception) => resolveException(desk, exception));
  const out: ResolvedRule[] = [];
  for (const { who: source, ends, virtual } of from) {
    if (virtual !== null) continue;
    for (const target of to) {
      for (const service of services) {
        const asks = asksOf(source, target.who, service.process);
        if (asks === 'nobody') continue;
        const said = { from: ends, asks, except, at: rule.at };
        if (target.virtual === null) out.push({ ...said, to: target.ends, services: service.ranges });
        else out.push(...halves(target.virtual, { ...said, to: [], services: service.ranges }, allows));
      }
    }
  }
  return out;
}

/** SPEC V1, V2. */
function halves(virtual: VirtualServiceDocument, rule: ResolvedRule, allows: boolean): ResolvedRule[] {
  const out: ResolvedRule[] = [];
  if (rule.at !== 'destination') {
    for (const { term, services } of frontendsOf(virtual)) {
      const named = intersectIntervals(rule.services, services);
      if (named.length > 0) out.push({ ...rule, at: 'source', to: [{ term, scoped: false }], services: named });
    }
  }
  if (rule.at === 'source' || (virtual.snat !== null && !allows)) return out;
  const services = portsBehind(virtual, rule.services);
  if (services.length === 0) return out;
  const to = [{ term: membersOf(virtual), scoped: false }];
  const from = virtual.snat === null ? rule.from : [{ term: snatTerm(virtual.name, virtual.snat), scoped: false }];
  return [...out, { ...rule, at: 'destination', from, to, services }];
}

function snatTerm(name: string, snat: NonNullable<VirtualServiceDocument['snat']>): Term {
  return { kind: 'addresses', name: `${name} ${snat.map(formatPrefix).join(' ')}`, set: addressSet(snat, []) };
}

/** An exception names a virtual service by whatever a connection to it meets: frontends and members. */
function resolveException(desk: Desk, { from, to, services }: Exception): ResolvedException[] {
  const ends = (list: readonly End[] | null) =>
    list === null ? [anyone] : resolveEnds(desk, list, { allows: false }).map(withoutVirtual);
  const served = services === null ? [{ ranges: null, process: null }] : resolveServices(desk, services);
  return ends(from).flatMap((source) =>
    ends(to).flatMap((target) =>
      served.flatMap(({ ranges, process }): ResolvedException[] => {
        const asks = asksOf(source.who, target.who, process);
        return asks === 'nobody' ? [] : [{ from: source.ends, to: target.ends, services: ranges, asks }];
      }),
    ),
  );
}

type Who = { readonly process: string | null; readonly users: ReadonlySet<string> | null };
const anybody: Who = { process: null, users: null };
const anyone = { who: anybody, ends: null };

/** Alternatives of one end that ask for the same; a virtual service stands alone. */
type Group = { readonly who: Who; readonly ends: ResolvedEnd; readonly virtual: VirtualServiceDocument | null };

function withoutVirtual({ who, ends, virtual }: Group): { readonly who: Who; readonly ends: ResolvedEnd } {
  if (virtual === null) return { who, ends };
  const terms = [...frontendsOf(virtual).map(({ term }) => term), membersOf(virtual)];
  return { who, ends: terms.map((term) => ({ term, scoped: false })) };
}

/** `allows`: names of an ip list count (SPEC Y4). */
function resolveEnds(desk: Desk, list: readonly End[], { allows }: { readonly allows: boolean }): Group[] {
  const groups = new Map<string, { readonly who: Who; readonly ends: { term: Term; scoped: boolean }[] }>();
  const virtual: Group[] = [];
  for (const end of list) {
    const who = resolveWho(desk, end);
    if (who === null) continue;
    if (end.kind === 'virtualService') {
      const found = follow(desk.references.virtualServices, end, { kind: 'virtual service', problems: desk.problems });
      if (found !== undefined) virtual.push({ who, ends: [], virtual: found });
      continue;
    }
    const key = who === anybody ? '' : JSON.stringify([who.process, who.users === null ? null : [...who.users].sort()]);
    const group = groups.get(key) ?? { who, ends: [] };
    groups.set(key, group);
    const scoped = end.kind === 'selector' && end.scoped;
    group.ends.push(...resolvePlace(desk, end, allows).map((term) => ({ term, scoped })));
  }
  return [...[...groups.values()].map((group) => ({ ...group, virtual: null })), ...virtual];
}

/** Null, with a problem, where a group is unknown. */
function resolveWho({ references, problems }: Desk, { identity }: End): Who | null {
  if (identity === null) return anybody;
  const { process, user } = identity;
  if (user === null) return { process, users: null };
  if (user.kind === 'user') return { process, users: new Set([user.name]) };
  const users = follow(references.userGroups, user, { kind: 'user group', problems });
  return users === undefined ? null : { process, users };
}

function resolvePlace({ references, problems }: Desk, end: End, allows: boolean): Term[] {
  switch (end.kind) {
    case 'any':
      return [{ kind: 'any' }];
    case 'selector':
      return [{ kind: 'workloads', requirements: end.selector.requirements }];
    case 'prefix':
      return [{ kind: 'addresses', name: formatPrefix(end.prefix), set: addressSet([end.prefix], []) }];
    case 'ipList': {
      const found = follow(references.ipLists, end, { kind: 'ip list', problems });
      if (found === undefined) return [];
      const domains = allows ? found.domains.map((name): Term => ({ kind: 'domain', name })) : [];
      return [{ kind: 'addresses', name: end.name, set: found.set }, ...domains];
    }
    case 'domain':
      return [{ kind: 'domain', name: end.name }];
    case 'virtualService':
      throw new Error('A virtual service is resolved as a whole');
  }
}

/** Services that have to be served by the same process as one set. */
function resolveServices({ references, problems }: Desk, refs: readonly ServiceRef[]): NamedService[] {
  const [only] = refs;
  if (refs.length === 1 && only?.kind === 'range') return [{ ranges: [only.range], process: null }];
  const named = refs.flatMap((ref): NamedService[] => {
    if (ref.kind === 'range') return [{ ranges: [ref.range], process: null }];
    // Worked into the ends beforehand: see port-names.ts.
    if (ref.kind === 'portName') return [];
    const found = follow(references.services, ref, { kind: 'service', problems });
    return found === undefined ? [] : [found];
  });
  return [...Map.groupBy(named, ({ process }) => process)].map(([process, group]) => ({
    process,
    ranges: intervals(group.flatMap(({ ranges }) => ranges)),
  }));
}

/** `nobody`: the end and the service name two processes, and no process is both. */
function asksOf(from: Who, to: Who, served: string | null): Asks | null | 'nobody' {
  if (to.process !== null && served !== null && to.process !== served) return 'nobody';
  const asks = { fromProcess: from.process, toProcess: to.process ?? served, users: from.users };
  return asks.fromProcess === null && asks.toProcess === null && asks.users === null ? null : asks;
}
