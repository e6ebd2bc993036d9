import type { DecisionCount } from '../back-end.ts';
import { placeOf } from './copy.ts';
import { readTable } from './read.ts';

/**
 * One place's decision counters, or those of all places, in `nft -j list counters` or a listing of the table; null when it
 * cannot be read.
 */
export function readCounts(json: string, place: number | 'all' = 0): readonly DecisionCount[] | null {
  const reading = readTable(json);
  if (reading === null) return null;
  return [...reading.counters]
    .filter(([name]) => isDecisionCounter(name) && (place === 'all' || placeOf(name) === place))
    .map(([name, packets]) => ({ name, packets }));
}

export const isDecisionCounter = (name: string): boolean => /^(g[1-9]\d{0,3}_)?c_(in|out)_[0-9a-f]{16}$/.test(name);
