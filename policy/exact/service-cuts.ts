import { type Interval, type Intervals, intervals, subtractIntervals } from '@bulkhead/net/intervals.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import { countServices, everyService } from '../language/service-sets.ts';

/** Services that none of the given sets tells apart, with the positions of the sets they are in. */
export type ServicePiece = { readonly services: Intervals; readonly count: number; readonly sets: ReadonlySet<number> };

/** Cuts the space of services by some of the sets, over and over: the same sets are cut once. */
export class ServiceCuts {
  readonly #sets: readonly Intervals[];
  readonly #cuts = new Map<string, readonly ServicePiece[]>();

  constructor(sets: readonly Intervals[]) {
    this.#sets = sets;
  }

  /** All services, in as few pieces as there are answers to "in which of the sets?". */
  cut(ids: Iterable<number>): readonly ServicePiece[] {
    const sorted = [...new Set(ids)].sort((a, b) => a - b);
    const key = sorted.join(',');
    const known = this.#cuts.get(key) ?? cutServices(this.#sets, sorted);
    this.#cuts.set(key, known);
    return known;
  }
}

type Boundary = { readonly at: number; readonly id: number; readonly opens: boolean };

function cutServices(sets: readonly Intervals[], ids: readonly number[]): readonly ServicePiece[] {
  const whole = ids.filter((id) => isWhole(sets[id] ?? []));
  const parts = ids.filter((id) => !whole.includes(id));
  const pieces = new Map<string, { readonly services: Interval[]; readonly sets: ReadonlySet<number> }>();
  const open = new Set<number>();
  const boundaries = parts.flatMap((id) => boundariesOf(sets[id] ?? [], id)).sort((a, b) => a.at - b.at);
  for (const [i, { at, id, opens }] of boundaries.entries()) {
    if (opens) open.add(id);
    else open.delete(id);
    const next = boundaries[i + 1]?.at ?? at;
    if (next === at || open.size === 0) continue;
    const key = [...open].sort((a, b) => a - b).join(',');
    const piece = pieces.get(key) ?? { services: [], sets: new Set([...whole, ...open]) };
    pieces.set(key, piece);
    piece.services.push({ first: at, last: next - 1 });
  }
  const named = [...pieces.values()].map(({ services, sets: of }) => pieceOf(intervals(services), of));
  const rest = subtractIntervals(everyService, intervals(named.flatMap(({ services }) => services)));
  return rest.length === 0 ? named : [pieceOf(rest, new Set(whole)), ...named];
}

const pieceOf = (services: Intervals, sets: ReadonlySet<number>): ServicePiece => ({
  services,
  count: countServices(services),
  sets,
});

const boundariesOf = (set: Intervals, id: number): Boundary[] =>
  set.flatMap(({ first, last }) => [
    { at: first, id, opens: true },
    { at: last + 1, id, opens: false },
  ]);

const isWhole = (set: Intervals): boolean => set[0]?.first === allServices.first && set[0].last === allServices.last;
