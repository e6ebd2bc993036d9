/** World units: at zoom 1 they are CSS pixels. */
export type Point = { readonly x: number; readonly y: number };
export type Rect = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** From `start` to `end` on one axis. */
export type Span = { readonly start: number; readonly end: number };

/** Cells in rows and columns with gutters between and around them; edges run in the gutters. */
export type Grid = { readonly columns: readonly Span[]; readonly rows: readonly Span[]; readonly gutter: Point };

export const centre = (rect: Rect): Point => ({ x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 });

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function contains(rect: Rect, { x, y }: Point): boolean {
  return x >= rect.x && x <= rect.x + rect.width && y >= rect.y && y <= rect.y + rect.height;
}

/** The smallest rectangle around points and rectangles; null around none. */
export function boundsOf(things: readonly (Point | Rect)[]): Rect | null {
  if (things.length === 0) return null;
  const right = (thing: Point | Rect): number => thing.x + ('width' in thing ? thing.width : 0);
  const bottom = (thing: Point | Rect): number => thing.y + ('height' in thing ? thing.height : 0);
  const x = Math.min(...things.map((thing) => thing.x));
  const y = Math.min(...things.map((thing) => thing.y));
  return { x, y, width: Math.max(...things.map(right)) - x, height: Math.max(...things.map(bottom)) - y };
}

/** The middle of the gutter before column `index`; `columns.length` is the one after the last. */
export const columnGutter = (grid: Grid, index: number): number => gutterAt(grid.columns, index, grid.gutter.x);
export const rowGutter = (grid: Grid, index: number): number => gutterAt(grid.rows, index, grid.gutter.y);

function gutterAt(spans: readonly Span[], index: number, size: number): number {
  const next = spans[index];
  if (next !== undefined) return next.start - size / 2;
  return (spans.at(-1)?.end ?? 0) + size / 2;
}

/** Spans of the given sizes one after the other, a gutter before each. */
export function layOut(sizes: readonly number[], from: number, gutter: number): Span[] {
  let at = from;
  return sizes.map((size) => {
    const start = at + gutter;
    at = start + size;
    return { start, end: at };
  });
}

export function cellRect(grid: Grid, column: number, row: number): Rect {
  const x = grid.columns[column] ?? { start: 0, end: 0 };
  const y = grid.rows[row] ?? { start: 0, end: 0 };
  return { x: x.start, y: y.start, width: x.end - x.start, height: y.end - y.start };
}

/** How far a point is from the segment between two others. */
export function segmentDistance(point: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point.x - a.x) * dx + (point.y - a.y) * dy) / length;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(point.x - a.x - t * dx, point.y - a.y - t * dy);
}
