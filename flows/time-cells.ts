/** Milliseconds. Fine buckets answer "what happens now"; after `fineSpan` they are rolled up into coarse ones. */
export const fineBucket = 15_000;
export const coarseBucket = 300_000;
export const fineSpan = 300_000;
/** What live edges look back on: 20 to 40 fine and at most 12 coarse buckets. */
export const liveSpan = 3_600_000;

/** What fell into one bucket: [`start`, `start` + `width`). `first` and `last` are the attempts' own times. */
export type Cell = {
  readonly start: number;
  readonly width: number;
  attempts: number;
  records: number;
  first: number;
  last: number;
};

export type CellAmount = Omit<Cell, 'start' | 'width'>;

/** Before this time buckets are coarse: a multiple of the coarse bucket, so that no fine bucket straddles it. */
export const coarseBefore = (now: number): number => Math.floor((now - fineSpan) / coarseBucket) * coarseBucket;

/** Adds to the bucket of `amount.last`. Cells are sorted by start; returns how many cells came to be (0 or 1). */
export function addToCells(cells: Cell[], amount: CellAmount, coarse: number): 0 | 1 {
  const width = amount.last < coarse ? coarseBucket : fineBucket;
  const start = Math.floor(amount.last / width) * width;
  let at = cells.length;
  while (at > 0 && (cells[at - 1] as Cell).start > start) at--;
  const cell = cells[at - 1];
  if (cell !== undefined && cell.start === start && cell.width === width) {
    mergeInto(cell, amount);
    return 0;
  }
  const { attempts, records, first, last } = amount;
  cells.splice(at, 0, { start, width, attempts, records, first, last });
  return 1;
}

/** Rolls up what lies before `coarse`, drops what ended by `expired`; returns how many cells went. */
export function ageCells(cells: Cell[], { coarse, expired }: { coarse: number; expired: number }): number {
  const before = cells.length;
  const oldest = cells[0];
  if (oldest === undefined || (oldest.start + oldest.width > expired && !cells.some((cell) => isRipe(cell, coarse))))
    return 0;
  const old = cells.splice(0).filter((cell) => cell.start + cell.width > expired);
  for (const cell of old) {
    if (isRipe(cell, coarse)) addToCells(cells, cell, coarse);
    else cells.push(cell);
  }
  return before - cells.length;
}

/** Everything since then (inclusive), whole cells at a time; null when there is nothing. */
export function sumCells(cells: readonly Cell[], since: number): CellAmount | null {
  let sum: CellAmount | null = null;
  for (let i = cells.length - 1; i >= 0; i--) {
    const cell = cells[i] as Cell;
    if (cell.last < since) continue;
    if (sum === null) sum = { attempts: cell.attempts, records: cell.records, first: cell.first, last: cell.last };
    else mergeInto(sum, cell);
  }
  return sum;
}

const isRipe = (cell: Cell, coarse: number): boolean => cell.width === fineBucket && cell.start < coarse;

function mergeInto(sum: CellAmount, amount: CellAmount): void {
  sum.attempts += amount.attempts;
  sum.records += amount.records;
  sum.first = Math.min(sum.first, amount.first);
  sum.last = Math.max(sum.last, amount.last);
}
