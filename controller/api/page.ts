import Type from 'typebox';
import { Refused } from './problem.ts';

export const pageLimit = 1000;
export const defaultLimit = 100;

/** Query parameters of every list. */
export const pageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 512, description: 'What `next` of the page before said' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageLimit, default: defaultLimit })),
};

/** Of lists that are in memory and small enough to be sent whole. */
export const longPageQuery = {
  ...pageQuery,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000, default: defaultLimit })),
};

export type PageQuery = { readonly cursor?: string; readonly limit?: number };
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** Opaque to callers: they may not build one, so what it holds can change. */
export const encodeCursor = (position: string | number): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

export function decodeCursor<K extends 'string' | 'number'>(
  cursor: string | undefined,
  kind: K,
): (K extends 'string' ? string : number) | null {
  if (cursor === undefined) return null;
  let position: unknown;
  try {
    position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    position = null;
  }
  // Every number is a place in a list.
  const isPlace = typeof position === 'string' || (Number.isSafeInteger(position) && Number(position) >= 0);
  if (typeof position === kind && isPlace) return position as K extends 'string' ? string : number;
  throw badCursor('it is not one that a page gave');
}

export const badCursor = (why: string): Refused =>
  new Refused('bad-cursor', `Cannot go on from this cursor: ${why}, begin without one`);

/** One page of a list that lies in memory in the order of its keys; what comes and goes in between does no harm. */
export function pageByKey<T>(items: readonly T[], keyOf: (item: T) => string, query: PageQuery): Page<T> {
  const after = decodeCursor(query.cursor, 'string');
  const left = after === null ? items : items.filter((item) => keyOf(item) > after);
  const page = left.slice(0, query.limit ?? defaultLimit);
  const last = page.at(-1);
  return { items: page, next: last === undefined || page.length === left.length ? null : encodeCursor(keyOf(last)) };
}

/** One page of a list that is stored newest first under falling numbers. */
export async function pageByNumber<T>(
  query: PageQuery,
  list: (page: { readonly before: number | null; readonly limit: number }) => Promise<readonly T[]>,
  numberOf: (item: T) => number,
): Promise<Page<T>> {
  const limit = query.limit ?? defaultLimit;
  const found = await list({ before: decodeCursor(query.cursor, 'number'), limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last === undefined || found.length <= limit ? null : encodeCursor(numberOf(last)) };
}
