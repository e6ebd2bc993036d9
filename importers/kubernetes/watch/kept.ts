import { isDeepStrictEqual } from 'node:util';

/** The difference that one event or one list makes in what is kept of an object; null: the object is gone. */
export type KeptChange<T> = { readonly key: string; readonly to: T | null };

/** Turns `objects` into `next` and says what that changed. */
export function replaceAll<T>(objects: Map<string, T>, next: ReadonlyMap<string, T>): KeptChange<T>[] {
  const gone = [...objects.keys()].filter((key) => !next.has(key)).map((key) => ({ key, to: null }));
  const made = [...next]
    .filter(([key, to]) => !isDeepStrictEqual(objects.get(key), to))
    .map(([key, to]) => ({ key, to }));
  const changes = [...gone, ...made];
  for (const { key, to } of changes) put(objects, key, to);
  return changes;
}

/** False: it was so before. */
export function put<T>(objects: Map<string, T>, key: string, to: T | null): boolean {
  if (to === null) return objects.delete(key);
  if (isDeepStrictEqual(objects.get(key), to)) return false;
  objects.set(key, to);
  return true;
}
