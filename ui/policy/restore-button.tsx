import { Button, Text } from '@mantine/core';
import { IconRestore } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { draftQuery, draftsQuery } from '../api/queries.ts';
import type { Draft } from '../api/types.ts';
import { Confirm } from './confirm.tsx';

/** Makes a draft that equals the version, and leads to what it would change. */
export function RestoreButton({ number }: { readonly number: number }) {
  const [asking, setAsking] = useState(false);
  const drafts = useQuery(draftsQuery).data?.items;
  const client = useQueryClient();
  const navigate = useNavigate();
  const name = `restore-${number}`;
  const restore = useMutation({
    mutationFn: () => ask<Draft>('POST', `/versions/${number}/restore`),
    onSuccess: async (draft) => {
      client.setQueryData(draftQuery(draft.name).queryKey, draft);
      void client.invalidateQueries({ queryKey: ['drafts'], exact: true });
      await navigate({ to: '/policy/$draft/preview', params: { draft: draft.name } });
    },
  });
  const taken = drafts?.some((draft) => draft.name === name) ?? false;
  return (
    <>
      <Button leftSection={<IconRestore size={18} />} variant="default" onClick={() => setAsking(true)}>
        Restore
      </Button>
      <Confirm
        title={`Restore version ${number}?`}
        opened={asking}
        onClose={() => setAsking(false)}
        action="Make the draft"
        busy={restore.isPending}
        problem={restore.error?.message ?? null}
        onConfirm={restore.mutate}
      >
        <Text size="sm">
          This makes the draft <b>{name}</b> with the files and labels of version {number}, on top of the version in
          force. Nothing changes until you have looked at its preview and provision it.
        </Text>
        {taken && (
          <Text size="sm" c="red">
            There is a draft of this name: what is in it is replaced.
          </Text>
        )}
      </Confirm>
    </>
  );
}
