import { Button, Text, Tooltip } from '@mantine/core';
import { IconLockOpen } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { useWhyNot } from '../app/use-rights.ts';
import { Confirm } from '../policy/confirm.tsx';
import type { Isolation, IsolationSummary } from './isolation-types.ts';
import { subjectText } from './isolation-words.ts';

export function ReleaseButton({ isolation }: { readonly isolation: IsolationSummary }) {
  const [asking, setAsking] = useState(false);
  const whyNot = useWhyNot('isolate');
  const client = useQueryClient();
  const { id } = isolation;
  const release = useMutation({
    mutationFn: () => ask<Isolation>('POST', `/isolations/${id}/release`, {}),
    onSuccess: async () => {
      setAsking(false);
      await client.invalidateQueries({ queryKey: ['isolations'] });
    },
  });
  return (
    <>
      <Tooltip label={whyNot} disabled={whyNot === null}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconLockOpen size={16} />}
          disabled={whyNot !== null}
          aria-label={`Release isolation ${id}`}
          onClick={() => setAsking(true)}
        >
          Release
        </Button>
      </Tooltip>
      <Confirm
        title={`Release isolation ${id}?`}
        opened={asking}
        onClose={() => setAsking(false)}
        action="Release"
        busy={release.isPending}
        problem={release.error?.message ?? null}
        onConfirm={release.mutate}
      >
        <Text size="sm">
          <b className="name">{subjectText(isolation)}</b> goes back at once to what the current version allows; what
          another isolation closes stays closed.
        </Text>
      </Confirm>
    </>
  );
}
