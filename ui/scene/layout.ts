import { layOutCard } from './card-layout.ts';
import { cellRect, type Grid, layOut, type Point, type Rect } from './geometry.ts';
import { keepPlan } from './keep-plan.ts';
import { cellOf, type Measured, measure, measureShelf } from './measure.ts';
import { type DistrictPlan, type Plan, planScene } from './plan.ts';
import type { District, Scene } from './scene.ts';
import { sizes } from './sizes.ts';

export type DistrictBox = Rect & { readonly key: string; readonly shelf: number; readonly grid: Grid };

export type CardBox = Rect & {
  readonly key: string;
  readonly district: string;
  readonly column: number;
  readonly row: number;
  /** Null while closed. */
  readonly inner: Grid | null;
  readonly headings: readonly TierHeading[];
};

export type TierHeading = Rect & { readonly name: string; readonly size: number };

export type DotBox = Rect & {
  readonly key: string;
  readonly card: string;
  readonly column: number;
  readonly row: number;
};

/** A row of districts. `gaps` are the middles of the free strips before, between and after them. */
export type Shelf = { readonly y: number; readonly height: number; readonly gaps: readonly number[] };

export type Layout = {
  readonly plan: Plan;
  readonly bounds: Rect;
  readonly shelves: readonly Shelf[];
  /** Middles of the streets above, between and below the shelves. */
  readonly streets: readonly number[];
  readonly districts: ReadonlyMap<string, DistrictBox>;
  readonly cards: ReadonlyMap<string, CardBox>;
  readonly dots: ReadonlyMap<string, DotBox>;
};

/** `previous` null: planned afresh for the aspect ratio (width / height); else things that stay keep their place. */
export type LayoutOptions = { readonly previous: Layout | null; readonly aspect: number };

export function layoutScene(scene: Scene, { previous, aspect }: LayoutOptions): Layout {
  const isFresh = previous === null || previous.cards.size === 0;
  const plan = isFresh ? planScene(scene, aspect) : keepPlan(previous.plan, scene, aspect);
  return placePlan(scene, plan);
}

type Building = {
  readonly districts: Map<string, DistrictBox>;
  readonly cards: Map<string, CardBox>;
  readonly dots: Map<string, DotBox>;
};

function placePlan(scene: Scene, plan: Plan): Layout {
  const byKey = new Map(scene.districts.map((district) => [district.key, district]));
  const measured = plan.shelves.map((shelf) =>
    shelf.map((district): Placed => {
      const found = byKey.get(district.key);
      return { ...measure(district, found), district: found ?? null, plan: district };
    }),
  );
  const width = Math.max(0, ...measured.map((shelf) => measureShelf(shelf).width));
  const building: Building = { districts: new Map(), cards: new Map(), dots: new Map() };
  const shelves: Shelf[] = [];
  let y = sizes.street;
  for (const [index, shelf] of measured.entries()) {
    const { height } = measureShelf(shelf);
    shelves.push({ y, height, gaps: placeShelf({ building, shelf, index, y, height, right: width - sizes.street }) });
    y += height + sizes.street;
  }
  const streets = [sizes.street / 2, ...shelves.map((shelf) => shelf.y + shelf.height + sizes.street / 2)];
  return { plan, bounds: { x: 0, y: 0, width, height: y }, shelves, streets, ...building };
}

/** `district` is null where a vanished one keeps its place. */
type Placed = Measured & { readonly district: District | null; readonly plan: DistrictPlan };

type ShelfPlacing = {
  readonly building: Building;
  readonly shelf: readonly Placed[];
  readonly index: number;
  readonly y: number;
  readonly height: number;
  readonly right: number;
};

/** All panels of a shelf are equally high, and the last one reaches the right border. */
function placeShelf({ building, shelf, index, y, height, right }: ShelfPlacing): number[] {
  let x: number = sizes.street;
  const gaps = [x / 2];
  for (const [position, measured] of shelf.entries()) {
    const width = position === shelf.length - 1 ? Math.max(measured.width, right - x) : measured.width;
    if (measured.district !== null) {
      placeDistrict(building, { measured, district: measured.district, box: { x, y, width, height }, shelf: index });
    }
    x += width + sizes.street;
    gaps.push(x - sizes.street / 2);
  }
  return gaps;
}

type DistrictPlacing = {
  readonly measured: Placed;
  readonly district: District;
  readonly box: Rect;
  readonly shelf: number;
};

function placeDistrict(building: Building, { measured, district, box, shelf }: DistrictPlacing): void {
  const { gutter } = sizes;
  const grid: Grid = {
    columns: layOut(measured.columns, box.x, gutter.x),
    rows: layOut(measured.rows, box.y + sizes.district.header, gutter.y),
    gutter,
  };
  building.districts.set(district.key, { ...box, key: district.key, shelf, grid });
  for (const card of district.cards) {
    const cell = cellOf(measured.plan, card);
    const { x, y, width } = cellRect(grid, cell.column, cell.row);
    const { size, inner, headings, dots } = layOutCard(card, { x, y });
    const shape: Point =
      card.tiers === null ? { x: Math.min(width, measured.plan.cardWidth), y: sizes.card.height } : size;
    building.cards.set(card.key, {
      ...{ x, y, width: shape.x, height: shape.y, key: card.key, district: district.key },
      ...cell,
      inner,
      headings,
    });
    for (const dot of dots) building.dots.set(dot.key, dot);
  }
}
