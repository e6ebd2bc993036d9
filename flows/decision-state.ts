/**
 * What becomes of an edge's connections, in one word. `mixed`: not all alike; `unknown`: nobody judged them (no
 * ruleset was loaded where they were seen).
 */
export type DecisionState = 'allowed' | 'would-be-denied' | 'denied' | 'mixed' | 'unknown';

export const decisionStates: readonly DecisionState[] = ['allowed', 'would-be-denied', 'denied', 'mixed', 'unknown'];

export function isDecisionState(text: string): text is DecisionState {
  return (decisionStates as readonly string[]).includes(text);
}

export type JudgedCounts = {
  readonly attempts: number;
  readonly denied: number;
  readonly wouldBeDenied: number;
  /** Whether any end that had a ruleset judged any of the attempts. */
  readonly judged: boolean;
};

export function decisionState({ attempts, denied, wouldBeDenied, judged }: JudgedCounts): DecisionState {
  if (attempts === 0 || !judged) return 'unknown';
  if (denied === 0 && wouldBeDenied === 0) return 'allowed';
  if (denied === attempts) return 'denied';
  if (wouldBeDenied === attempts) return 'would-be-denied';
  return 'mixed';
}
