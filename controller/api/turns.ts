/** Long answers that are worked out at the same time: they share one thread, and whoever waits may go. */
const atOnce = 2;

export type InTurn = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** Runs a few pieces of work at a time, in the order they were asked for; whatever nobody waits for any more is not begun. */
export function turns(most = atOnce): InTurn {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (signal, work) => {
    if (running < most) running++;
    // Whoever ends hands its place over, so that nobody slips in between.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
