import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { columnGutter, type Grid, type Point, type Rect, rowGutter } from './geometry.ts';
import type { CardBox, DistrictBox, DotBox, Layout } from './layout.ts';
import type { Scene, SceneEdge } from './scene.ts';

/** Horizontal and vertical segments from the border of one end to the border of the other. */
export type EdgePath = { readonly key: string; readonly points: readonly Point[] };

/**
 * Edges run in the gutters of grids and in the streets between districts, so they cross no card but those that they
 * end on. Lanes keep the states in a gutter apart.
 */
export function edgePaths(scene: Scene, layout: Layout): ReadonlyMap<string, EdgePath> {
  const paths = new Map<string, EdgePath>();
  const isCrowded = scene.edges.length > crowdedFrom;
  for (const edge of scene.edges) {
    const [from, to] = [findEnd(layout, edge.from), findEnd(layout, edge.to)];
    if (from === null || to === null) continue;
    paths.set(edge.key, {
      key: edge.key,
      points: simplify(route(layout, { from, to, lane: laneOf(edge, isCrowded) })),
    });
  }
  return paths;
}

type End = { readonly rect: Rect; readonly district: DistrictBox; readonly card: CardBox; readonly dot: DotBox | null };

function findEnd(layout: Layout, key: string): End | null {
  const dot = layout.dots.get(key) ?? null;
  const card = layout.cards.get(dot?.card ?? key);
  const district = layout.districts.get(card?.district ?? '');
  return card === undefined || district === undefined ? null : { rect: dot ?? card, district, card, dot };
}

/** `offset` from the middle of a gutter, in lanes from -2 to 2; `port` the place on an end's side, from -1 to 1. */
type Lane = { readonly offset: number; readonly port: number };

/** With more edges than this, all edges of one state share a lane and are drawn as one line where they meet. */
export const crowdedFrom = 200;

const stateLanes: Readonly<Record<DecisionState, number>> = {
  allowed: -2,
  unknown: -1,
  mixed: 0,
  'would-be-denied': 1,
  denied: 2,
};

function laneOf(edge: SceneEdge, isCrowded: boolean): Lane {
  const hash = hashText(edge.key);
  const lane = stateLanes[edge.state];
  // Alone in their gutters, allowed edges may use the lanes that hardly anything else uses.
  const offset = isCrowded ? lane : edge.state === 'allowed' ? -2 + (hash % 4) * 0.6 : lane + ((hash % 3) - 1) * 0.3;
  return { offset, port: ((hash >>> 8) % 9) / 4 - 1 };
}

/** FNV-1a over the first 200 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = Math.max(0, text.length - 200); i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

type Routing = { readonly from: End; readonly to: End; readonly lane: Lane };
type Side = 'left' | 'right';

function route(layout: Layout, { from, to, lane }: Routing): Point[] {
  const inside = from.card === to.card ? from.card.inner : null;
  const [leave, arrive] = inside === null ? sides(from.card, to.card) : sides(from.rect, to.rect);
  if (inside !== null) return routeInside(inside, { from, to, lane }, [leave, arrive]);
  const start = leaveFor(from, leave, lane);
  const end = leaveFor(to, arrive, lane);
  const between =
    from.district === to.district
      ? joinInGrid(from.district.grid, start, end, lane)
      : joinByStreets(layout, { from: from.district, to: to.district, start, end, lane });
  return [...start.points, ...between, ...end.points.toReversed()];
}

function sides(from: Rect, to: Rect): readonly [Side, Side] {
  if (to.x >= from.x + from.width) return ['right', 'left'];
  if (to.x + to.width <= from.x) return ['left', 'right'];
  // Cards of a column are flush left, so the gutter there is next to both.
  return ['left', 'left'];
}

/** From the border of an end into a vertical gutter: its column number, its row, and the points so far. */
type Leaving = { readonly points: readonly Point[]; readonly gutter: number; readonly row: number };

type Cell = { readonly column: number; readonly row: number };

function stepOut(grid: Grid, rect: Rect, cell: Cell, side: Side, lane: Lane): Leaving {
  const gutter = side === 'right' ? cell.column + 1 : cell.column;
  const y = rect.y + rect.height / 2 + lane.port * rect.height * 0.3;
  const x = columnGutter(grid, gutter) + laneX(grid, lane);
  const border = side === 'right' ? rect.x + rect.width : rect.x;
  return {
    points: [
      { x: border, y },
      { x, y },
    ],
    gutter,
    row: cell.row,
  };
}

const laneX = (grid: Grid, lane: Lane): number => (lane.offset * grid.gutter.x) / 8;
const laneY = (grid: Grid, lane: Lane): number => (lane.offset * grid.gutter.y) / 8;

/** Out of an opened card too: straight where nothing of it is in the way, else down between its columns to the gutter below it, then to the side. */
function leaveFor(end: End, side: Side, lane: Lane): Leaving {
  const { grid } = end.district;
  if (end.dot === null || end.card.inner === null) return stepOut(grid, end.rect, end.card, side, lane);
  const outermost = side === 'right' ? end.card.inner.columns.length - 1 : 0;
  if (end.dot.column === outermost) return { ...stepOut(grid, end.rect, end.card, side, lane), row: end.card.row };
  const inner = stepOut(end.card.inner, end.rect, end.dot, side, lane);
  const gutter = side === 'right' ? end.card.column + 1 : end.card.column;
  const y = rowGutter(grid, end.card.row + 1) + laneY(grid, lane);
  const x = columnGutter(grid, gutter) + laneX(grid, lane);
  const down = inner.points.at(-1)?.x ?? x;
  return { points: [...inner.points, { x: down, y }, { x, y }], gutter, row: end.card.row };
}

function joinInGrid(grid: Grid, start: Leaving, end: Leaving, lane: Lane): Point[] {
  if (start.gutter === end.gutter) return [];
  const row = end.row > start.row ? end.row : end.row + 1;
  const y = rowGutter(grid, row) + laneY(grid, lane);
  return [
    { x: lastX(start), y },
    { x: lastX(end), y },
  ];
}

const lastX = (end: Leaving): number => end.points.at(-1)?.x ?? 0;

function routeInside(grid: Grid, { from, to, lane }: Routing, [leave, arrive]: readonly [Side, Side]): Point[] {
  const start = stepOut(grid, from.rect, from.dot ?? from.card, leave, lane);
  const end = stepOut(grid, to.rect, to.dot ?? to.card, arrive, lane);
  return [...start.points, ...joinInGrid(grid, start, end, lane), ...end.points.toReversed()];
}

type StreetRouting = {
  readonly from: DistrictBox;
  readonly to: DistrictBox;
  readonly start: Leaving;
  readonly end: Leaving;
  readonly lane: Lane;
};

/** Out to the street beside the own shelf, past every shelf between by its nearest gap, and in from the street there. */
function joinByStreets(layout: Layout, { from, to, start, end, lane }: StreetRouting): Point[] {
  const step = streetSteps(from, to, start, end);
  const points: Point[] = [];
  let x = lastX(start);
  const target = lastX(end);
  for (const [index, street] of step.entries()) {
    const y = (layout.streets[street] ?? 0) + lane.offset * 4;
    points.push({ x, y });
    const next = step[index + 1];
    x =
      next === undefined
        ? target
        : nearest(layout.shelves[Math.min(street, next)]?.gaps ?? [], target) + lane.offset * 4;
    points.push({ x, y });
  }
  return points;
}

/** Numbers of the streets to go along; street `n` is above shelf `n`. */
function streetSteps(from: DistrictBox, to: DistrictBox, start: Leaving, end: Leaving): number[] {
  if (from.shelf === to.shelf) {
    const isLow = start.row + end.row >= Math.max(from.grid.rows.length, to.grid.rows.length);
    return [isLow ? from.shelf + 1 : from.shelf];
  }
  const steps = Math.abs(to.shelf - from.shelf);
  return Array.from({ length: steps }, (_, i) => (to.shelf > from.shelf ? from.shelf + 1 + i : from.shelf - i));
}

function nearest(values: readonly number[], to: number): number {
  return values.reduce((best, value) => (Math.abs(value - to) < Math.abs(best - to) ? value : best), values[0] ?? 0);
}

/** Without repeated points and without points in the middle of a straight line. */
function simplify(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const [a, b] = [kept.at(-2), kept.at(-1)];
    if (b !== undefined && b.x === point.x && b.y === point.y) continue;
    if (a !== undefined && b !== undefined && isStraight(a, b, point)) kept.pop();
    kept.push(point);
  }
  return kept;
}

const isStraight = (a: Point, b: Point, c: Point): boolean =>
  (a.x === b.x && b.x === c.x) || (a.y === b.y && b.y === c.y);
