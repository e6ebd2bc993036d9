import { serial } from './serial.ts';

/**
 * Writes together what comes while something is being written, of each key the last: a transaction waits for the disk,
 * and thousands of hosts may have something to say within a second.
 *
 * @returns resolves once the value is written, or a later one of the same key is.
 */
export function latest<V>(
  write: (batch: ReadonlyMap<string, V>) => Promise<void>,
): (key: string, value: V) => Promise<void> {
  const writing = serial();
  let waiting = new Map<string, V>();
  let next: Promise<void> | null = null;
  return (key, value) => {
    waiting.set(key, value);
    next ??= writing(() => {
      const batch = waiting;
      waiting = new Map();
      next = null;
      return write(batch);
    });
    return next;
  };
}
