import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ask } from '../api/client.ts';
import { sessionQuery, setupQuery } from '../api/queries.ts';
import { type Credentials, CredentialsForm } from './credentials-form.tsx';

export function SignInPage() {
  const { next = '/map' } = useSearch({ from: '/sign-in' });
  const setup = useQuery(setupQuery).data;
  const client = useQueryClient();
  const navigate = useNavigate();
  const signIn = useMutation({
    mutationFn: (credentials: Credentials) => ask('POST', '/session', credentials),
    onSuccess: async () => {
      // What is under way was asked as nobody.
      await client.cancelQueries({ queryKey: sessionQuery.queryKey });
      await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      await navigate({ href: next });
    },
  });
  const text = setup?.needed
    ? 'Nobody can sign in yet: open the one-time link that the controller printed when it started.'
    : 'With the account an administrator made for you.';
  return (
    <CredentialsForm
      title="Sign in to Bulkhead"
      text={text}
      action="Sign in"
      makes={false}
      busy={signIn.isPending}
      problem={signIn.error?.message ?? null}
      onSubmit={signIn.mutate}
    />
  );
}
