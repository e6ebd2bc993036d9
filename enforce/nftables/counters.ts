import type { DecisionCount } from '../back-end.ts';
import { readTable } from './read.ts';

/** The decision counters in `nft -j list counters` or a listing of the table; null when it cannot be read. */
export function readCounts(json: string): readonly DecisionCount[] | null {
  const reading = readTable(json);
  if (reading === null) return null;
  return [...reading.counters]
    .filter(([name]) => isDecisionCounter(name))
    .map(([name, packets]) => ({ name, packets }));
}

export const isDecisionCounter = (name: string): boolean => /^c_(in|out)_[0-9a-f]{16}$/.test(name);
