/** Sorted, disjoint, non-adjacent inclusive ranges of safe integers: the one canonical form of a set of services. */
export type Interval = { readonly first: number; readonly last: number };
export type Intervals = readonly Interval[];

export function intervals(ranges: Iterable<Interval>): Intervals {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  const out: { first: number; last: number }[] = [];
  for (const range of sorted) {
    const previous = out.at(-1);
    if (previous !== undefined && range.first <= previous.last + 1) previous.last = Math.max(previous.last, range.last);
    else out.push({ first: range.first, last: range.last });
  }
  return out;
}

export function intervalsContain(set: Intervals, point: number): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = set[middle] as Interval;
    if (point < range.first) high = middle - 1;
    else if (point > range.last) low = middle + 1;
    else return true;
  }
  return false;
}

export function subtractIntervals(from: Intervals, what: Intervals): Intervals {
  const out: Interval[] = [];
  let next = 0;
  for (const range of from) {
    let first = range.first;
    while (next < what.length && (what[next] as Interval).last < first) next++;
    for (let i = next; i < what.length && (what[i] as Interval).first <= range.last; i++) {
      const hole = what[i] as Interval;
      if (hole.first > first) out.push({ first, last: hole.first - 1 });
      first = Math.max(first, hole.last + 1);
    }
    if (first <= range.last) out.push({ first, last: range.last });
  }
  return out;
}

export function intersectIntervals(a: Intervals, b: Intervals): Intervals {
  const out: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as Interval, b[j] as Interval];
    const [first, last] = [Math.max(x.first, y.first), Math.min(x.last, y.last)];
    if (first <= last) out.push({ first, last });
    if (x.last < y.last) i++;
    else j++;
  }
  return out;
}

export function countIntervals(set: Intervals): number {
  return set.reduce((sum, range) => sum + range.last - range.first + 1, 0);
}
