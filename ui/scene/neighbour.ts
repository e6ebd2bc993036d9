import { centre, type Point, type Rect } from './geometry.ts';
import type { Layout } from './layout.ts';

export type Arrow = 'left' | 'right' | 'up' | 'down';

const directions: Readonly<Record<Arrow, Point>> = {
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
  up: { x: 0, y: -1 },
  down: { x: 0, y: 1 },
};

/** Going astray sideways counts this many times more than going on. */
const sidewaysCost = 2.5;

/** The card or workload that an arrow key leads to; null at the border. Workloads are reached within opened cards. */
export function neighbour(layout: Layout, from: string, arrow: Arrow): string | null {
  const start = layout.dots.get(from) ?? layout.cards.get(from);
  if (start === undefined) return firstCard(layout);
  const stops = [...layout.dots.values(), ...[...layout.cards.values()].filter((card) => card.inner === null)];
  const ranked = stops.flatMap((box) => {
    const cost = box.key === from ? null : costOf(start, box, directions[arrow]);
    return cost === null ? [] : [{ key: box.key, cost }];
  });
  ranked.sort((a, b) => a.cost - b.cost || (a.key < b.key ? -1 : 1));
  return ranked[0]?.key ?? null;
}

/** Where Tab leads: top left. */
export function firstCard(layout: Layout): string | null {
  const boxes = [...layout.cards.values()].sort((a, b) => a.y - b.y || a.x - b.x);
  return boxes[0]?.key ?? null;
}

function costOf(from: Rect, to: Rect, direction: Point): number | null {
  const [a, b] = [centre(from), centre(to)];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const along = dx * direction.x + dy * direction.y;
  const astray = Math.abs(dx * direction.y) + Math.abs(dy * direction.x);
  return along <= 1 ? null : along + sidewaysCost * astray;
}
