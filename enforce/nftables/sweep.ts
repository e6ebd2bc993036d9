import { stampCount, stampOf } from './stamp.ts';

/** Marks that are to be cleared of our bits before a change: those whose `bits` are from `first` to `last`. */
export type Sweep = { readonly clear: number; readonly bits: number; readonly first: number; readonly last: number };

/**
 * Epochs wrap, so a flow that slept through all of them may carry a stamp that is given out again. They are two halves,
 * and before the first of one half is given out, the stamps of that half are taken from all flows: what is given out
 * meanwhile belongs to the other half, so nothing of this is a race. To clear a stamp is never wrong: the flow is judged.
 *
 * Null: none that `next` could be mistaken for. `before` null: nobody knows what was given out. `owed`: the last sweep
 * failed, and what this half has not yet given out is cleared now.
 */
export function sweepBefore({ before, next, markMask, owed }: EpochChange): Sweep | null {
  const count = stampCount(markMask);
  const half = Math.floor(count / 2);
  const isFirst = next <= half;
  if (before === null) return sweepOf(1, count, markMask);
  if (before === next) return null;
  // No such step is ever made; to clear all is right after any.
  if (before <= half === isFirst && next < before) return sweepOf(1, count, markMask);
  if (before <= half === isFirst && !owed) return null;
  return sweepOf(owed ? next : isFirst ? 1 : half + 1, isFirst ? half : count, markMask);
}

export type EpochChange = {
  readonly before: number | null;
  readonly next: number;
  readonly markMask: number;
  readonly owed: boolean;
};

function sweepOf(first: number, last: number, markMask: number): Sweep {
  const { bits } = stampOf(1, markMask);
  return { clear: markMask, bits, first: stampOf(first, markMask).value, last: stampOf(last, markMask).value };
}
