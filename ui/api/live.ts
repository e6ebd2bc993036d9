import type { Edge } from '@bulkhead/flows/edge.ts';
import type { QueryClient } from '@tanstack/react-query';
import { segment } from './client.ts';
import { isMapPage } from './first-answers.ts';
import { type AllEdges, early, edgesQuery } from './queries.ts';
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
  let stop = (): void => undefined;
  let stopped = false;
  void lastEventKnown(client).then((after) => {
    if (!stopped) stop = follow(client, changed, after);
  });
  return () => {
    stopped = true;
    stop();
  };
}

/**
 * Edges that are known, or under way on the map's page, are kept as they are by the events that came after them; null:
 * there are none, and those that are asked for later hold what came before.
 */
async function lastEventKnown(client: QueryClient): Promise<string | null> {
  const known = client.getQueryData<AllEdges>(edgesQuery.queryKey);
  if (known !== undefined) return known.lastEvent;
  if (!isMapPage(window.location.pathname)) return null;
  return client.ensureQueryData(edgesQuery).then(
    ({ lastEvent }) => lastEvent,
    () => null,
  );
}

function follow(client: QueryClient, changed: (state: LiveState) => void, after: string | null): () => void {
  const source = new EventSource(after === null ? eventsPath : `${eventsPath}?after=${segment(after)}`);
  source.addEventListener('open', () => changed('live'));
  source.addEventListener('error', () => changed('away'));
  // What was missed is not remembered: everything is looked at afresh.
  source.addEventListener('reset', () => void client.invalidateQueries());
  source.addEventListener('edges', (event) => {
    const change: EdgeChange = JSON.parse(event.data);
    early.note(change);
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
