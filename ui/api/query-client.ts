import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './client.ts';
import { noteEnd } from './session-end.ts';

/** Live events say what changed; nothing is asked again for the sake of it. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noteEnd(queryClient, error) }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 3 && error instanceof ApiProblem && error.status === 0,
      retryDelay: (failures) => Math.min(1000 * 2 ** failures, 8000),
    },
    mutations: { retry: false },
  },
});
