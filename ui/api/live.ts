import type { Edge } from '@bulkhead/flows/edge.ts';
import type { QueryClient } from '@tanstack/react-query';
import type { AllEdges } from './queries.ts';
import type { EdgeChange } from './types.ts';

/** `away`: no answer comes; the browser tries again by itself and goes on where it stopped. */
export type LiveState = 'connecting' | 'live' | 'away';

const eventsPath = '/api/v1/events';

/** What of the cache an event makes old, by the event's kind. */
const stale: Readonly<Record<string, readonly string[]>> = {
  host: ['hosts', 'status'],
  provision: ['provisions', 'versions', 'status', 'hosts'],
  version: ['versions', 'drafts', 'status'],
  estate: ['workloads', 'hosts', 'status'],
  disk: ['status'],
};

/** Keeps the cache as the controller's events say; answers how to stop. */
export function followEvents(client: QueryClient, changed: (state: LiveState) => void): () => void {
  const source = new EventSource(eventsPath);
  source.addEventListener('open', () => changed('live'));
  source.addEventListener('error', () => changed('away'));
  // The last look may have been before the first event; one that is on its way began after the stream was there.
  source.addEventListener('hello', () => {
    void client.invalidateQueries({ queryKey: ['edges'] }, { cancelRefetch: false });
  });
  // What was missed is not remembered: everything is looked at afresh.
  source.addEventListener('reset', () => void client.invalidateQueries());
  source.addEventListener('edges', (event) => {
    const change: EdgeChange = JSON.parse(event.data);
    client.setQueryData<AllEdges>(['edges'], (before) => before && withChange(before, change));
  });
  for (const [kind, keys] of Object.entries(stale)) {
    source.addEventListener(kind, () => {
      for (const key of keys) void client.invalidateQueries({ queryKey: [key] });
    });
  }
  return () => source.close();
}

function withChange(before: AllEdges, { edges, removed }: EdgeChange): AllEdges {
  const byKey = new Map<string, Edge>(before.byKey);
  for (const key of removed) byKey.delete(key);
  for (const edge of edges) byKey.set(edge.key, edge);
  return { ...before, byKey };
}
