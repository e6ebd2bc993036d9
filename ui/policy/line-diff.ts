/** A line of two texts laid over each other; numbers count from 1, null: not in that text. */
export type DiffLine = {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  readonly before: number | null;
  readonly after: number | null;
};

/** Lines that differ with some around them; `skipped`: equal lines left out before it. */
export type Hunk = { readonly skipped: number; readonly lines: readonly DiffLine[] };

/** Changed lines beyond which texts are shown as one removed and one added whole: the search is quadratic in them. */
const changeLimit = 2000;

/** A shortest way from one text to the other, after E. W. Myers, "An O(ND) Difference Algorithm" (1986). */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  const start = commonStart(a, b);
  const end = commonEnd(a.slice(start), b.slice(start));
  const middle = { a: a.slice(start, a.length - end), b: b.slice(start, b.length - end) };
  const kinds = [
    ...Array<DiffLine['kind']>(start).fill('same'),
    ...shortest(middle.a, middle.b),
    ...Array<DiffLine['kind']>(end).fill('same'),
  ];
  return numbered(kinds, a, b);
}

/** `around`: equal lines shown beside a change. */
export function hunksOf(lines: readonly DiffLine[], around = 3): readonly Hunk[] {
  const hunks: { skipped: number; lines: DiffLine[] }[] = [];
  let shownTo = 0;
  lines.forEach((line, index) => {
    if (line.kind === 'same') return;
    const from = Math.max(index - around, shownTo);
    const to = Math.min(index + around + 1, lines.length);
    const last = hunks.at(-1);
    if (last === undefined || from > shownTo) hunks.push({ skipped: from - shownTo, lines: lines.slice(from, to) });
    else last.lines.push(...lines.slice(shownTo, to));
    shownTo = to;
  });
  return hunks;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function commonStart(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return count;
}

type Kinds = readonly DiffLine['kind'][];

function shortest(a: readonly string[], b: readonly string[]): Kinds {
  const trace = searchEnds(a, b);
  if (trace === null)
    return [...Array<DiffLine['kind']>(a.length).fill('removed'), ...Array<DiffLine['kind']>(b.length).fill('added')];
  return walkBack(trace, a.length, b.length);
}

/** Furthest reach in `a` per diagonal after each number of changes; null: more changes than the limit. */
type Reach = ReadonlyMap<number, number>;

function searchEnds(a: readonly string[], b: readonly string[]): readonly Reach[] | null {
  const trace: Reach[] = [];
  let reach: Reach = new Map([[1, 0]]);
  for (let changes = 0; changes <= Math.min(a.length + b.length, changeLimit); changes++) {
    trace.push(reach);
    const next = new Map<number, number>();
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = isAddition(reach, diagonal, changes) ? at(reach, diagonal + 1) : at(reach, diagonal - 1) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return trace;
    }
    reach = next;
  }
  return null;
}

const at = (reach: Reach, diagonal: number): number => reach.get(diagonal) ?? -1;

const isAddition = (reach: Reach, diagonal: number, changes: number): boolean =>
  diagonal === -changes || (diagonal !== changes && at(reach, diagonal - 1) < at(reach, diagonal + 1));

function walkBack(trace: readonly Reach[], width: number, height: number): Kinds {
  const kinds: DiffLine['kind'][] = [];
  let [x, y] = [width, height];
  for (let changes = trace.length - 1; changes >= 0; changes--) {
    const reach = trace[changes] ?? new Map();
    const added = isAddition(reach, x - y, changes);
    const fromX = at(reach, x - y + (added ? 1 : -1));
    const fromY = fromX - (x - y + (added ? 1 : -1));
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) {
      kinds.push('same');
      x--;
      y--;
    }
    if (changes > 0) kinds.push(added ? 'added' : 'removed');
    [x, y] = [fromX, fromY];
  }
  return kinds.reverse();
}

function numbered(kinds: Kinds, a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  let [before, after] = [0, 0];
  return kinds.map((kind) => {
    const text = (kind === 'added' ? b[after] : a[before]) ?? '';
    if (kind !== 'added') before++;
    if (kind !== 'removed') after++;
    return { kind, text, before: kind === 'added' ? null : before, after: kind === 'removed' ? null : after };
  });
}
