import { overlaps, type Point, type Rect } from '../scene/geometry.ts';

export type Labelled = {
  /** Screen pixels, from one end of the line to the other. */
  readonly points: readonly Point[];
  readonly width: number;
  readonly height: number;
  /** A line that is looked at alone has room beside it; among others a label there would be anybody's. */
  readonly alone: boolean;
};

/** What is in the way: `looked` must be seen whole, `others` if that can be. */
export type InTheWay = { readonly looked: readonly Rect[]; readonly others: readonly Rect[] };

/** Where the label covers nothing; else where it covers nothing that is looked at; null: nowhere. */
export function labelPlace({ points, width, height, alone }: Labelled, { looked, others }: InTheWay): Rect | null {
  const along = placesAlong(points).map(({ x, y }) => ({ x: x - width / 2, y: y - height / 2, width, height }));
  const places = alone ? [...along, ...along.slice(0, 1).flatMap(placesAround)] : along;
  const isFree = (place: Rect, taken: readonly Rect[]): boolean => !taken.some((other) => overlaps(place, other));
  const free = places.filter((place) => isFree(place, looked));
  return free.find((place) => isFree(place, others)) ?? free[0] ?? null;
}

/** Lines of text above and below a place, and halves of the label's width beside it. */
const rows = [-1, 1, -2, 2, -3, 3, -4, 4];
const columns = [0, 1, -1, 2, -2];

/** The nearest first. */
function placesAround({ x, y, width, height }: Rect): Rect[] {
  const moves = rows.flatMap((row) => columns.map((column) => ({ x: (column * width) / 2, y: row * (height + 2) })));
  moves.sort((a, b) => Math.hypot(a.x, a.y) - Math.hypot(b.x, b.y));
  return moves.map((move) => ({ x: x + move.x, y: y + move.y, width, height }));
}

/** Along the longest stretches first, from the middle of each outwards. */
function placesAlong(points: readonly Point[]): Point[] {
  const stretches = points.slice(1).map((b, index) => ({ a: points[index] ?? b, b }));
  const length = ({ a, b }: { readonly a: Point; readonly b: Point }): number => Math.hypot(b.x - a.x, b.y - a.y);
  stretches.sort((one, other) => length(other) - length(one));
  return stretches.flatMap(({ a, b }) =>
    [0.5, 0.35, 0.65, 0.2, 0.8].map((t) => ({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t })),
  );
}
