import { Alert, Button, List, Skeleton, Stack, Text, Textarea, Tooltip } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { useWhyNot } from '../app/use-rights.ts';
import { Confirm } from '../policy/confirm.tsx';
import { aheadQuery } from './isolation-queries.ts';
import type { Isolation, IsolationAhead, Target } from './isolation-types.ts';
import { consequencesOf, leakText, targetText } from './isolation-words.ts';

type Props = { readonly target: Target; readonly size?: 'xs' | 'sm' };

export function IsolateButton({ target, size = 'sm' }: Props) {
  const [asking, setAsking] = useState(false);
  const whyNot = useWhyNot('isolate');
  return (
    <>
      <Tooltip label={whyNot} disabled={whyNot === null}>
        <Button
          size={size}
          color="red"
          variant="light"
          leftSection={<IconLock size={18} />}
          disabled={whyNot !== null}
          onClick={() => setAsking(true)}
        >
          Isolate
        </Button>
      </Tooltip>
      {asking && <IsolateDialog target={target} onClose={() => setAsking(false)} />}
    </>
  );
}

/** Numbers first; whoever cannot wait for them need not. */
function IsolateDialog({ target, onClose }: { readonly target: Target; readonly onClose: () => void }) {
  const [reason, setReason] = useState('');
  const ahead = useQuery(aheadQuery(target));
  const isolate = useIsolate(target, reason);
  return (
    <Confirm
      title={
        <span>
          Isolate <b className="name">{targetText(target)}</b>?
        </span>
      }
      opened
      onClose={onClose}
      action="Isolate now"
      danger
      busy={isolate.isPending}
      problem={isolate.error?.message ?? null}
      onConfirm={isolate.mutate}
    >
      {ahead.data !== undefined && <Consequences ahead={ahead.data} />}
      {ahead.isPending && <Skeleton h={88} aria-label="Counting what it does" role="status" />}
      {ahead.error !== null && (
        <Alert color="orange" title="What it does cannot be counted now">
          {ahead.error.message}
        </Alert>
      )}
      <Textarea
        label="Reason"
        description="For the audit log, and for whoever wonders why"
        data-autofocus
        autosize
        minRows={2}
        maxRows={6}
        maxLength={2000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </Confirm>
  );
}

function Consequences({ ahead }: { readonly ahead: IsolationAhead }) {
  return (
    <Stack gap="xs">
      <List size="sm" spacing={4}>
        {consequencesOf(ahead).map((text) => (
          <List.Item key={text}>
            <span className="name">{text}</span>
          </List.Item>
        ))}
      </List>
      <Text size="sm" fw={600}>
        {ahead.stays.items.length === 0 ? 'Nothing goes on.' : 'What goes on, by the rule that lets it:'}
      </Text>
      <List size="sm" spacing={2} c="dimmed">
        {ahead.stays.items.map((leak) => (
          <List.Item key={leak.rule ?? ''}>
            <span className="name">{leakText(leak)}</span>
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

function useIsolate(target: Target, reason: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => ask<Isolation>('POST', '/isolations', { ...target, reason }),
    onSuccess: async ({ id }) => {
      void client.invalidateQueries({ queryKey: ['isolations'] });
      await navigate({ to: '/isolations/$id', params: { id: String(id) } });
    },
  });
}
