import { Button, List, Text, Textarea, Tooltip } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask, segment } from '../api/client.ts';
import type { PreviewEffect } from '../api/policy-types.ts';
import type { Draft } from '../api/types.ts';
import { Confirm } from './confirm.tsx';
import { consequences, plural } from './preview-text.ts';

type Props = {
  readonly effect: PreviewEffect;
  /** As it was when the preview was made. */
  readonly draft: Draft;
  readonly able: boolean;
};

export function ProvisionButton({ effect, draft, able }: Props) {
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const provision = useProvision(draft, note);
  const hosts = effect.hosts.length;
  const failed = effect.tests.some(({ passed }) => !passed);
  return (
    <>
      <Tooltip label="Mend first what is said below" disabled={able}>
        <Button leftSection={<IconRocket size={18} />} disabled={!able} onClick={() => setAsking(true)}>
          Provision
        </Button>
      </Tooltip>
      <Confirm
        title={
          <span>
            Provision <b className="name">{draft.name}</b>?
          </span>
        }
        opened={asking}
        onClose={() => setAsking(false)}
        action={hosts === 0 ? 'Make the version' : `Provision to ${plural(hosts, 'host')}`}
        danger={failed}
        busy={provision.isPending}
        problem={provision.error?.message ?? null}
        onConfirm={provision.mutate}
      >
        <List size="sm" spacing={4}>
          {consequences(effect).map((text) => (
            <List.Item key={text}>{text}</List.Item>
          ))}
        </List>
        <Text size="sm" c="dimmed">
          The draft becomes a version that never changes; an earlier one can be restored at any time.
        </Text>
        <Textarea
          label="Note"
          description="Why, for the list of versions"
          data-autofocus
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </Confirm>
    </>
  );
}

function useProvision(previewed: Draft, note: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      const path = `/drafts/${segment(previewed.name)}`;
      const now = await ask<Draft>('GET', path);
      if (now.revision !== previewed.revision || now.updated !== previewed.updated) throw new Error(changedText(now));
      return ask<{ readonly version: number }>('POST', `${path}/provision`, { note });
    },
    onSuccess: async ({ version }) => {
      await navigate({ to: '/provisions/$version', params: { version: String(version) }, replace: true });
      client.removeQueries({ queryKey: ['drafts', previewed.name] });
      for (const key of ['drafts', 'versions', 'status']) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

const changedText = ({ name, updatedBy }: Draft): string =>
  `Cannot provision "${name}": ${updatedBy} changed it since this preview was made, look at the preview again`;
