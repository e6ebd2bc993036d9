import { measure, measureShelf, scaleOf } from './measure.ts';
import type { Card, District, Scene } from './scene.ts';
import { sizes } from './sizes.ts';

/**
 * Where things are relative to each other, without coordinates. A plan is kept from one scene to the next, so that
 * nothing that stays changes its place.
 */
export type Plan = { readonly shelves: readonly (readonly DistrictPlan[])[] };

export type DistrictPlan = {
  readonly key: string;
  readonly columns: number;
  readonly cardWidth: number;
  /** Card keys to cells, counted row by row. Cells of vanished cards stay free until a new card takes one. */
  readonly cells: ReadonlyMap<string, number>;
};

/**
 * Shelves of districts that can be drawn as large as possible. Tried are widths and numbers of rows: districts, the
 * largest first, go to the first shelf that has room for them (first fit, decreasing).
 */
export function planScene(scene: Scene, aspect: number): Plan {
  const shapes = scene.districts.map(shapesOf).sort(byRank);
  const best = bestOf(candidates(shapes), aspect);
  return { shelves: best.map((shelf) => shelf.map(({ plan }) => plan)) };
}

/** One way to arrange a district's cards, with what it takes. */
type Shape = { readonly plan: DistrictPlan; readonly width: number; readonly height: number };

/** All ways that are asked for, each measured once; `area` is that of the cards, which no arrangement changes much. */
type Shapes = {
  readonly district: District;
  readonly area: number;
  readonly withColumns: (columns: number) => Shape;
};

function shapesOf(district: District): Shapes {
  const known = new Map<number, Shape>();
  const withColumns = (columns: number): Shape => {
    const shape = known.get(columns) ?? shapeOf(district, columns);
    known.set(columns, shape);
    return shape;
  };
  const row = withColumns(Math.max(1, district.cards.length));
  return { district, area: row.width * row.height, withColumns };
}

function shapeOf(district: District, columns: number): Shape {
  const plan = freshDistrict(district, columns);
  const { width, height } = measure(plan, district);
  return { plan, width, height };
}

/** Traffic comes in from the outside, so that is where reading starts; what has no place of its own comes last. */
const kindRank = { outside: 0, environment: 1, 'no-environment': 2 } as const;

function byRank({ district: a, area }: Shapes, { district: b, area: other }: Shapes): number {
  return kindRank[a.kind] - kindRank[b.kind] || other - area || b.cards.length - a.cards.length;
}

type Shelves = readonly (readonly Shape[])[];

function* candidates(shapes: readonly Shapes[]): Generator<Shelves> {
  const largestFirst = [...shapes].sort((a, b) => b.area - a.area);
  const places = new Map(shapes.map(({ district }, place) => [district.key, place]));
  const most = Math.max(1, ...shapes.map(({ district }) => district.cards.length));
  for (const width of widths(shapes)) {
    for (const rows of rowCounts(most)) {
      yield inOrder(firstFit(largestFirst, { width, rows }), places);
    }
  }
}

/** Widths worth trying: from the widest single card to everything in a row. */
function widths(shapes: readonly Shapes[]): number[] {
  const most = measureShelf(shapes.map(({ district, withColumns }) => withColumns(district.cards.length))).width;
  const least = measureShelf([{ width: Math.max(0, ...shapes.map((shape) => shape.withColumns(1).width)), height: 0 }]);
  const steps = 32;
  return Array.from({ length: steps }, (_, i) => least.width * (most / least.width) ** (i / (steps - 1)));
}

function rowCounts(most: number): number[] {
  const counts: number[] = [];
  for (let rows = 1; rows <= most; rows = Math.max(rows + 1, Math.floor(rows * 1.3))) counts.push(rows);
  return counts;
}

type Room = { readonly width: number; readonly rows: number };

/** Districts of at least so many rows, and of more where they would be wider than a shelf may be. */
function firstFit(shapes: readonly Shapes[], { width, rows }: Room): Shelves {
  const shelves: { readonly list: Shape[]; width: number }[] = [];
  for (const { district, withColumns } of shapes) {
    const shape = fitted(district, withColumns, { width: width - 2 * sizes.street, rows });
    const wide = shape.width + sizes.street;
    const shelf = shelves.find((open) => open.width + wide <= width + 1);
    if (shelf === undefined) shelves.push({ list: [shape], width: sizes.street + wide });
    else {
      shelf.list.push(shape);
      shelf.width += wide;
    }
  }
  return shelves.map(({ list }) => list);
}

function fitted({ cards }: District, withColumns: Shapes['withColumns'], { width, rows }: Room): Shape {
  let columns = Math.max(1, Math.ceil(cards.length / rows));
  while (columns > 1 && withColumns(columns).width > width) columns = Math.max(1, Math.floor(columns * 0.9));
  return withColumns(columns);
}

/** Shelves by the first of their districts, and districts as they rank. */
function inOrder(shelves: Shelves, places: ReadonlyMap<string, number>): Shelves {
  const placeOf = ({ plan }: Shape): number => places.get(plan.key) ?? 0;
  const sorted = shelves.map((shelf) => [...shelf].sort((a, b) => placeOf(a) - placeOf(b)));
  const first = ([shape]: readonly Shape[]): number => (shape === undefined ? 0 : placeOf(shape));
  return sorted.sort((a, b) => first(a) - first(b));
}

/** The first of those that are drawn largest. */
function bestOf(all: Iterable<Shelves>, aspect: number): Shelves {
  let best: Shelves = [];
  let largest = 0;
  for (const shelves of all) {
    const scale = scaleOf(shelves, aspect);
    if (scale <= largest * 1.001) continue;
    best = shelves;
    largest = scale;
  }
  return best;
}

export function freshDistrict(district: District, columns: number): DistrictPlan {
  const cells = new Map(district.cards.map((card, index) => [card.key, index]));
  return { key: district.key, columns: Math.max(1, columns), cardWidth: cardWidth(district), cells };
}

/** Wide enough for nearly all names; the longest are cut. */
function cardWidth(district: District): number {
  const lengths = district.cards.map((card: Card) => card.name.length).sort((a, b) => a - b);
  const usual = lengths[Math.floor((lengths.length - 1) * 0.95)] ?? 0;
  const { letter, padding, minWidth, maxWidth } = sizes.card;
  return Math.max(minWidth, Math.min(maxWidth, usual * letter + padding));
}
