export type Width = { readonly width: number; readonly stop: AbortSignal };

/** Does the work for every item, `width` at a time; the first failure or `stop` begins no more and is thrown. */
export async function eachOf<T>(
  items: Iterable<T>,
  { width, stop }: Width,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let next = left.next(); !failed && next.done !== true; next = left.next()) {
      stop.throwIfAborted();
      await work(next.value);
    }
  };
  const guarded = (): Promise<void> =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    });
  await Promise.all(Array.from({ length: width }, guarded));
}
