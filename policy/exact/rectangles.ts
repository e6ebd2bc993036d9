import type { View } from '@bulkhead/model/decision.ts';
import { type Intervals, intervals, intervalsContain } from '@bulkhead/net/intervals.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import { describeTerms } from '../deciding/describe.ts';
import { countServices, exampleService, serviceTexts } from '../language/service-sets.ts';
import type { Probe } from '../probe.ts';
import type { Side } from '../world.ts';
import { type Block, pairsOf } from './blocks.ts';
import { CellSum } from './cells.ts';
import type { Joint } from './compare.ts';
import { probeBetween } from './examples.ts';
import { Judge, type Judged, serviceSetsOf } from './judge.ts';
import type { PositionSet } from './position-sets.ts';
import type { ServicePiece } from './service-cuts.ts';

/** All cells between two segments whose verdict changes in one direction; of a large change, between groups of them. */
export type Rectangle = {
  /** What the workloads have in common, as a selector would say it. */
  readonly from: string;
  readonly to: string;
  readonly services: readonly string[];
  readonly cells: number;
  /** A connection of the rectangle that passes in the world where it is open. */
  readonly example: Probe;
};

/** As a rectangle, between so many workloads and so many unowned addresses (a decimal number). */
export type AddressRectangle = Omit<Rectangle, 'cells'> & { readonly workloads: number; readonly addresses: string };

export type Change = {
  /** Exact up to 2^53, beyond it the nearest number. */
  readonly cells: number;
  /** The decimal text, where `cells` is not exact. */
  readonly exactCells?: string;
  /** Largest first. */
  readonly rectangles: readonly Rectangle[];
  readonly addressRectangles: readonly AddressRectangle[];
  /** Rectangles of both kinds that are not listed for their number; their cells are counted. Absent: none. */
  readonly omitted?: number;
};

/** Pairs of segments that are told one by one; nobody reads more. Beyond it rectangles span groups of segments. */
export const pairLimit = 5000;
/** Rectangles told at all. */
export const rectangleLimit = 5000;

type Told = { readonly joint: Joint; readonly side: Side; readonly view: View };

/** `side`: the world in which the blocks are open. */
export function tellChange(told: Told, blocks: readonly Block[]): Change {
  const { axis } = told.joint;
  const sum = new CellSum();
  for (const block of blocks) sum.add(pairsOf(axis, block), block.piece.count);
  const pairs = blocks.reduce((total, { others }) => total + axis.sets.sizeOf(others), 0);
  const parts = pairs <= pairLimit ? splitToPairs(told, blocks) : groupBlocks(told, blocks);
  const teller = new Teller(told);
  const inside = parts.filter(({ outside }) => !outside).sort((a, b) => b.pairs * b.count - a.pairs * a.count);
  const outside = parts
    .filter((part) => part.outside)
    .sort((a, b) => compareBig(teller.addressesOf(b), teller.addressesOf(a)));
  const [shownInside, shownOutside] = [inside.slice(0, rectangleLimit), outside.slice(0, rectangleLimit)];
  const omitted = inside.length + outside.length - shownInside.length - shownOutside.length;
  const cells = Number(sum.exact);
  return {
    cells,
    ...(!Number.isSafeInteger(cells) && { exactCells: `${sum.exact}` }),
    rectangles: shownInside.map((part) => teller.rectangle(part)),
    addressRectangles: shownOutside.map((part) => teller.addressRectangle(part)),
    ...(omitted > 0 && { omitted }),
  };
}

/** Segments (or one outside) on each side; every one with every other. */
type Part = {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly services: Intervals;
  readonly count: number;
  readonly pairs: number;
  readonly outside: boolean;
};

/** One part per pair, with all services that change between the two. */
function splitToPairs({ joint: { axis } }: Told, blocks: readonly Block[]): Part[] {
  const byPair = new Map<number, Block['piece'][]>();
  for (const { fixed, end, others, piece } of blocks) {
    for (const other of axis.sets.positions(others)) {
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
      pieces.length === 1
        ? (pieces[0] as Block['piece']).services
        : intervals(pieces.flatMap((piece) => piece.services));
    const pairs = pairsOf(axis, { fixed: to, others: axis.sets.of([from]) });
    const outside = axis.isOutside(from) || axis.isOutside(to);
    return { from: [from], to: [to], services, count: countServices(services), pairs, outside };
  });
}

/** One part per set of others and services, for all ends that have it; outsides apart, each alone. */
function groupBlocks({ joint: { axis } }: Told, blocks: readonly Block[]): Part[] {
  const outsides = axis.sets.where((position) => axis.isOutside(position));
  const groups = new Map<
    string,
    { fixed: number[]; others: PositionSet; block: Block; pairs: number; outside: boolean }
  >();
  const numbers = new Map<object, number>();
  const numberOf = (thing: object): number => {
    const number = numbers.get(thing) ?? numbers.size;
    numbers.set(thing, number);
    return number;
  };
  const textOf = memo(({ services }: Block['piece']) => services.map(({ first, last }) => `${first}-${last}`).join());
  const add = (block: Block, others: PositionSet, outside: boolean): void => {
    if (axis.sets.isEmpty(others)) return;
    const pairs = pairsOf(axis, { fixed: block.fixed, others });
    if (!outside && pairs === 0) return;
    const alone = axis.isOutside(block.fixed) ? block.fixed : '';
    const key = `${block.end} ${alone} ${textOf(block.piece)} ${numberOf(others.base)} ${others.toggles.join(',')}`;
    const group = groups.get(key) ?? { fixed: [], others, block, pairs: 0, outside };
    groups.set(key, group);
    group.fixed.push(block.fixed);
    group.pairs += pairs;
  };
  for (const block of blocks) {
    const far = axis.sets.and(block.others, outsides);
    const fixedOutside = axis.isOutside(block.fixed);
    const near = axis.sets.minus(block.others, outsides);
    // Nobody meets himself: with him the set is one that others have too, without he would be a group of his own.
    const isAllButSelf = near.base.size > 0 && axis.weights[block.fixed] === 1;
    add(block, isAllButSelf ? axis.sets.or(near, axis.sets.of([block.fixed])) : near, fixedOutside);
    for (const outside of axis.sets.positions(far)) add(block, axis.sets.of([outside]), true);
  }
  return [...groups.values()].map(({ fixed, others, block, pairs, outside }) => {
    const [near, far] = [fixed, [...axis.sets.positions(others)]];
    const [from, to] = block.end === 'to' ? [far, near] : [near, far];
    return { from, to, services: block.piece.services, count: block.piece.count, pairs, outside };
  });
}

/** Puts parts into words. */
class Teller {
  readonly #told: Told;
  readonly #judge: Judge;
  readonly #texts = new Map<Intervals, readonly string[]>();
  readonly #names = new Map<number, string>();
  readonly #judged = new Map<number, { readonly judged: Judged; readonly pieces: readonly ServicePiece[] }>();

  constructor(told: Told) {
    this.#told = told;
    this.#judge = new Judge(told.joint.axis, told.joint.book, told);
  }

  rectangle(part: Part): Rectangle {
    return { ...this.#said(part), cells: part.pairs * part.count, example: this.#example(part) };
  }

  addressRectangle(part: Part): AddressRectangle {
    const { axis } = this.#told.joint;
    const segments = [...part.from, ...part.to].filter((position) => !axis.isOutside(position));
    const workloads = segments.reduce((sum, position) => sum + (axis.weights[position] as number), 0);
    return { ...this.#said(part), example: this.#example(part), workloads, addresses: `${this.addressesOf(part)}` };
  }

  addressesOf({ from, to }: Part): bigint {
    const { axis } = this.#told.joint;
    const outside = [from[0], to[0]].find((position) => position !== undefined && axis.isOutside(position));
    return outside === undefined ? 0n : axis.outsideAt(outside).addresses;
  }

  #said({ from, to, services }: Part) {
    const texts = this.#texts.get(services) ?? serviceTexts(services);
    this.#texts.set(services, texts);
    return { from: this.#nameAll(from), to: this.#nameAll(to), services: texts };
  }

  #nameAll(positions: readonly number[]): string {
    const [first = 0] = positions;
    if (positions.length === 1) return this.#name(first);
    const { axis } = this.#told.joint;
    const { side } = this.#told;
    const all = axis.sets.of([...positions].sort((a, b) => a - b));
    const segments = axis.sets.where((position) => position < axis.segments.length);
    const [endpoint] = axis.endpoints(side, first);
    const terms = endpoint === undefined ? [] : axis.kindAt(side, endpoint).local;
    const exact = terms.find(
      (term) =>
        axis.terms[term]?.kind === 'workloads' &&
        axis.sets.equals(axis.sets.and(axis.fold(axis.matching(side, 'local', [term])), segments), all),
    );
    if (exact !== undefined) return describeTerms(axis.terms.slice(exact, exact + 1));
    return `${this.#name(first)} and ${positions.length - 1} more label sets`;
  }

  #name(position: number): string {
    const known = this.#names.get(position) ?? this.#told.joint.axis.nameOf(position);
    this.#names.set(position, known);
    return known;
  }

  #example({ from, to, services }: Part): Probe {
    const { joint, side } = this.#told;
    const service = exampleService(services);
    const pair = this.#pair(from, to);
    return probeBetween({ axis: joint.axis, side }, this.#passing(pair, service), service);
  }

  #judgedAt(position: number) {
    const known = this.#judged.get(position);
    if (known !== undefined) return known;
    const judged = this.#judge.at(position, 'to');
    const found = { judged, pieces: this.#told.joint.book.cuts.cut(serviceSetsOf(judged)) };
    this.#judged.set(position, found);
    return found;
  }

  /** Two positions of the part that are a pair: nobody who is alone meets himself. */
  #pair(from: readonly number[], to: readonly number[]): readonly [number, number] {
    const { axis } = this.#told.joint;
    for (const destination of to) {
      const source = from.find((position) => position !== destination || axis.weights[position] !== 1);
      if (source !== undefined) return [source, destination];
    }
    throw new Error('A part has a pair');
  }

  #passing([from, to]: readonly [number, number], service: ServicePoint) {
    const { axis } = this.#told.joint;
    const { judged, pieces } = this.#judgedAt(to);
    const piece = pieces.find(({ services }) => intervalsContain(services, service));
    const found = piece && this.#judge.passingPair(judged, piece, axis.endpoints(this.#told.side, from));
    if (found === undefined || found === null) throw new Error('What is open is open for some pair of addresses');
    const endpoint = axis.endpoints(this.#told.side, to)[found.endpoint] ?? to;
    return [
      { position: from, endpoint: found.other },
      { position: to, endpoint },
    ] as const;
  }
}

const compareBig = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function memo<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, V>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
