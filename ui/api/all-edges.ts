import type { Edge } from '@bulkhead/flows/edge.ts';
import type { EdgeChange } from './types.ts';

/** Every live edge by its key; `complete` false: the controller keeps no more, and there may be more. */
export type AllEdges = {
  readonly byKey: ReadonlyMap<string, Edge>;
  readonly complete: boolean;
  /** The last event before they were read. */
  readonly lastEvent: string;
};

export function withChange(before: AllEdges, { edges, removed }: EdgeChange): AllEdges {
  const byKey = new Map<string, Edge>(before.byKey);
  for (const key of removed) byKey.delete(key);
  for (const edge of edges) byKey.set(edge.key, edge);
  return { ...before, byKey };
}
