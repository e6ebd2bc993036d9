import { type Interval, type Intervals, intervals, subtractIntervals } from '@bulkhead/net/intervals.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import { countServices, everyService } from '../language/service-sets.ts';
import { bitAt, eachBit, hashBits, sameBits, wordsFor } from './dense-sets.ts';

/** Positions of sets of services, as bits. */
export class ServiceSetIds {
  readonly bits: Uint32Array;

  constructor(bits: Uint32Array) {
    this.bits = bits;
  }

  has(id: number): boolean {
    return bitAt(this.bits, id) === 1;
  }
}

/** Services that none of the given sets tells apart, with the positions of the sets they are in. */
export type ServicePiece = { readonly services: Intervals; readonly count: number; readonly sets: ServiceSetIds };

type Cut = { readonly ids: Uint32Array; readonly pieces: readonly ServicePiece[] };

/** Cuts the space of services by some of the sets, over and over: the same sets are cut once. */
export class ServiceCuts {
  readonly #sets: readonly Intervals[];
  readonly #cuts = new Map<number, readonly Cut[]>();
  readonly #words: number;

  constructor(sets: readonly Intervals[]) {
    this.#sets = sets;
    this.#words = wordsFor(sets.length);
  }

  idsOf(ids: Iterable<number>): ServiceSetIds {
    const bits = new Uint32Array(this.#words);
    for (const id of ids) bits[id >>> 5] = (bits[id >>> 5] as number) | (1 << (id & 31));
    return new ServiceSetIds(bits);
  }

  /** Of the sets that are just one of the services; each is one of the sets. */
  idsOfPoints(points: readonly number[]): ServiceSetIds {
    const wanted = new Set(points);
    const isWanted = ([range, ...others]: Intervals) =>
      range !== undefined && others.length === 0 && range.first === range.last && wanted.has(range.first);
    return this.idsOf(this.#sets.flatMap((set, id) => (isWanted(set) ? [id] : [])));
  }

  /** All services, in as few pieces as there are answers to "in which of the sets?", whose positions are in any of the lists. */
  cut(...lists: readonly ServiceSetIds[]): readonly ServicePiece[] {
    const ids = new Uint32Array(this.#words);
    for (const { bits } of lists)
      for (let i = 0; i < ids.length; i++) ids[i] = (ids[i] as number) | (bits[i] as number);
    const hash = hashBits(ids);
    const alike = this.#cuts.get(hash) ?? [];
    const known = alike.find((cut) => sameBits(cut.ids, ids));
    if (known !== undefined) return known.pieces;
    const pieces = this.#work(ids);
    this.#cuts.set(hash, [...alike, { ids, pieces }]);
    return pieces;
  }

  #work(bits: Uint32Array): readonly ServicePiece[] {
    const ids: number[] = [];
    eachBit(bits, (id) => ids.push(id));
    return cutServices(this.#sets, ids).map(({ services, sets }) => ({
      services,
      count: countServices(services),
      sets: this.idsOf(sets),
    }));
  }
}

type Boundary = { readonly at: number; readonly id: number; readonly opens: boolean };

type Piece = { readonly services: Intervals; readonly sets: readonly number[] };

function cutServices(sets: readonly Intervals[], ids: readonly number[]): readonly Piece[] {
  const whole = ids.filter((id) => isWhole(sets[id] ?? []));
  const parts = ids.filter((id) => !whole.includes(id));
  const pieces = new Map<string, { readonly services: Interval[]; readonly sets: readonly number[] }>();
  const open = new Set<number>();
  const boundaries = parts.flatMap((id) => boundariesOf(sets[id] ?? [], id)).sort((a, b) => a.at - b.at);
  for (const [i, { at, id, opens }] of boundaries.entries()) {
    if (opens) open.add(id);
    else open.delete(id);
    const next = boundaries[i + 1]?.at ?? at;
    if (next === at || open.size === 0) continue;
    const key = [...open].sort((a, b) => a - b).join(',');
    const piece = pieces.get(key) ?? { services: [], sets: [...whole, ...open] };
    pieces.set(key, piece);
    piece.services.push({ first: at, last: next - 1 });
  }
  const named = [...pieces.values()].map(({ services, sets: of }) => ({ services: intervals(services), sets: of }));
  const rest = subtractIntervals(everyService, intervals(named.flatMap(({ services }) => services)));
  return rest.length === 0 ? named : [{ services: rest, sets: whole }, ...named];
}

const boundariesOf = (set: Intervals, id: number): Boundary[] =>
  set.flatMap(({ first, last }) => [
    { at: first, id, opens: true },
    { at: last + 1, id, opens: false },
  ]);

const isWhole = (set: Intervals): boolean => set[0]?.first === allServices.first && set[0].last === allServices.last;
