/** An inclusive range of integers that carries a tag. */
export type TaggedRange = { readonly first: bigint; readonly last: bigint; readonly tag: number };

/** A range in which every point is covered by exactly these tags, ascending and without repetition. */
export type OverlayRange = { readonly first: bigint; readonly last: bigint; readonly tags: readonly number[] };

type Boundary = { readonly at: bigint; readonly tag: number; readonly step: 1 | -1 };

/**
 * Cuts overlapping ranges into the fewest disjoint ones of constant cover, in order. What no tag covers is left out.
 * A sweep over the boundaries: O(n log n) and the size of the result.
 */
export function overlay(ranges: Iterable<TaggedRange>): OverlayRange[] {
  const boundaries: Boundary[] = [];
  for (const { first, last, tag } of ranges) {
    boundaries.push({ at: first, tag, step: 1 }, { at: last + 1n, tag, step: -1 });
  }
  boundaries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const out: OverlayRange[] = [];
  const depth = new Map<number, number>();
  for (let i = 0; i < boundaries.length; ) {
    const first = (boundaries[i] as Boundary).at;
    for (; i < boundaries.length && (boundaries[i] as Boundary).at === first; i++) {
      step(depth, boundaries[i] as Boundary);
    }
    const next = boundaries[i];
    if (next !== undefined && depth.size > 0) append(out, { first, last: next.at - 1n, tags: sortedKeys(depth) });
  }
  return out;
}

/** The range that holds the point, or null. `ranges` are disjoint and in order. */
export function rangeAt<R extends { readonly first: bigint; readonly last: bigint }>(
  ranges: readonly R[],
  point: bigint,
): R | null {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle] as R;
    if (point < range.first) high = middle - 1;
    else if (point > range.last) low = middle + 1;
    else return range;
  }
  return null;
}

function step(depth: Map<number, number>, { tag, step }: Boundary): void {
  const now = (depth.get(tag) ?? 0) + step;
  if (now === 0) depth.delete(tag);
  else depth.set(tag, now);
}

function append(out: OverlayRange[], range: OverlayRange): void {
  const previous = out.at(-1);
  const joins = previous !== undefined && previous.last + 1n === range.first && sameTags(previous.tags, range.tags);
  if (joins) out[out.length - 1] = { first: previous.first, last: range.last, tags: range.tags };
  else out.push(range);
}

const sortedKeys = (depth: Map<number, number>): number[] => [...depth.keys()].sort((a, b) => a - b);
const sameTags = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((tag, i) => tag === b[i]);
