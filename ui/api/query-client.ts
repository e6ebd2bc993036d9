import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './client.ts';

/** What nobody is logged in for, anywhere, leads to the page for signing in. */
function noteEnd(error: Error): void {
  if (error instanceof ApiProblem && error.code === 'not-logged-in') queryClient.setQueryData(['session'], null);
}

/** Live events say what changed; nothing is asked again for the sake of it. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteEnd }),
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
