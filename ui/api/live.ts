import type { QueryClient } from '@tanstack/react-query';
import { eventCache } from './event-cache.ts';
import { followEvents, type LiveState } from './follow-events.ts';
import { early, edgesQuery } from './queries.ts';

/** Keeps the cache as the controller's events say; answers how to stop. */
export function followController(client: QueryClient, changed: (state: LiveState) => void): () => void {
  return followEvents({
    cache: eventCache(client, edgesQuery),
    page: window.location.pathname,
    open: (path) => new EventSource(path),
    note: early.note,
    changed,
  });
}
