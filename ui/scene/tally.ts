import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { Edge } from '@bulkhead/flows/edge.ts';

/** Edges by what became of their connections. */
export type Tally = Readonly<Record<DecisionState, number>>;
export type MutableTally = Record<DecisionState, number>;

/** What is shown of many is the first of these that any of them is. */
export const worstFirst: readonly DecisionState[] = ['denied', 'would-be-denied', 'mixed', 'unknown', 'allowed'];

export const emptyTally = (): MutableTally => ({
  denied: 0,
  'would-be-denied': 0,
  mixed: 0,
  unknown: 0,
  allowed: 0,
});

export function worstState(tally: Tally): DecisionState {
  return worstFirst.find((state) => tally[state] > 0) ?? 'unknown';
}

export function tallySize(tally: Tally): number {
  return worstFirst.reduce((sum, state) => sum + tally[state], 0);
}

export function notAllowed(tally: Tally): number {
  return tally.denied + tally['would-be-denied'] + tally.mixed;
}

/**
 * What a connection made now would meet. `effective` asks what is done, so what only would be denied counts as allowed;
 * `intended` keeps the difference.
 */
export function stateUnder({ latest }: Edge, decision: 'effective' | 'intended'): DecisionState {
  return decision === 'effective' && latest === 'would-be-denied' ? 'allowed' : latest;
}

export function addTally(sum: MutableTally, tally: Tally): void {
  for (const state of worstFirst) sum[state] += tally[state];
}
