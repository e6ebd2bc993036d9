import type { EdgePath } from './edge-paths.ts';
import type { Point } from './geometry.ts';

/** A straight stretch that some edges share; `edges` is how many run along any part of it. */
export type Trunk = { readonly a: Point; readonly b: Point; readonly edges: number };

type Stretch = { readonly vertical: boolean; readonly at: number; readonly from: number; readonly to: number };

/** The paths with stretches that lie on each other drawn as one, so that dashes stay dashes where many edges run. */
export function trunks(paths: readonly EdgePath[]): Trunk[] {
  const lines = Map.groupBy(paths.flatMap(stretches), ({ vertical, at }) => `${vertical ? 'x' : 'y'}${at.toFixed(1)}`);
  return [...lines.values()].flatMap(mergeLine);
}

function stretches({ points }: EdgePath): Stretch[] {
  return points.slice(1).map((b, index) => {
    const a = points[index] ?? b;
    const vertical = a.x === b.x;
    const [p, q] = vertical ? [a.y, b.y] : [a.x, b.x];
    return { vertical, at: vertical ? a.x : a.y, from: Math.min(p, q), to: Math.max(p, q) };
  });
}

/** Stretches of one line that touch become one. */
function mergeLine(line: readonly Stretch[]): Trunk[] {
  const sorted = [...line].sort((a, b) => a.from - b.from || a.to - b.to);
  const merged: { stretch: Stretch; edges: number }[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last === undefined || next.from > last.stretch.to) merged.push({ stretch: next, edges: 1 });
    else {
      last.stretch = { ...last.stretch, to: Math.max(last.stretch.to, next.to) };
      last.edges++;
    }
  }
  return merged.map(({ stretch, edges }) => ({ ...ends(stretch), edges }));
}

function ends({ vertical, at, from, to }: Stretch): Pick<Trunk, 'a' | 'b'> {
  if (vertical) return { a: { x: at, y: from }, b: { x: at, y: to } };
  return { a: { x: from, y: at }, b: { x: to, y: at } };
}
