import type { FetchQueryOptions, QueryClient } from '@tanstack/react-query';
import type { AllEdges } from './all-edges.ts';
import type { EventCache } from './follow-events.ts';

type EdgesQuery = FetchQueryOptions<AllEdges, Error, AllEdges, string[]>;

/** The cache of the console's queries, as events change it. */
export function eventCache(client: QueryClient, edgesQuery: EdgesQuery): EventCache {
  const { queryKey } = edgesQuery;
  return {
    edges: () => client.getQueryData<AllEdges>(queryKey),
    askEdges: () => client.ensureQueryData(edgesQuery),
    changeEdges: (change) => void client.setQueryData<AllEdges>(queryKey, (before) => before && change(before)),
    outdate: (key) => void client.invalidateQueries({ queryKey: [key] }),
    outdateAll: () => {
      // Nobody would ask for them now, and the next change of one would make all of them pass for new again.
      client.removeQueries({ queryKey, type: 'inactive' });
      void client.invalidateQueries();
    },
  };
}
