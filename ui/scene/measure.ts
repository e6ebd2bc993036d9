import { layOutCard } from './card-layout.ts';
import type { DistrictPlan } from './plan.ts';
import type { Card, District } from './scene.ts';
import { sizes } from './sizes.ts';

/** World units that a district takes: its columns and rows, and with gutters and head its whole panel. */
export type Measured = {
  readonly columns: readonly number[];
  readonly rows: readonly number[];
  readonly width: number;
  readonly height: number;
};

/** A column is as wide as its widest card and a row as high as its highest, so gutters are straight. */
export function measure(plan: DistrictPlan, district: District | undefined): Measured {
  const columns = Array<number>(plan.columns).fill(plan.cardWidth);
  const rows = Array<number>(Math.max(1, rowsOf(plan))).fill(sizes.card.height);
  for (const card of district?.cards ?? []) {
    if (card.tiers === null) continue;
    const { column, row } = cellOf(plan, card);
    const { size } = layOutCard(card, { x: 0, y: 0 });
    columns[column] = Math.max(columns[column] ?? 0, size.x);
    rows[row] = Math.max(rows[row] ?? 0, size.y);
  }
  const { gutter, district: panel } = sizes;
  const width = total(columns) + gutter.x * (columns.length + 1);
  const height = total(rows) + gutter.y * (rows.length + 1) + panel.header;
  return { columns, rows, width, height };
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

export function cellOf(plan: DistrictPlan, card: Card): { readonly column: number; readonly row: number } {
  const cell = plan.cells.get(card.key) ?? 0;
  return { column: cell % plan.columns, row: Math.floor(cell / plan.columns) };
}

/** Rows of the planned grid, counting cells that are free now. */
export function rowsOf(plan: DistrictPlan): number {
  return Math.ceil((Math.max(-1, ...plan.cells.values()) + 1) / plan.columns);
}

type Box = { readonly width: number; readonly height: number };

/** A shelf is as high as its highest district, and there is a street around each. */
export function measureShelf(districts: readonly Box[]): Box {
  return {
    width: districts.reduce<number>((sum, { width }) => sum + width + sizes.street, sizes.street),
    height: Math.max(0, ...districts.map(({ height }) => height)),
  };
}

/** How large the shelves can be drawn in a view that is 1 high and `aspect` wide. */
export function scaleOf(shelves: readonly (readonly Box[])[], aspect: number): number {
  const measured = shelves.map(measureShelf);
  const width = Math.max(0, ...measured.map((shelf) => shelf.width));
  const height = measured.reduce<number>((sum, shelf) => sum + shelf.height + sizes.street, sizes.street);
  return Math.min(aspect / width, 1 / height);
}
