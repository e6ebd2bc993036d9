import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { Edge } from '@bulkhead/flows/edge.ts';

type Verdicts = { readonly effective: string; readonly intended: string };
/** An observed edge that a draft would judge otherwise, as previews name it. */
export type TouchedEdge = { readonly key: string; readonly becomes: Verdicts };

/** The edges as they would be judged under the draft; those it does not touch are the same objects. */
export function underDraft(edges: readonly Edge[], touched: readonly TouchedEdge[]): readonly Edge[] {
  if (touched.length === 0) return edges;
  const byKey = new Map(touched.map(({ key, becomes }) => [key, becomes]));
  return edges.map((edge) => {
    const becomes = byKey.get(edge.key);
    if (becomes === undefined) return edge;
    const state = stateOf(becomes);
    return { ...edge, state, latest: state, ...countsOf(edge.attempts, state) };
  });
}

type Touched = { readonly items: readonly TouchedEdge[]; readonly omitted: number };

/** What the draft makes of the edge; null: not known, because it changes more edges than it names. */
export function draftState({ key, latest }: Pick<Edge, 'key' | 'latest'>, flows: Touched): DecisionState | null {
  const touched = flows.items.find((item) => item.key === key);
  if (touched !== undefined) return stateOf(touched.becomes);
  return flows.omitted === 0 ? latest : null;
}

function stateOf({ effective, intended }: Verdicts): DecisionState {
  if (effective === 'mixed' || intended === 'mixed') return 'mixed';
  if (effective === 'deny') return 'denied';
  return intended === 'deny' ? 'would-be-denied' : 'allowed';
}

/** As if every attempt had been judged so. */
function countsOf(attempts: number, state: DecisionState): Pick<Edge, 'denied' | 'wouldBeDenied'> {
  return {
    denied: state === 'denied' ? attempts : 0,
    wouldBeDenied: state === 'would-be-denied' ? attempts : 0,
  };
}
