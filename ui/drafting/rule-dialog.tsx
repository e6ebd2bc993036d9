import type { Edge } from '@bulkhead/flows/edge.ts';
import { Alert, Autocomplete, Button, Code, Group, Modal, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { type PutRule, putRule } from '../api/put-rule.ts';
import { draftsQuery } from '../api/queries.ts';
import { AddedNotice } from './added-notice.tsx';
import { type Breadth, type DraftedRule, denyingRules, ruleForEdges } from './edge-rule.ts';
import { endWords } from './rule-words.ts';

type Props = { readonly edges: readonly Edge[]; readonly verdict: 'allow' | 'deny'; readonly onClose: () => void };

const defaultDraft = 'from-map';

/** Makes the rule that speaks of these edges, shows it, and puts it into a draft; nothing is provisioned. */
export function RuleDialog({ edges, verdict, onClose }: Props) {
  const [breadth, setBreadth] = useState<Breadth>('role');
  const [draft, setDraft] = useState(defaultDraft);
  const drafts = useQuery(draftsQuery).data?.items ?? [];
  const rule = ruleForEdges(edges, { verdict, breadth });
  const add = useAddRule(onClose);
  return (
    <Modal opened onClose={onClose} title={verdict === 'allow' ? 'Allow this' : 'Deny this'} size="lg" centered>
      <Stack>
        <BreadthChoice value={breadth} onChange={setBreadth} />
        {rule === null ? <NoRule /> : <RuleText rule={rule} />}
        {verdict === 'allow' && <StillDenied by={denyingRules(edges)} />}
        <Autocomplete
          label="Draft"
          description="An existing draft, or the name of a new one. Nothing changes until it is provisioned."
          data={drafts.map(({ name }) => name)}
          value={draft}
          onChange={setDraft}
          maxLength={100}
        />
        {add.error !== null && (
          <Alert color="red" role="alert">
            {add.error.message}
          </Alert>
        )}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={rule === null || draft === ''}
            loading={add.isPending}
            onClick={() => rule !== null && add.mutate({ draft, rule })}
          >
            Add to the draft
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const choices: { value: Breadth; label: string }[] = [
  { value: 'role', label: 'Role to role' },
  { value: 'app', label: 'Application to application' },
  { value: 'env', label: 'Environment to environment' },
];

function BreadthChoice({ value, onChange }: { readonly value: Breadth; readonly onChange: (value: Breadth) => void }) {
  const isNarrow = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  return (
    <SegmentedControl
      aria-label="How much the rule speaks of"
      orientation={isNarrow ? 'vertical' : 'horizontal'}
      data={choices}
      value={value}
      onChange={(chosen) => onChange(chosen as Breadth)}
    />
  );
}

function RuleText({ rule }: { readonly rule: DraftedRule }) {
  const { name, verdict, services, from, to } = rule;
  return (
    <Stack gap="xs">
      <Text>
        {verdict === 'allow' ? 'Allows' : 'Denies'} <Code>{services.join(', ')}</Code> from{' '}
        <span className="name">{endWords(from)}</span> to <span className="name">{endWords(to)}</span>.
      </Text>
      <Text size="xs" c="dimmed">
        Rule <Code>{name}</Code>
      </Text>
    </Stack>
  );
}

/** An allow rule that changes nothing would be a riddle in the preview. */
function StillDenied({ by }: { readonly by: readonly string[] }) {
  if (by.length === 0) return null;
  return (
    <Alert color="orange" role="status">
      <Code className="name">{by.join(', ')}</Code> denied this. A rule that allows opens nothing that such a rule of
      the same or an earlier tier still denies; the preview shows whether this one does.
    </Alert>
  );
}

function NoRule() {
  return (
    <Alert color="orange">
      No rule of this breadth can be made: an end has none of these labels. Give it labels first, or choose another
      breadth.
    </Alert>
  );
}

function useAddRule(onClose: () => void) {
  const client = useQueryClient();
  const tell = useTell();
  return useMutation({
    mutationFn: putRule,
    onSuccess: async (added) => {
      await client.invalidateQueries({ queryKey: ['drafts'] });
      tell(added);
      onClose();
    },
  });
}

/** Milliseconds: long enough to read it and to follow its link. */
const noticeStays = 12_000;

/** Notices stand outside of the router, so they are told where their link leads. */
function useTell(): (added: PutRule) => void {
  const router = useRouter();
  return ({ draft, name, file, line }) => {
    const place = { to: '/policy/$draft', params: { draft }, search: { file, line } } as const;
    const id = notifications.show({
      color: 'teal',
      title: `Added to draft "${draft}"`,
      autoClose: noticeStays,
      message: <AddedNotice name={name} href={router.buildLocation(place).href} onGo={() => go()} />,
    });
    const go = () => {
      notifications.hide(id);
      void router.navigate(place);
    };
  };
}
