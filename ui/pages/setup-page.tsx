import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { type Credentials, CredentialsForm } from './credentials-form.tsx';

/** Opened by a one-time link, whose token is behind the `#` and so is sent nowhere by itself: `#TOKEN` or `#TOKEN&name=NAME`. */
export function SetupPage() {
  const [{ token, name }] = useState(() => readLink(window.location.hash));
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
      title={name === null ? 'Set up Bulkhead' : 'Welcome to Bulkhead'}
      text={
        name === null
          ? 'This makes the first administrator. The link works once.'
          : `This sets the password of ${name}. The link works once.`
      }
      name={name}
      action={name === null ? 'Create the account' : 'Set the password'}
      makes
      busy={setup.isPending}
      problem={setup.error?.message ?? (token === '' ? 'This address has no token: open the whole link.' : null)}
      onSubmit={setup.mutate}
    />
  );
}

function readLink(hash: string): { readonly token: string; readonly name: string | null } {
  const [token = '', ...rest] = hash.slice(1).split('&');
  return { token, name: new URLSearchParams(rest.join('&')).get('name') };
}
