import type { View } from '@bulkhead/model/decision.ts';
import { type Intervals, intervalsContain } from '@bulkhead/net/intervals.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import { describeTerms } from '../deciding/describe.ts';
import { exampleService, serviceTexts } from '../language/service-sets.ts';
import type { TermId } from '../language/terms.ts';
import type { Probe } from '../probe.ts';
import type { Side } from '../world.ts';
import { type Block, pairsOf } from './blocks.ts';
import { CellSum } from './cells.ts';
import { probeBetween } from './examples.ts';
import type { Joint } from './joint.ts';
import { Judge, type Judged } from './judge.ts';
import type { Outside } from './outside.ts';
import type { Partly } from './partly.ts';
import { countPairs, groupBlocks, type Part, splitToPairs } from './parts.ts';
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

/** As a rectangle, from so many workloads to a domain name or all that are below one. */
export type NameRectangle = Omit<Rectangle, 'cells'> & { readonly workloads: number };

export type Change = {
  /** Exact up to 2^53, beyond it the nearest number. */
  readonly cells: number;
  /** The decimal text, where `cells` is not exact. */
  readonly exactCells?: string;
  /** Largest first. */
  readonly rectangles: readonly Rectangle[];
  readonly addressRectangles: readonly AddressRectangle[];
  /** Absent: none. */
  readonly nameRectangles?: readonly NameRectangle[];
  /** Ends between which no cell changes and some pair of addresses does (SPEC F9). Absent: none. */
  readonly partly?: Partly;
  /** Rectangles of all kinds that are not listed for their number; their cells are counted. Absent: none. */
  readonly omitted?: number;
};

/** Pairs of segments that are told one by one; nobody reads more. Beyond it rectangles span groups of segments. */
export const pairLimit = 5000;
/** Rectangles told at all. */
export const rectangleLimit = 5000;

type Told = { readonly joint: Joint; readonly side: Side; readonly view: View };

/** `side`: the world in which the blocks are open. */
export function tellChange(told: Told, blocks: readonly Block[], partly: Partly | null): Change {
  const { axis } = told.joint;
  const sum = new CellSum();
  for (const block of blocks) sum.add(pairsOf(axis, block), block.piece.count);
  const parts = countPairs(axis, blocks) <= pairLimit ? splitToPairs(axis, blocks) : groupBlocks(axis, blocks);
  const teller = new Teller(told);
  const inside = parts.filter(({ outside }) => !outside).sort((a, b) => b.pairs * b.count - a.pairs * a.count);
  const outside = parts
    .filter((part) => part.outside && !teller.isOfName(part))
    .sort((a, b) => compareBig(teller.addressesOf(b), teller.addressesOf(a)));
  const named = parts.filter((part) => teller.isOfName(part));
  const shown = [inside, outside, named].map((list) => list.slice(0, rectangleLimit));
  const [shownInside = [], shownOutside = [], shownNamed = []] = shown;
  const omitted = parts.length - shown.flat().length;
  const cells = Number(sum.exact);
  return {
    cells,
    ...(!Number.isSafeInteger(cells) && { exactCells: `${sum.exact}` }),
    rectangles: shownInside.map((part) => teller.rectangle(part)),
    addressRectangles: shownOutside.map((part) => teller.addressRectangle(part)),
    ...(named.length > 0 && { nameRectangles: shownNamed.map((part) => teller.nameRectangle(part)) }),
    ...(partly !== null && { partly }),
    ...(omitted > 0 && { omitted }),
  };
}

type Ends = { readonly from: readonly number[]; readonly to: readonly number[] };
type Selected = { readonly matching: PositionSet; readonly size: number };

/** Puts parts into words. */
class Teller {
  readonly #told: Told;
  readonly #judge: Judge;
  readonly #texts = new Map<Intervals, readonly string[]>();
  readonly #names = new Map<number, string>();
  readonly #selected = new Map<TermId, Selected>();
  #segments: PositionSet | null = null;
  readonly #judged = new Map<number, { readonly judged: Judged; readonly pieces: readonly ServicePiece[] }>();

  constructor(told: Told) {
    this.#told = told;
    this.#judge = new Judge(told.joint, told);
  }

  rectangle(part: Part): Rectangle {
    const ends = this.#endsOf(part);
    return { ...this.#said(ends, part), cells: part.pairs * part.count, example: this.#example(ends, part) };
  }

  addressRectangle(part: Part): AddressRectangle {
    return { ...this.nameRectangle(part), addresses: `${this.addressesOf(part)}` };
  }

  nameRectangle(part: Part): NameRectangle {
    const { axis } = this.#told.joint;
    const ends = this.#endsOf(part);
    const segments = [...ends.from, ...ends.to].filter((position) => !axis.isOutside(position));
    const workloads = segments.reduce((sum, position) => sum + (axis.weights[position] as number), 0);
    return { ...this.#said(ends, part), example: this.#example(ends, part), workloads };
  }

  isOfName = (part: Part): boolean => this.#outsideOf(part)?.kind === 'name';

  addressesOf(part: Part): bigint {
    const outside = this.#outsideOf(part);
    return outside?.kind === 'addresses' ? outside.addresses : 0n;
  }

  #outsideOf({ fixed, others, outside }: Part): Outside | null {
    const { axis } = this.#told.joint;
    const position = outside
      ? [fixed[0], axis.sets.first(others)].find((at) => at != null && axis.isOutside(at))
      : null;
    return position == null ? null : axis.outsideAt(position);
  }

  #endsOf({ fixed, end, others }: Part): Ends {
    const far = [...this.#told.joint.axis.sets.positions(others)];
    return end === 'to' ? { from: far, to: fixed } : { from: fixed, to: far };
  }

  #said({ from, to }: Ends, { services }: Part) {
    const texts = this.#texts.get(services) ?? serviceTexts(services);
    this.#texts.set(services, texts);
    return { from: this.#nameAll(from), to: this.#nameAll(to), services: texts };
  }

  #nameAll(positions: readonly number[]): string {
    const [first = 0] = positions;
    if (positions.length === 1) return this.#name(first);
    const { axis } = this.#told.joint;
    const all = axis.sets.of([...positions].sort((a, b) => a - b));
    const [endpoint] = axis.endpoints(this.#told.side, first);
    const terms = endpoint === undefined ? [] : axis.kindAt(this.#told.side, endpoint).local;
    const exact = terms.find((term) => {
      const { matching, size } = this.#selectedBy(term);
      return size === positions.length && axis.sets.equals(matching, all);
    });
    if (exact !== undefined) return describeTerms(axis.terms.slice(exact, exact + 1));
    return `${this.#name(first)} and ${positions.length - 1} more label sets`;
  }

  /** Segments that a selector matches; none of another term. */
  #selectedBy(term: TermId): Selected {
    const known = this.#selected.get(term);
    if (known !== undefined) return known;
    const { axis } = this.#told.joint;
    const isSelector = axis.terms[term]?.kind === 'workloads' && axis.holdsAll(term);
    this.#segments ??= axis.sets.where((position) => position < axis.segments.length);
    const all = isSelector ? axis.fold(axis.matching(this.#told.side, 'local', [term])) : axis.sets.empty;
    const matching = axis.sets.and(all, this.#segments);
    const selected = { matching, size: axis.sets.sizeOf(matching) };
    this.#selected.set(term, selected);
    return selected;
  }

  #name(position: number): string {
    const known = this.#names.get(position) ?? this.#told.joint.axis.nameOf(position);
    this.#names.set(position, known);
    return known;
  }

  #example({ from, to }: Ends, { services }: Part): Probe {
    const { joint, side } = this.#told;
    const service = exampleService(services);
    const pair = this.#pair(from, to);
    return probeBetween({ axis: joint.axis, side }, this.#passing(pair, service), service);
  }

  #judgedAt(position: number) {
    const known = this.#judged.get(position);
    if (known !== undefined) return known;
    const judged = this.#judge.at(position, 'to');
    const found = { judged, pieces: this.#judge.pieces(judged) };
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
