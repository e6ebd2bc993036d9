import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Progress } from '@bulkhead/policy/exact/steps.ts';

/** Milliseconds of work between two turns of others. */
const pace = 10;

export type Watching = {
  /** Whoever asked has gone. */
  readonly signal?: AbortSignal;
  readonly tell?: (progress: Progress) => void;
};

/** Works a long answer out without keeping others waiting. Throws the reason of the signal once that is aborted. */
export async function paced<T>(steps: Generator<Progress, T>, { signal, tell }: Watching = {}): Promise<T> {
  let began = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < pace) continue;
    tell?.(step.value);
    await nextTurn();
    began = performance.now();
  }
}
