import { Alert, Anchor, Badge, List, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Loaded, PageFrame } from '../pages/page-frame.tsx';
import { type Column, RowTable } from '../pages/row-table.tsx';
import { TimeText } from '../pages/time-text.tsx';
import { WorkloadLink } from '../pages/workload-link.tsx';
import { plural } from '../policy/preview-text.ts';
import { isolationQuery, leaksQuery } from './isolation-queries.ts';
import type { Isolation, IsolationHost, Leaks, Probes } from './isolation-types.ts';
import { leakText, standingText, subjectText } from './isolation-words.ts';
import { ReleaseButton } from './release-button.tsx';

export function IsolationPage() {
  const id = Number(useParams({ from: '/inside/isolations/$id' }).id);
  const query = useQuery(isolationQuery(id));
  return (
    <PageFrame
      title={`Isolation ${id}`}
      about={
        <Anchor component={Link} to="/isolations" size="sm">
          All isolations
        </Anchor>
      }
      actions={query.data?.released === null && <ReleaseButton isolation={query.data} />}
    >
      <Loaded query={query}>{(isolation) => <Shown isolation={isolation} />}</Loaded>
    </PageFrame>
  );
}

function Shown({ isolation }: { readonly isolation: Isolation }) {
  const { id, run, reason, created, createdBy, released, allow } = isolation;
  return (
    <Stack>
      <Text>
        <b className="name">{subjectText(isolation)}</b>, <TimeText at={created} /> by{' '}
        <span className="name">{createdBy}</span>
        {reason !== '' && (
          <>
            : <span className="name">{reason}</span>
          </>
        )}
      </Text>
      {allow.length > 0 && <Text size="sm">Let in: {allow.join('; ')}</Text>}
      <Standing isolation={isolation} />
      {run?.step === 'isolate' && run.probes !== null && <Probed probes={run.probes} />}
      {released === null && run?.state !== 'running' && <Passing id={id} />}
      {run !== null && run.hosts.length > 0 && (
        <RowTable label="Hosts" rows={run.hosts} columns={columns} rowKey={({ workload }) => workload} />
      )}
    </Stack>
  );
}

function Standing({ isolation }: { readonly isolation: Isolation }) {
  const { text, open } = standingText(isolation);
  const { released, run } = isolation;
  const isUnderWay = run?.state === 'running' || run?.state === 'checking';
  const [color, title] = isUnderWay
    ? ['blue', 'Under way']
    : open.length > 0
      ? ['orange', released === null ? 'Not closed everywhere' : 'Not released everywhere']
      : ['teal', released === null ? 'Closed' : 'Released'];
  return (
    <Alert color={color} title={title} role="status">
      {text}
      {open.length > 0 && (
        <List size="sm" mt="xs">
          {open.slice(0, 20).map((line) => (
            <List.Item key={line}>
              <span className="name">{line}</span>
            </List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

function Probed({ probes: { cells, closed, hosts, open, unknown } }: { readonly probes: Probes }) {
  const rest = unknown === 0 ? '' : `; ${unknown} say nothing`;
  return (
    <Alert color={open.length > 0 ? 'red' : 'teal'} title="Tried with real packets">
      {plural(cells, 'cell')} from {plural(hosts.length, 'host')}: {closed} closed, {open.length} open{rest}.
      {open.map(({ from, to, service }) => (
        <Text key={`${from} ${to} ${service}`} size="sm" className="name">
          Open: {from} to {to} {service}
        </Text>
      ))}
    </Alert>
  );
}

function Passing({ id }: { readonly id: number }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        What still passes
      </Title>
      <Loaded query={useQuery(leaksQuery(id))}>{(leaks) => <LeakList leaks={leaks} />}</Loaded>
    </Stack>
  );
}

function LeakList({ leaks: { items } }: { readonly leaks: Leaks }) {
  if (items.length === 0) return <Text size="sm">Nothing.</Text>;
  return (
    <List size="sm">
      {items.map((leak) => (
        <List.Item key={leak.rule ?? ''}>
          <span className="name">{leakText(leak)}</span>
        </List.Item>
      ))}
    </List>
  );
}

const colors: Readonly<Record<IsolationHost['state'], string>> = {
  sent: 'blue',
  applied: 'yellow',
  proven: 'teal',
  failed: 'red',
  away: 'gray',
  timeout: 'orange',
};

const columns: readonly Column<IsolationHost>[] = [
  { title: 'Host', width: '30%', cell: ({ workload }) => <WorkloadLink name={workload} /> },
  { title: 'Part', width: '18%', cell: ({ role }) => (role === 'isolated' ? 'isolated' : 'peer') },
  {
    title: 'State',
    width: '22%',
    cell: ({ state }) => (
      <Badge color={colors[state]} variant="light">
        {state}
      </Badge>
    ),
  },
  {
    title: 'Read back after',
    width: '30%',
    cell: ({ proven, problem }) => problem ?? (proven === null ? '' : `${proven} ms`),
  },
];
