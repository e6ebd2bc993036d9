export type Arc = { readonly from: string; readonly to: string; readonly weight: number };

/**
 * Longest-path layers of names, after leaving out arcs that would close a circle, lightest first. Stable: equal input
 * gives equal layers, whatever the order of the arcs. A name without arcs is in layer 0.
 */
export function layerNames(names: readonly string[], arcs: readonly Arc[]): ReadonlyMap<string, number> {
  const known = new Set(names);
  const usable = arcs.filter(({ from, to }) => from !== to && known.has(from) && known.has(to));
  const strongest = [...usable].sort((a, b) => b.weight - a.weight || compare(a.from, b.from) || compare(a.to, b.to));
  const next = new Map<string, string[]>();
  for (const { from, to } of strongest) {
    if (!reaches(next, to, from)) append(next, from, to);
  }
  return longestPaths(names, next);
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

function append(next: Map<string, string[]>, from: string, to: string): void {
  const list = next.get(from);
  if (list === undefined) next.set(from, [to]);
  else list.push(to);
}

function reaches(next: ReadonlyMap<string, readonly string[]>, start: string, goal: string): boolean {
  const seen = new Set([start]);
  for (const name of seen) {
    if (name === goal) return true;
    for (const following of next.get(name) ?? []) seen.add(following);
  }
  return false;
}

/** Kahn's order; every arc pushes its end at least one layer on. */
function longestPaths(names: readonly string[], next: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const waiting = new Map(names.map((name) => [name, 0]));
  for (const list of next.values()) for (const name of list) waiting.set(name, (waiting.get(name) ?? 0) + 1);
  const layers = new Map(names.map((name) => [name, 0]));
  const ready = names.filter((name) => waiting.get(name) === 0);
  for (const name of ready) {
    const layer = (layers.get(name) ?? 0) + 1;
    for (const following of next.get(name) ?? []) {
      layers.set(following, Math.max(layers.get(following) ?? 0, layer));
      const left = (waiting.get(following) ?? 0) - 1;
      waiting.set(following, left);
      if (left === 0) ready.push(following);
    }
  }
  return layers;
}
