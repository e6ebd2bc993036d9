import { queryOptions } from '@tanstack/react-query';
import { ask, askAll } from '../api/client.ts';
import type { Isolation, IsolationAhead, IsolationSummary, Leaks, Target } from './isolation-types.ts';

export const isolationsQuery = queryOptions({
  queryKey: ['isolations'],
  queryFn: ({ signal }) => askAll<IsolationSummary>('/isolations?limit=1000', 10_000, signal),
});

/** Milliseconds; while hosts answer, each of them is another answer. */
const whileRunning = 500;

export const isolationQuery = (id: number) =>
  queryOptions({
    queryKey: ['isolations', id],
    queryFn: ({ signal }) => ask<Isolation>('GET', `/isolations/${id}`, undefined, signal),
    refetchInterval: ({ state }) => {
      const run = state.data?.run?.state;
      return run === 'running' || run === 'checking' ? whileRunning : false;
    },
  });

/** What passes now, worked out anew. */
export const leaksQuery = (id: number) =>
  queryOptions({
    queryKey: ['isolations', id, 'leaks'],
    staleTime: 0,
    queryFn: ({ signal }) => ask<Leaks>('GET', `/isolations/${id}/leaks`, undefined, signal),
  });

/** Asked when somebody thinks of it; what it says is of this moment. */
export const aheadQuery = (target: Target) =>
  queryOptions({
    queryKey: ['isolation-ahead', target],
    staleTime: 0,
    gcTime: 0,
    queryFn: ({ signal }) => ask<IsolationAhead>('POST', '/isolations/preview', target, signal),
  });
