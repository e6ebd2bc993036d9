import { defaultLiveMode, type LiveMode, liveModes } from '@bulkhead/model/words.ts';
import { Button, Checkbox, List, Radio, Stack, Text, Textarea, Tooltip } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { askSeen, isDraftChanged, segment } from '../api/client.ts';
import type { Preview, PreviewEffect } from '../api/policy-types.ts';
import { Confirm } from './confirm.tsx';
import { consequences, deniedText, liveModeTexts, plural } from './preview-text.ts';

type Props = {
  readonly preview: Preview;
  readonly effect: PreviewEffect;
  readonly able: boolean;
  readonly onLookAgain: () => void;
};

export function ProvisionButton({ preview, effect, able, onLookAgain }: Props) {
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const [accepted, setAccepted] = useState(false);
  const [connections, setConnections] = useState<LiveMode>(defaultLiveMode);
  const denied = deniedText(effect);
  const provision = useProvision(preview, { note, accept: accepted ? 'foreseen' : 'nothing', connections });
  const changed = isDraftChanged(provision.error);
  const lookAgain = () => {
    setAsking(false);
    provision.reset();
    onLookAgain();
  };
  const hosts = effect.hosts.length;
  const failed = effect.tests.some(({ passed }) => !passed) || effect.invariants.some(({ holds }) => !holds);
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
            Provision <b className="name">{preview.draft}</b>?
          </span>
        }
        opened={asking}
        onClose={() => setAsking(false)}
        action={actionText(hosts, changed)}
        danger={failed && !changed}
        busy={provision.isPending}
        problem={changed ? changedText : (provision.error?.message ?? null)}
        onConfirm={changed ? lookAgain : provision.mutate}
      >
        <List size="sm" spacing={4}>
          {consequences(effect).map((text) => (
            <List.Item key={text}>{text}</List.Item>
          ))}
        </List>
        {denied !== null && (
          <Checkbox
            checked={accepted}
            onChange={(event) => setAccepted(event.target.checked)}
            label={`${denied}: that is meant`}
            description="Otherwise the version is rolled back as soon as the first hosts deny one of them."
          />
        )}
        <ConnectionsChoice value={connections} onChange={setConnections} />
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

function actionText(hosts: number, changed: boolean): string {
  if (changed) return 'Show what it is now';
  return hosts === 0 ? 'Make the version' : `Provision to ${plural(hosts, 'host')}`;
}

const changedText =
  'Somebody changed this draft after this preview was made, so nothing was provisioned. Look at its preview as it is now.';

type Choice = { readonly value: LiveMode; readonly onChange: (mode: LiveMode) => void };

function ConnectionsChoice({ value, onChange }: Choice) {
  const choose = (text: string) => onChange(liveModes.find((mode) => mode === text) ?? defaultLiveMode);
  return (
    <Radio.Group label="Live connections that are now denied" value={value} onChange={choose}>
      <Stack gap={4} mt={4}>
        {liveModes.map((mode) => (
          <Radio key={mode} size="sm" value={mode} label={liveModeTexts[mode]} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

type Body = {
  readonly note: string;
  readonly accept: 'foreseen' | 'nothing';
  readonly connections: LiveMode;
};

function useProvision({ draft, revision }: Preview, body: Body) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () =>
      askSeen<{ readonly version: number }>('POST', `/drafts/${segment(draft)}/provision`, {
        revision,
        body,
      }),
    onSuccess: async ({ version }) => {
      await navigate({ to: '/provisions/$version', params: { version: String(version) }, replace: true });
      client.removeQueries({ queryKey: ['drafts', draft] });
      for (const key of ['drafts', 'versions', 'status']) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}
