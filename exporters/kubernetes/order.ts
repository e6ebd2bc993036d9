import { type Row, rowCovers, rowsMeet } from './rows.ts';
import { isEveryService } from './service-sets.ts';

const verdicts = { deny: 0, allow: 1, pass: 2 } as const;

/** SPEC EX21; rows that it does not tell apart decide alike: what says everything stands first, as others add nothing to it. */
export function inOrder(rows: readonly Row[]): Row[] {
  const keyed = rows.map((row, index) => ({ row, index }));
  keyed.sort(
    (a, b) =>
      a.row.tier - b.row.tier ||
      verdicts[a.row.verdict] - verdicts[b.row.verdict] ||
      Number(isEverything(b.row)) - Number(isEverything(a.row)) ||
      a.row.subject.size - b.row.subject.size ||
      (a.row.id < b.row.id ? -1 : a.row.id > b.row.id ? 1 : a.index - b.index),
  );
  return keyed.map(({ row }) => row);
}

/** Without rows that some single row before them decides already (SPEC EX22). */
export function reachable(rows: readonly Row[]): { readonly rows: readonly Row[]; readonly behind: readonly Row[] } {
  const kept: Row[] = [];
  const behind: Row[] = [];
  for (const row of rows) {
    const isDecided = kept.some(
      (before) => before.verdict !== 'pass' && rowCovers(before, row) && !isSkipped(kept, before, row),
    );
    (isDecided ? behind : kept).push(row);
  }
  return { rows: kept, behind };
}

/** Whether some of what `row` matches comes to it past `before`. */
const isSkipped = (rows: readonly Row[], before: Row, row: Row): boolean =>
  rows.some((pass) => skips(pass, before) && rowsMeet(pass, row));

/** Whether what the pass matches never comes to `row`. */
export const skips = (pass: Row, row: Row): boolean =>
  pass.verdict === 'pass' && pass.tier < row.tier && row.tier < pass.afterGroup;

export type Ended = { readonly rows: readonly Row[]; readonly fallback: 'allow' | 'deny' };

/**
 * A last row that says everything of all pods is what becomes of what nothing matches (SPEC EX30). `isolates`: whether a
 * deny may be said by isolation; one that may not is a rule of another object.
 */
export function splitFallback(rows: readonly Row[], isolates: (row: Row) => boolean): Ended {
  const last = rows.at(-1);
  const isEnd = last !== undefined && isEverything(last) && last.subject.size === 0;
  if (!isEnd || last.verdict === 'pass' || rows.some((row) => skips(row, last))) return { rows, fallback: 'deny' };
  if (last.verdict === 'deny' && !isolates(last)) return { rows, fallback: 'allow' };
  return { rows: rows.slice(0, -1), fallback: last.verdict };
}

/** Whoever is at the other end, whatever the service. */
export const isEverything = ({ peers, services }: Row): boolean =>
  peers.some(({ kind }) => kind === 'any') && isEveryService(services);

/** Rows without passes that skip nothing, and those (SPEC EX35). */
export function withoutIdlePasses(rows: readonly Row[]): {
  readonly rows: readonly Row[];
  readonly idle: readonly Row[];
} {
  const idle = rows.filter(
    (pass) => pass.verdict === 'pass' && !rows.some((row) => skips(pass, row) && rowsMeet(pass, row)),
  );
  return { rows: rows.filter((row) => !idle.includes(row)), idle };
}
