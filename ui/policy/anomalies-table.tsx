import type { Anomaly } from '@bulkhead/policy/anomalies.ts';
import { Alert, Anchor, Badge, Button, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { anomaliesQuery, takeOut } from '../api/anomalies.ts';
import { previewQuery } from '../api/policy-queries.ts';
import { Empty, Loaded } from '../pages/page-frame.tsx';
import { type Column, RowTable } from '../pages/row-table.tsx';
import { counterexampleText, countText } from './preview-text.ts';
import { useMayEdit } from './use-may-edit.ts';

/** Rules of a draft that do nothing, or not what they seem to; worked out once somebody looks. */
export function AnomaliesTable({ draft }: { readonly draft: string }) {
  const query = useQuery(anomaliesQuery(draft));
  return (
    <Loaded query={query}>
      {({ anomalies, omitted, revision }) =>
        anomalies.length === 0 ? (
          <Empty title="No anomalies">Every rule decides something, and none is far broader than the others.</Empty>
        ) : (
          <Found {...{ draft, revision, anomalies, omitted }} />
        )
      }
    </Loaded>
  );
}

type FoundProps = {
  readonly draft: string;
  readonly revision: number;
  readonly anomalies: readonly Anomaly[];
  readonly omitted: number;
};

function Found({ draft, revision, anomalies, omitted }: FoundProps) {
  const client = useQueryClient();
  const mayEdit = useMayEdit();
  const removal = useMutation({
    mutationFn: (rule: string) => takeOut(draft, { rule, revision }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: anomaliesQuery(draft).queryKey });
      await client.invalidateQueries({ queryKey: previewQuery(draft).queryKey });
    },
  });
  const columns: readonly Column<Anomaly>[] = [
    {
      title: 'Kind',
      width: '14%',
      cell: ({ kind }) => (
        <Badge variant="light" color={colorOf(kind)}>
          {kind.replace('-', ' ')}
        </Badge>
      ),
    },
    { title: 'Rule', width: '22%', cell: (anomaly) => <RuleLink draft={draft} anomaly={anomaly} /> },
    { title: 'Why', width: '34%', cell: (anomaly) => <Why anomaly={anomaly} /> },
    {
      title: 'What mends it',
      width: '30%',
      cell: ({ rule, fix }) => (
        <Stack gap={4} align="start">
          <Text size="sm" className="name">
            {fix.text}
          </Text>
          {fix.action === 'remove' && mayEdit && (
            <Button
              size="compact-xs"
              variant="light"
              aria-label={`Take it out: ${rule}`}
              loading={removal.isPending && removal.variables === rule}
              disabled={removal.isPending}
              onClick={() => removal.mutate(rule)}
            >
              Take it out
            </Button>
          )}
        </Stack>
      ),
    },
  ];
  return (
    <Stack>
      {removal.error !== null && (
        <Alert color="red" role="alert">
          {removal.error.message}
        </Alert>
      )}
      <RowTable label="Anomalies" rows={anomalies} columns={columns} rowKey={({ kind, rule }) => `${kind} ${rule}`} />
      {omitted > 0 && <Text size="sm">And {countText(omitted)} more.</Text>}
    </Stack>
  );
}

const colorOf = (kind: Anomaly['kind']): string =>
  kind === 'contradicted' || kind === 'over-broad' ? 'orange' : 'gray';

function RuleLink({ draft, anomaly: { rule, place } }: { readonly draft: string; readonly anomaly: Anomaly }) {
  if (place === null) return <span className="name">{rule}</span>;
  const search = { file: place.file, line: place.line };
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => <Link to="/policy/$draft" params={{ draft }} search={search} {...props} />}
    >
      <span className="name">{rule}</span>
    </Anchor>
  );
}

function Why({ anomaly: { why, by, more, example } }: { readonly anomaly: Anomaly }) {
  const others = [...by, ...(more > 0 ? [`${countText(more)} more`] : [])].join(', ');
  return (
    <Stack gap={2}>
      <Text size="sm">{why}</Text>
      {others !== '' && (
        <Text size="xs" c="dimmed" className="name">
          {others}
        </Text>
      )}
      {example !== null && (
        <Text size="xs" c="dimmed" className="name">
          such as {counterexampleText(example)}
        </Text>
      )}
    </Stack>
  );
}
