const [shortest, longest] = [500, 30_000];

/**
 * Milliseconds to wait after that many failures in a row. Between half and all of a time that doubles, so that watchers
 * that lost a server together do not come back together.
 */
export function backoff(failures: number, random: () => number): number {
  const most = Math.min(shortest * 2 ** Math.min(failures - 1, 16), longest);
  return most / 2 + (most / 2) * random();
}

/** Resolves early when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
