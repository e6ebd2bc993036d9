import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { type Credentials, CredentialsForm } from './credentials-form.tsx';

/** Opened by the one-time link, whose token is behind the `#` and so is sent nowhere by itself. */
export function SetupPage() {
  const [token] = useState(() => window.location.hash.slice(1));
  const client = useQueryClient();
  const navigate = useNavigate();
  const setup = useMutation({
    mutationFn: (credentials: Credentials) => ask('POST', '/setup', { token, ...credentials }),
    onSuccess: async () => {
      await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      await navigate({ to: '/map', replace: true });
    },
  });
  return (
    <CredentialsForm
      title="Set up Bulkhead"
      text="This makes the first administrator. The link works once."
      action="Create the account"
      makes
      busy={setup.isPending}
      problem={setup.error?.message ?? (token === '' ? 'This address has no token: open the whole link.' : null)}
      onSubmit={setup.mutate}
    />
  );
}
