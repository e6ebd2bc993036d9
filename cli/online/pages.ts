import { badInput } from '../failure.ts';
import type { Answer, Api } from './api.ts';

const pageSize = 1000;

type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** Every item of a list, page after page, in the list's order; at most `most`. */
export async function allItems<T>(api: Api, path: string, most = 1_000_000): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const limit: number = Math.min(pageSize, most - items.length);
    const page: Page<T> = readPage<T>(await api.get(withQuery(path, { limit: String(limit), cursor })));
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < most);
  return items;
}

function readPage<T>(answer: Answer): Page<T> {
  const { items, next } = (answer ?? {}) as { items?: readonly T[]; next?: string | null };
  if (!Array.isArray(items))
    throw badInput('bad-answer', 'Cannot read the answer: it is no list, a controller of this version is needed');
  return { items, next: next ?? null };
}

/** The path with its query; what is null is left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null);
  if (given.length === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(given)}`;
}

/** One path segment of whatever a person typed. */
export const segment = (text: string): string => encodeURIComponent(text);
