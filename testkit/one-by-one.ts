import type { View } from '@bulkhead/model/decision.ts';
import { serviceProtocol } from '@bulkhead/net/service-space.ts';
import { coversDomain, decideConnection, decideLeg, passes } from '@bulkhead/policy/decide.ts';
import { legsOf } from '@bulkhead/policy/deciding/legs.ts';
import { type Connection, canMeet, resolveProbe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';

/** A source, another destination and services that no rule tells apart: `weight` cells. */
export type Asked = { readonly from: string; readonly to: string; readonly point: number; readonly weight: number };

/** All cells of the worlds, in few pieces: what exact answers are compared with, cell by cell. */
export function* cellsOneByOne(worlds: readonly World[]): Generator<Asked> {
  const names = [...new Set(worlds.flatMap(({ estate }) => [...estate.byName.keys()]))];
  const pieces = piecesOf(worlds);
  for (const from of names) {
    for (const to of names) if (from !== to) for (const piece of pieces) yield { from, to, ...piece };
  }
}

/** Whether some pair of addresses is allowed, as `decide` says (SPEC F1). A workload that is not there has no cells. */
export function isOpen(world: World, { from, to, point }: Omit<Asked, 'weight'>, view: View): boolean {
  return verdictsOf(world, { from, to, point })[view];
}

export function verdictsOf(
  { policy, estate }: World,
  { from, to, point }: Omit<Asked, 'weight'>,
): Record<View, boolean> {
  const open = { intended: false, effective: false };
  for (const connection of connectionsOf({ policy, estate }, from, to)) {
    const { outbound, inbound } = decideConnection(policy, estate, { ...connection, service: point });
    for (const view of ['intended', 'effective'] as const) {
      if (passes(outbound[view], inbound[view]) === 'allow') open[view] = true;
    }
  }
  return open;
}

/** Every verdict between two addresses, behind frontends for every member: what no removal may change (SPEC A1). */
export function pairVerdictsOf(world: World, { from, to, point }: Omit<Asked, 'weight'>): string {
  const { policy, estate } = world;
  const connections = connectionsOf(world, from, to).filter(canMeet);
  const legs = connections.flatMap((connection) => legsOf(policy, estate, { ...connection, service: point }));
  return legs
    .map((leg) => {
      const { outbound, inbound } = decideLeg(policy, estate, leg);
      return (['intended', 'effective'] as const).map((view) => passes(outbound[view], inbound[view])).join('/');
    })
    .join(' ');
}

/** Whether each pair of addresses passes, in the order of the addresses. */
export function pairsOf(world: World, { from, to, point }: Omit<Asked, 'weight'>, view: View): boolean[] {
  const { policy, estate } = world;
  return connectionsOf(world, from, to).map((connection) => {
    const { outbound, inbound } = decideConnection(policy, estate, { ...connection, service: point });
    return passes(outbound[view], inbound[view]) === 'allow';
  });
}

function connectionsOf({ policy, estate }: World, from: string, to: string): readonly Connection[] {
  const connections = resolveProbe(estate, { from, to, service: 'tcp/1' }, coversDomain(policy));
  return isProblem(connections) ? [] : connections;
}

/** One point per piece of the service space that no rule cuts, with the number of services in it. */
export function piecesOf(worlds: readonly World[]): { readonly point: number; readonly weight: number }[] {
  const cuts = new Set(Array.from({ length: 257 }, (_, protocol) => protocol * 65536));
  const sets = worlds.flatMap(({ policy }) => policy.serviceSets).flat();
  for (const { first, last } of sets) cuts.add(first).add(last + 1);
  const sorted = [...cuts].sort((a, b) => a - b);
  const touched = new Set(sets.flatMap(({ first, last }) => (last - first > 65536 ? [] : [serviceProtocol(first)])));
  // Protocols that no rule speaks of by name are all alike: protocol 0 stands for them.
  const alike = Array.from({ length: 256 }, (_, protocol) => protocol).filter((p) => p === 0 || !touched.has(p));
  const wide = alike.reduce((sum, protocol) => sum + ([1, 6, 17, 58, 132].includes(protocol) ? 65536 : 1), 0);
  const rest = { point: 0, weight: wide };
  const pieces = sorted.slice(0, -1).flatMap((point, index) => {
    if (alike.includes(serviceProtocol(point))) return [];
    const counted = [1, 6, 17, 58, 132].includes(serviceProtocol(point));
    return [{ point, weight: counted ? (sorted[index + 1] ?? 0) - point : 1 }];
  });
  return [rest, ...pieces];
}
