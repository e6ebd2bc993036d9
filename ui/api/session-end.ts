import type { QueryClient } from '@tanstack/react-query';

export const sessionKey = ['session'] as const;

const saysNobody = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'not-logged-in';

/**
 * What nobody is logged in for, anywhere, leads to the page for signing in. The session is asked and not taken for over:
 * the refusal may be late, of a question from before somebody signed in again.
 */
export function noteEnd(client: QueryClient, error: unknown): void {
  if (saysNobody(error)) void client.invalidateQueries({ queryKey: sessionKey });
}
