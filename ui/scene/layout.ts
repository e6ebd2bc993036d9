import { layOutCard } from './card-layout.ts';
import { cellRect, type Grid, layOut, type Point, type Rect } from './geometry.ts';
import { keepPlan, rowsOf } from './keep-plan.ts';
import { type DistrictPlan, type Plan, planScene } from './plan.ts';
import type { Card, District, Scene } from './scene.ts';
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
  const measured = plan.shelves.map((shelf) => shelf.map((district) => measure(district, byKey.get(district.key))));
  const width = Math.max(0, ...measured.map(widthOf));
  const building: Building = { districts: new Map(), cards: new Map(), dots: new Map() };
  const shelves: Shelf[] = [];
  let y = sizes.street;
  for (const [index, shelf] of measured.entries()) {
    const height = Math.max(...shelf.map((district) => district.height));
    shelves.push({ y, height, gaps: placeShelf({ building, shelf, index, y, height, right: width - sizes.street }) });
    y += height + sizes.street;
  }
  const streets = [sizes.street / 2, ...shelves.map((shelf) => shelf.y + shelf.height + sizes.street / 2)];
  return { plan, bounds: { x: 0, y: 0, width, height: y }, shelves, streets, ...building };
}

/** `district` is null where a vanished one keeps its place. */
type Measured = {
  readonly district: District | null;
  readonly key: string;
  readonly plan: DistrictPlan;
  readonly columns: readonly number[];
  readonly rows: readonly number[];
  readonly width: number;
  readonly height: number;
};

const widthOf = (shelf: readonly Measured[]): number =>
  shelf.reduce<number>((sum, district) => sum + district.width + sizes.street, sizes.street);

/** A column is as wide as its widest card and a row as high as its highest, so gutters are straight. */
function measure(plan: DistrictPlan, district: District | undefined): Measured {
  const columns = Array<number>(plan.columns).fill(plan.cardWidth);
  const rows = Array<number>(Math.max(1, rowsOf(plan))).fill(sizes.card.height);
  for (const card of district?.cards ?? []) {
    const { column, row } = cellOf(plan, card);
    const size = layOutCard(card, { x: 0, y: 0 }).size;
    columns[column] = Math.max(columns[column] ?? 0, size.x);
    rows[row] = Math.max(rows[row] ?? 0, size.y);
  }
  const { gutter } = sizes;
  const width = total(columns) + gutter.x * (columns.length + 1);
  const height = total(rows) + gutter.y * (rows.length + 1) + sizes.district.header;
  return { district: district ?? null, key: plan.key, plan, columns, rows, width, height };
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

function cellOf(plan: DistrictPlan, card: Card): { readonly column: number; readonly row: number } {
  const cell = plan.cells.get(card.key) ?? 0;
  return { column: cell % plan.columns, row: Math.floor(cell / plan.columns) };
}

type ShelfPlacing = {
  readonly building: Building;
  readonly shelf: readonly Measured[];
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
  readonly measured: Measured;
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
