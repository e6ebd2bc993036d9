import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import { ActionIcon, Button, CloseButton, Code, Group, Paper, ScrollArea, Stack, Text, Title } from '@mantine/core';
import { IconBan, IconCheck, IconQuestionMark } from '@tabler/icons-react';
import { useState } from 'react';
import { RuleDialog } from '../drafting/rule-dialog.tsx';
import { LabelBadges } from '../pages/label-badges.tsx';
import { TimeText } from '../pages/time-text.tsx';
import { plural } from '../policy/preview-text.ts';
import { seenRules } from './seen-rules.ts';
import { StateBadge } from './state-badge.tsx';
import { UnderDraft } from './under-draft.tsx';
import { Why } from './why.tsx';

type Props = {
  readonly edges: readonly Edge[];
  readonly title: string;
  /** By which the map judges; null: by the version in force. */
  readonly draft: string | null;
  readonly mayEdit: boolean;
  readonly onClose: () => void;
};

const shownLimit = 100;

/** What is behind one line of the map: each connection's service, server, counts, rule, and why. */
export function EdgeDetails({ edges, title, draft, mayEdit, onClose }: Props) {
  const worst = [...edges].sort(byConcern);
  return (
    <Stack gap="sm" h="100%">
      <Group justify="space-between" wrap="nowrap" align="start">
        <Title order={2} size="h4">
          <span className="name">{title}</span>
        </Title>
        <CloseButton aria-label="Close the details" onClick={onClose} />
      </Group>
      <Text size="sm" c="dimmed">
        {plural(edges.length, 'edge')} in the last hour
        {edges.length > shownLimit && `, the ${shownLimit} that matter most`}
      </Text>
      <ScrollArea flex={1} type="auto" viewportProps={{ tabIndex: 0 }}>
        <Stack gap="sm">
          {worst.slice(0, shownLimit).map((edge) => (
            <OneEdge key={edge.key} edge={edge} draft={draft} mayEdit={mayEdit} />
          ))}
        </Stack>
      </ScrollArea>
    </Stack>
  );
}

/** What is not allowed first, then what is most used. */
function byConcern(a: Edge, b: Edge): number {
  return b.denied + b.wouldBeDenied - (a.denied + a.wouldBeDenied) || b.attempts - a.attempts;
}

type OneEdgeProps = Pick<Props, 'draft' | 'mayEdit'> & { readonly edge: Edge };

function OneEdge({ edge, draft, mayEdit }: OneEdgeProps) {
  const [asked, setAsked] = useState(false);
  return (
    <Paper withBorder p="sm">
      <Stack gap={6}>
        <Group justify="space-between" gap={6}>
          <Group gap="xs" wrap="nowrap">
            <Code fz="sm">{edge.serviceText}</Code>
            <StateBadge state={edge.latest} />
          </Group>
          <Actions edge={edge} mayEdit={mayEdit} onWhy={() => setAsked((before) => !before)} asked={asked} />
        </Group>
        {draft !== null && <UnderDraft draft={draft} edge={edge} />}
        <End label="From" end={edge.from} />
        <End label="To" end={edge.to} />
        <Facts edge={edge} />
        {asked && <Why from={endName(edge.from)} to={endName(edge.to)} service={edge.serviceText} />}
      </Stack>
    </Paper>
  );
}

type ActionsProps = {
  readonly edge: Edge;
  readonly mayEdit: boolean;
  readonly asked: boolean;
  readonly onWhy: () => void;
};

function Actions({ edge, mayEdit, asked, onWhy }: ActionsProps) {
  const [verdict, setVerdict] = useState<'allow' | 'deny' | null>(null);
  return (
    <Group gap={4} wrap="nowrap">
      <ActionIcon
        variant={asked ? 'filled' : 'light'}
        onClick={onWhy}
        aria-label="Why?"
        aria-expanded={asked}
        title="Why?"
      >
        <IconQuestionMark size={16} />
      </ActionIcon>
      {mayEdit && (
        <>
          <Button
            size="compact-xs"
            variant="light"
            color="teal"
            leftSection={<IconCheck size={14} />}
            onClick={() => setVerdict('allow')}
          >
            Allow this
          </Button>
          <Button
            size="compact-xs"
            variant="light"
            color="red"
            leftSection={<IconBan size={14} />}
            onClick={() => setVerdict('deny')}
          >
            Deny this
          </Button>
        </>
      )}
      {verdict !== null && <RuleDialog edges={[edge]} verdict={verdict} onClose={() => setVerdict(null)} />}
    </Group>
  );
}

function End({ label, end }: { readonly label: string; readonly end: EdgeEnd }) {
  return (
    <Group gap="xs" align="baseline">
      <Text size="xs" c="dimmed" w={32}>
        {label}
      </Text>
      <Text size="sm" fw={600}>
        <span className="name">{endName(end)}</span>
      </Text>
      {end.kind === 'workload' && <LabelBadges labels={end.labels} />}
    </Group>
  );
}

function Facts({ edge }: { readonly edge: Edge }) {
  const { attempts, denied, wouldBeDenied, server, first, last } = edge;
  const counts = [
    plural(attempts, 'connection'),
    ...(denied > 0 ? [`${denied.toLocaleString()} denied`] : []),
    ...(wouldBeDenied > 0 ? [`${wouldBeDenied.toLocaleString()} would be denied`] : []),
  ];
  return (
    <>
      <Text size="sm">
        {counts.join(', ')}, first <TimeText at={new Date(first).toISOString()} />, last{' '}
        <TimeText at={new Date(last).toISOString()} />
      </Text>
      <Text size="xs" c="dimmed">
        Server: <span className="name">{server?.process ?? 'unknown process'}</span>
        {server?.unit != null && <span className="name"> in {server.unit}</span>}
        {server?.user != null && <span className="name"> as {server.user}</span>}
      </Text>
      <RuleIds edge={edge} />
    </>
  );
}

/** The rules that hosts named in their records; several where a version came in between. */
function RuleIds({ edge }: { readonly edge: Edge }) {
  const seen = seenRules(edge.rules);
  return (
    <Group gap="4px 12px" align="baseline">
      <Text size="xs" c="dimmed">
        {seen.length > 1 ? 'Rules of the last hour:' : 'Rule:'}
      </Text>
      {seen.map(({ rule, verdict, attempts }) => (
        <Text key={`${rule} ${verdict}`} size="xs" c="dimmed">
          <Code className="name">{rule ?? 'no rule matches'}</Code>
          {seen.length > 1 && ` ${verdict} ${attempts.toLocaleString('en')}`}
        </Text>
      ))}
    </Group>
  );
}

const endName = (end: EdgeEnd): string => (end.kind === 'workload' ? end.name : end.address);
