import { ActionIcon, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { askSeen, isDraftChanged, segment } from '../api/client.ts';
import type { DraftSummary } from '../api/types.ts';
import { TimeText } from '../pages/time-text.tsx';
import { Confirm } from './confirm.tsx';
import { plural } from './preview-text.ts';

export function DeleteDraft({ draft }: { readonly draft: DraftSummary }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const { name, files, revision, updated, updatedBy } = draft;
  const remove = useMutation({
    mutationFn: () => askSeen<null>('DELETE', `/drafts/${segment(name)}`, { revision }),
    // The list says what it is now, and the question is asked again about that.
    onError: (error) => isDraftChanged(error) && client.invalidateQueries({ queryKey: ['drafts'], exact: true }),
    onSuccess: async () => {
      setAsking(false);
      // The list first: a row that is still there would ask for what is gone.
      await client.invalidateQueries({ queryKey: ['drafts'], exact: true });
      client.removeQueries({ queryKey: ['drafts', name] });
    },
  });
  return (
    <>
      <ActionIcon variant="subtle" color="gray" aria-label={`Delete draft ${name}`} onClick={() => setAsking(true)}>
        <IconTrash size={18} />
      </ActionIcon>
      <Confirm
        title="Delete this draft?"
        opened={asking}
        onClose={() => setAsking(false)}
        action="Delete the draft"
        danger
        busy={remove.isPending}
        problem={remove.error?.message ?? null}
        onConfirm={remove.mutate}
      >
        <Text size="sm">
          Lost are the {plural(files.length, 'file')} of <b className="name">{name}</b> as{' '}
          <span className="name">{updatedBy}</span> left them <TimeText at={updated} />. No version keeps them. Nothing
          that hosts enforce changes.
        </Text>
      </Confirm>
    </>
  );
}
