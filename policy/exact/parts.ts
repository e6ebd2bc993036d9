import { type Intervals, intervals } from '@bulkhead/net/intervals.ts';
import { countServices } from '../language/service-sets.ts';
import type { Axis } from './axis.ts';
import { type Block, pairsOf } from './blocks.ts';
import { hashList, type PositionSet, sameList } from './position-sets.ts';
import type { End } from './rule-book.ts';
import type { ServicePiece } from './service-cuts.ts';

/** Some ends with some others, every one with every other, by some services. */
export type Part = {
  /** Segments, or one outside. */
  readonly fixed: readonly number[];
  /** Which end of the connections `fixed` is. */
  readonly end: End;
  /** Segments, or one outside; may hold one of `fixed` that is a single workload. */
  readonly others: PositionSet;
  readonly services: Intervals;
  readonly count: number;
  readonly pairs: number;
  readonly outside: boolean;
};

/** Nobody who is alone meets himself, though blocks may say so. */
const isSelf = (axis: Axis, fixed: number, other: number): boolean => fixed === other && axis.weights[fixed] === 1;

/** Pairs of ends of the blocks; more than one block may be between two. */
export function countPairs(axis: Axis, blocks: readonly Block[]): number {
  const sizes = new Map<number, number>();
  let pairs = 0;
  for (const { fixed, others } of blocks) {
    const size = sizes.get(others.number) ?? axis.sets.sizeOf(others);
    sizes.set(others.number, size);
    pairs += size - (axis.weights[fixed] === 1 && axis.sets.has(others, fixed) ? 1 : 0);
  }
  return pairs;
}

/** One part per pair, with all services that change between the two. */
export function splitToPairs(axis: Axis, blocks: readonly Block[]): Part[] {
  const byPair = new Map<number, ServicePiece[]>();
  for (const { fixed, end, others, piece } of blocks) {
    for (const other of axis.sets.positions(others)) {
      if (isSelf(axis, fixed, other)) continue;
      const [from, to] = end === 'to' ? [other, fixed] : [fixed, other];
      const key = from * axis.sets.length + to;
      const pieces = byPair.get(key);
      if (pieces === undefined) byPair.set(key, [piece]);
      else pieces.push(piece);
    }
  }
  return [...byPair].map(([key, pieces]) => {
    const [from, to] = [Math.floor(key / axis.sets.length), key % axis.sets.length];
    const services =
      pieces.length === 1 ? (pieces[0] as ServicePiece).services : intervals(pieces.flatMap((piece) => piece.services));
    const others = axis.sets.of([from]);
    const pairs = pairsOf(axis, { fixed: to, others });
    const outside = axis.isOutside(from) || axis.isOutside(to);
    return { fixed: [to], end: 'to', others, services, count: countServices(services), pairs, outside };
  });
}

type Group = { readonly fixed: number[]; readonly others: PositionSet; readonly block: Block; pairs: number };

/** One part per set of others and services, for all ends that have it; outsides apart, each alone. */
export function groupBlocks(axis: Axis, blocks: readonly Block[]): Part[] {
  const outsides = axis.sets.where((position) => axis.isOutside(position));
  const [inside, far, fromOutside] = [new Groups(axis), new Groups(axis), new Groups(axis)];
  for (const block of blocks) {
    const near = axis.sets.minus(block.others, outsides);
    if (axis.isOutside(block.fixed)) {
      if (!axis.sets.isEmpty(near)) fromOutside.addAlone(block, near);
      continue;
    }
    if (!axis.sets.isEmpty(near)) inside.add(block, near);
    if (near !== block.others) far.add(block, axis.sets.and(block.others, outsides));
  }
  const toOutside = new Groups(axis);
  for (const { others, block, fixed } of far.all) {
    for (const outside of axis.sets.positions(others)) toOutside.add(block, axis.sets.of([outside]), fixed);
  }
  return [
    ...inside.all.filter(({ pairs }) => pairs > 0).map((group) => partOf(axis, group, false)),
    ...[...fromOutside.all, ...toOutside.all].map((group) => partOf(axis, group, true)),
  ];
}

function partOf(axis: Axis, { fixed, others, block, pairs }: Group, outside: boolean): Part {
  const { services, count } = block.piece;
  const [first = 0] = fixed;
  const self = fixed.length === 1 && isSelf(axis, first, first) ? axis.sets.of(fixed) : axis.sets.empty;
  // "All of them" is easier to read than "all of them but itself".
  const told = others.base.size > 0 ? axis.sets.or(others, self) : axis.sets.minus(others, self);
  return { fixed, end: block.end, others: told, services, count, pairs, outside };
}

/** Ends by the services and the others that they have in common. */
class Groups {
  readonly all: Group[] = [];
  readonly #axis: Axis;
  readonly #byKey = new Map<number, Map<number, Group>>();
  readonly #pieces = new Map<ServicePiece, number>();
  readonly #services = new Map<string, number>();
  readonly #others = new Map<number, number>();
  readonly #distinct = new Map<number, PositionSet[]>();
  #next = 0;

  constructor(axis: Axis) {
    this.#axis = axis;
  }

  add(block: Block, others: PositionSet, fixed: readonly number[] = [block.fixed]): void {
    const inner = this.#innerOf(2 * this.#numberOfServices(block.piece) + (block.end === 'to' ? 1 : 0));
    const number = this.#numberOfOthers(others);
    const group = inner.get(number) ?? this.#open(block, others);
    inner.set(number, group);
    for (const position of fixed) {
      group.fixed.push(position);
      group.pairs += pairsOf(this.#axis, { fixed: position, others });
    }
  }

  addAlone(block: Block, others: PositionSet): void {
    this.#open(block, others).fixed.push(block.fixed);
  }

  #open(block: Block, others: PositionSet): Group {
    const group = { fixed: [], others, block, pairs: 0 };
    this.all.push(group);
    return group;
  }

  #innerOf(key: number): Map<number, Group> {
    const known = this.#byKey.get(key) ?? new Map<number, Group>();
    this.#byKey.set(key, known);
    return known;
  }

  /** Pieces of different cuts may be the same services. */
  #numberOfServices(piece: ServicePiece): number {
    const known = this.#pieces.get(piece);
    if (known !== undefined) return known;
    const text = piece.services.map(({ first, last }) => `${first}-${last}`).join();
    const number = this.#services.get(text) ?? this.#services.size;
    this.#services.set(text, number);
    this.#pieces.set(piece, number);
    return number;
  }

  /** Equal sets may be several objects. */
  #numberOfOthers(others: PositionSet): number {
    const known = this.#others.get(others.number);
    if (known !== undefined) return known;
    const hash = hashList(others.base.size, others.toggles);
    const alike = this.#distinct.get(hash) ?? [];
    const twin = alike.find(({ base, toggles }) => base === others.base && sameList(toggles, others.toggles));
    const number = twin === undefined ? this.#next++ : (this.#others.get(twin.number) as number);
    if (twin === undefined) this.#distinct.set(hash, [...alike, others]);
    this.#others.set(others.number, number);
    return number;
  }
}
