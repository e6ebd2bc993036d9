import { Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { draftQuery, statusQuery } from '../api/queries.ts';
import type { Draft, DraftSummary } from '../api/types.ts';
import { Confirm } from './confirm.tsx';

type Props = { readonly opened: boolean; readonly onClose: () => void; readonly taken: readonly DraftSummary[] };

export function NewDraft({ opened, onClose, taken }: Props) {
  const [name, setName] = useState('');
  const client = useQueryClient();
  const navigate = useNavigate();
  const version = useQuery(statusQuery).data?.version.number;
  const make = useMutation({
    mutationFn: () => ask<Draft>('POST', '/drafts', { name }),
    onSuccess: async (draft) => {
      client.setQueryData(draftQuery(draft.name).queryKey, draft);
      void client.invalidateQueries({ queryKey: ['drafts'], exact: true });
      setName('');
      onClose();
      await navigate({ to: '/policy/$draft', params: { draft: draft.name } });
    },
  });
  const wrong = nameProblem(name, taken);
  return (
    <Confirm
      title="New draft"
      opened={opened}
      onClose={onClose}
      action="Make the draft"
      busy={make.isPending}
      disabled={name === '' || wrong !== null}
      problem={make.error?.message ?? null}
      onConfirm={make.mutate}
    >
      <Text size="sm">It starts as a copy of version {version}, which is in force.</Text>
      <TextInput
        label="Name"
        placeholder="open-metrics"
        data-autofocus
        value={name}
        error={wrong}
        onChange={(event) => setName(event.target.value)}
      />
    </Confirm>
  );
}

function nameProblem(name: string, taken: readonly DraftSummary[]): string | null {
  if (name === '') return null;
  if (taken.some((draft) => draft.name === name)) return 'There is a draft of this name';
  const good = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
  return good ? null : 'Letters, digits, dots, dashes and underscores; a letter or digit first; at most 100';
}
