import { cellRect, type Grid, layOut, type Point } from './geometry.ts';
import type { DotBox, TierHeading } from './layout.ts';
import type { Card, Dot, Tier } from './scene.ts';
import { sizes } from './sizes.ts';

export type CardLayout = {
  readonly size: Point;
  readonly inner: Grid | null;
  readonly headings: readonly TierHeading[];
  readonly dots: readonly DotBox[];
};

/** Closed: as high and at least as wide as any card. Opened: a grid of tiers, one column or more per layer. */
export function layOutCard(card: Card, at: Point): CardLayout {
  if (card.tiers === null) {
    return { size: { x: 0, y: sizes.card.height }, inner: null, headings: [], dots: [] };
  }
  const columns = columnsOf(card.tiers);
  const rows = Math.max(1, ...columns.map((column) => column.length));
  const { dot } = sizes;
  const inner: Grid = {
    columns: layOut(Array<number>(Math.max(1, columns.length)).fill(dot.width), at.x, dot.gutter.x),
    rows: layOut(Array<number>(rows).fill(dot.height), at.y + dot.header - dot.gutter.y, dot.gutter.y),
    gutter: dot.gutter,
  };
  const size = {
    x: (inner.columns.at(-1)?.end ?? at.x) + dot.gutter.x - at.x,
    y: (inner.rows.at(-1)?.end ?? at.y) + dot.gutter.y - at.y,
  };
  return { size, inner, ...placeCells(card, columns, inner) };
}

type Cell =
  | { readonly kind: 'heading'; readonly name: string; readonly size: number }
  | { readonly kind: 'dot'; readonly dot: Dot };

/** Tiers of one layer stand below each other; what is too high goes on in the next column. */
function columnsOf(tiers: readonly Tier[]): Cell[][] {
  const layers = Map.groupBy(tiers, (tier) => tier.layer);
  return [...layers].sort((a, b) => a[0] - b[0]).flatMap(([, list]) => wrap(list));
}

function wrap(tiers: readonly Tier[]): Cell[][] {
  const columns: Cell[][] = [];
  let column: Cell[] = [];
  const heading = (tier: Tier): Cell => ({ kind: 'heading', name: tier.name, size: tier.dots.length });
  const start = (tier: Tier): void => {
    column = [heading(tier)];
    columns.push(column);
  };
  for (const tier of tiers) {
    if (columns.length === 0 || column.length + 2 > sizes.dot.maxRows) start(tier);
    else column.push(heading(tier));
    for (const dot of tier.dots) {
      if (column.length >= sizes.dot.maxRows) start(tier);
      column.push({ kind: 'dot', dot });
    }
  }
  return columns;
}

function placeCells(card: Card, columns: readonly Cell[][], grid: Grid): Pick<CardLayout, 'headings' | 'dots'> {
  const headings: TierHeading[] = [];
  const dots: DotBox[] = [];
  for (const [column, cells] of columns.entries()) {
    for (const [row, cell] of cells.entries()) {
      const rect = cellRect(grid, column, row);
      if (cell.kind === 'heading') headings.push({ ...rect, name: cell.name, size: cell.size });
      else dots.push({ ...rect, key: cell.dot.key, card: card.key, column, row });
    }
  }
  return { headings, dots };
}
