import { type Quadtree, quadtree } from 'd3-quadtree';
import type { EdgePath } from './edge-paths.ts';
import { contains, type Point, type Rect, segmentDistance } from './geometry.ts';
import type { Layout } from './layout.ts';

export type Hit =
  | { readonly kind: 'card'; readonly key: string }
  | { readonly kind: 'workload'; readonly key: string; readonly card: string }
  | { readonly kind: 'edge'; readonly key: string; readonly distance: number };

/** `tolerance` in world units. A card or workload wins over an edge, for it is drawn above it. */
export type HitTest = (point: Point, tolerance: number) => Hit | null;

type CardSample = Point & { readonly key: string; readonly rect: Rect };
type EdgeSample = Point & { readonly key: string; readonly a: Point; readonly b: Point };

/** World units between the samples of an edge. */
const sampleStep = 160;

export function hitTest(layout: Layout, paths: Iterable<EdgePath>): HitTest {
  const cards = [...layout.cards.values()].map((rect): CardSample => ({ x: rect.x, y: rect.y, key: rect.key, rect }));
  const cardTree = treeOf(cards);
  const reach = {
    x: Math.max(0, ...cards.map(({ rect }) => rect.width)),
    y: Math.max(0, ...cards.map(({ rect }) => rect.height)),
  };
  const edgeTree = treeOf([...paths].flatMap(sampleEdge));
  const dots = Map.groupBy(layout.dots.values(), (dot) => dot.card);
  return (point, tolerance) => {
    const card = cardAt(cardTree, point, reach);
    if (card === null) return edgeAt(edgeTree, point, tolerance);
    const dot = dots.get(card)?.find((box) => contains(box, point));
    if (dot !== undefined) return { kind: 'workload', key: dot.key, card };
    const isOpened = layout.cards.get(card)?.inner !== null;
    return (isOpened ? edgeAt(edgeTree, point, tolerance) : null) ?? { kind: 'card', key: card };
  };
}

function treeOf<Sample extends Point>(samples: readonly Sample[]): Quadtree<Sample> {
  return quadtree<Sample>(
    [...samples],
    (sample) => sample.x,
    (sample) => sample.y,
  );
}

function sampleEdge({ key, points }: EdgePath): EdgeSample[] {
  return points.slice(1).flatMap((b, index) => {
    const a = points[index] ?? b;
    const steps = Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / sampleStep));
    return Array.from({ length: steps + 1 }, (_, i) => {
      const t = i / steps;
      return { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t, key, a, b };
    });
  });
}

/** Cards do not overlap, so the first that holds the point is the one. */
function cardAt(tree: Quadtree<CardSample>, point: Point, reach: Point): string | null {
  let found: string | null = null;
  visitWithin(tree, { x: point.x - reach.x, y: point.y - reach.y, width: reach.x, height: reach.y }, (sample) => {
    if (contains(sample.rect, point)) found = sample.key;
  });
  return found;
}

function edgeAt(tree: Quadtree<EdgeSample>, point: Point, tolerance: number): Hit | null {
  const radius = tolerance + sampleStep / 2;
  const area = { x: point.x - radius, y: point.y - radius, width: 2 * radius, height: 2 * radius };
  const best: { key: string | null; distance: number } = { key: null, distance: tolerance };
  visitWithin(tree, area, (sample) => {
    const distance = segmentDistance(point, sample.a, sample.b);
    if (distance > best.distance || (distance === best.distance && best.key !== null)) return;
    best.key = sample.key;
    best.distance = distance;
  });
  return best.key === null ? null : { kind: 'edge', key: best.key, distance: best.distance };
}

function visitWithin<Sample extends Point>(tree: Quadtree<Sample>, area: Rect, use: (sample: Sample) => void): void {
  tree.visit((node, x0, y0, x1, y1) => {
    if (node.length === undefined) {
      let leaf: typeof node | undefined = node;
      while (leaf !== undefined) {
        if (contains(area, leaf.data)) use(leaf.data);
        leaf = leaf.next;
      }
    }
    return x0 > area.x + area.width || x1 < area.x || y0 > area.y + area.height || y1 < area.y;
  });
}
