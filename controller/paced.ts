/** Milliseconds. */
export type Pace = {
  /** What is asked for within this time of the first asking is one piece of work. */
  readonly settle: number;
  /** How long nothing is done after work that took `worked`. */
  readonly rest: (worked: number) => number;
  /** A clock that never goes back. */
  readonly now: () => number;
};

/**
 * Work that many ask for and that serves all of them at once. It is done soon after the first asking, yet never more
 * often than the pace allows, so that a burst of askings costs a few runs and everything else gets its share.
 * INVARIANT: whoever asks is served by a run whose `begin` comes after the asking.
 *
 * `work` calls `begin` when it starts to look at the state of things, which may be later than when it is called.
 */
export function paced(work: (begin: () => void) => Promise<void>, { settle, rest, now }: Pace): () => void {
  let [due, running, restUntil] = [false, false, 0];
  const schedule = () => setTimeout(() => void run(), Math.max(settle, restUntil - now()));
  const run = async () => {
    running = true;
    let began = now();
    try {
      await work(() => {
        due = false;
        began = now();
      });
    } finally {
      running = false;
      restUntil = now() + rest(now() - began);
      if (due) schedule();
    }
  };
  return () => {
    if (due) return;
    due = true;
    if (!running) schedule();
  };
}
