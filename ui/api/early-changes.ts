import type { Edge } from '@bulkhead/flows/edge.ts';
import type { EdgeChange } from './types.ts';

/**
 * The last changes of edges, for edges that are asked for while events arrive: an answer may be older than what was told
 * while it was on its way. What is older than a question is in its answer, so few need to be kept.
 */
export type EarlyChanges = {
  readonly note: (change: EdgeChange) => void;
  /** Puts what is newer into an answer. */
  readonly catchUp: (edges: Map<string, Edge>) => void;
};

/** A few a second, for as long as an answer may take. */
const mostKept = 400;

export function earlyChanges(): EarlyChanges {
  const kept: EdgeChange[] = [];
  return {
    note: (change) => {
      kept.push(change);
      if (kept.length > mostKept) kept.shift();
    },
    catchUp: (edges) => {
      const answer = new Map(edges);
      for (const change of kept) {
        // One that is there again after it was removed is told again.
        for (const key of change.removed) edges.delete(key);
        for (const edge of change.edges) {
          const asked = answer.get(edge.key);
          edges.set(edge.key, asked !== undefined && asked.sequence > edge.sequence ? asked : edge);
        }
      }
    },
  };
}
