import type { Edge } from '@bulkhead/flows/edge.ts';
import type { EdgeChange } from './types.ts';

/** Every live edge by its key; `complete` false: the controller keeps no more, and there may be more. */
export type AllEdges = {
  readonly byKey: ReadonlyMap<string, Edge>;
  readonly complete: boolean;
  /** The last event that is in them: of those before they were read, or of those that changed them since. */
  readonly lastEvent: string;
};

export function withChange(before: AllEdges, { edges, removed }: EdgeChange, lastEvent: string): AllEdges {
  const byKey = new Map<string, Edge>(before.byKey);
  for (const key of removed) byKey.delete(key);
  for (const edge of edges) byKey.set(edge.key, edge);
  return { ...before, byKey, lastEvent };
}
