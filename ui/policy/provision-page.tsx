import { defaultLiveMode } from '@bulkhead/model/words.ts';
import { Alert, Anchor, Badge, Button, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { provisionQuery } from '../api/policy-queries.ts';
import type { HostProgress, Provision } from '../api/policy-types.ts';
import { Empty, Loaded, PageFrame } from '../pages/page-frame.tsx';
import { type Column, RowTable } from '../pages/row-table.tsx';
import { TimeText } from '../pages/time-text.tsx';
import { countText, liveModeTexts, plural } from './preview-text.ts';
import { ProvenNow } from './proven-now.tsx';
import { hostText, millisecondsOf, standingOf, type Tally, tallyOf } from './provision-progress.ts';
import { RolledBack } from './rolled-back.tsx';
import { WaveList } from './wave-list.tsx';

export function ProvisionPage() {
  const { version } = useParams({ from: '/inside/provisions/$version' });
  const query = useQuery(provisionQuery(Number(version)));
  return (
    <PageFrame
      title={`Provisioning of version ${version}`}
      about="First everything that will be allowed is allowed everywhere; only then is anything taken away, wave by wave."
      actions={
        <>
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/versions/$number" params={{ number: version }} {...props} />}
          >
            The version
          </Button>
          <Button renderRoot={(props) => <Link to="/map" {...props} />}>See it on the map</Button>
        </>
      }
    >
      <Loaded query={query}>{(provision) => <Followed provision={provision} />}</Loaded>
    </PageFrame>
  );
}

function Followed({ provision }: { readonly provision: Provision }) {
  const tally = tallyOf(provision);
  const running = provision.state === 'running';
  const shown = [...provision.hosts].sort((a, b) => rank(a, running) - rank(b, running));
  return (
    <Stack>
      <Standing provision={provision} tally={tally} />
      {provision.waves?.rolledBack && <RolledBack rollBack={provision.waves.rolledBack} />}
      <WaveList waves={provision.waves?.waves ?? []} />
      {shown.length === 0 && !running ? (
        <Empty title="No host had to change">Every host held already what this version says.</Empty>
      ) : (
        <RowTable label="Hosts" rows={shown} columns={columnsOf(provision)} rowKey={({ workload }) => workload} />
      )}
    </Stack>
  );
}

const order: readonly (keyof Tally)[] = ['failed', 'open', 'away', 'applied'];
const rank = (host: HostProgress, running: boolean): number => order.indexOf(standingOf(host, running));

const titles = {
  running: { title: 'Under way', color: 'blue' },
  done: { title: 'Done', color: 'teal' },
  incomplete: { title: 'Not complete', color: 'red' },
  'rolled-back': { title: 'Rolled back', color: 'red' },
} as const;

const waiting = { title: 'Done, but for hosts that are away', color: 'orange' };

function Standing({ provision, tally }: { readonly provision: Provision; readonly tally: Tally }) {
  const { title, color } = tally.away > 0 && provision.state === 'done' ? waiting : titles[provision.state];
  const share = (count: number) => (tally.all === 0 ? 0 : (100 * count) / tally.all);
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between" role="status">
          <Group gap="xs">
            <Badge size="lg" color={color}>
              {title}
            </Badge>
            <Text>
              {countText(tally.applied)} of {plural(tally.all, 'host')} applied{restText(tally)}
            </Text>
          </Group>
          <Text size="sm" c="dimmed">
            began <TimeText at={provision.startedAt} />
            {tookText(provision)}
          </Text>
        </Group>
        <Progress.Root size="lg">
          <Progress.Section
            value={tally.all === 0 && provision.state === 'done' ? 100 : share(tally.applied)}
            color="teal"
            aria-label="applied"
          />
          <Progress.Section value={share(tally.failed)} color="red" aria-label="failed" />
          <Progress.Section value={share(tally.away)} color="orange" aria-label="away" />
        </Progress.Root>
        {provision.connections !== null && provision.connections !== defaultLiveMode && (
          <Text size="sm">Live connections that it denies {liveModeTexts[provision.connections]}.</Text>
        )}
        {provision.state === 'incomplete' && <Unfinished tally={tally} />}
        {tally.away > 0 && (
          <Text size="sm" c="dimmed">
            Hosts that are away go on with what they have, and get this version when they come back.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

function restText({ failed, away, open }: Tally): string {
  const parts = [
    ...(open > 0 ? [`${countText(open)} to go`] : []),
    ...(failed > 0 ? [`${countText(failed)} failed`] : []),
    ...(away > 0 ? [`${countText(away)} away`] : []),
  ];
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

function tookText({ startedAt, finishedAt }: Provision): string {
  return finishedAt === null ? '' : `, took ${countText(Date.parse(finishedAt) - Date.parse(startedAt))} ms`;
}

function Unfinished({ tally }: { readonly tally: Tally }) {
  return (
    <Alert color="red" role="alert" title={`${plural(tally.failed, 'host')} did not take it`}>
      They hold the ruleset they had, or the widened one, and are tried again. Doctor on the host says why; an earlier
      version can be{' '}
      <Anchor size="sm" renderRoot={(props) => <Link to="/versions" {...props} />}>
        restored
      </Anchor>
      .
    </Alert>
  );
}

const standingColors = { applied: 'teal', failed: 'red', away: 'orange', open: 'blue' } as const;

const columnsOf = (provision: Provision): readonly Column<HostProgress>[] => [
  {
    title: 'Host',
    width: '22%',
    cell: ({ workload }) => (
      <Text size="sm" fw={600} truncate title={workload}>
        <span className="name">{workload}</span>
      </Text>
    ),
  },
  {
    title: 'State',
    width: '20%',
    cell: (host) => (
      <Badge variant="light" color={colorOf(host, provision)} tt="none">
        {hostText(host)}
      </Badge>
    ),
  },
  { title: 'Wave', width: '8%', cell: ({ wave }) => wave ?? '' },
  { title: 'Generation', width: '10%', cell: ({ generation }) => generation ?? 'none' },
  { title: 'After', width: '12%', cell: (host) => `${countText(millisecondsOf(host, provision))} ms` },
  { title: 'Now', width: '14%', cell: ({ workload }) => <ProvenNow name={workload} /> },
  {
    title: 'Problem',
    width: '14%',
    cell: ({ problem }) => (
      <Text size="sm" lineClamp={2} title={problem ?? ''}>
        <span className="name">{problem}</span>
      </Text>
    ),
  },
];

function colorOf(host: HostProgress, { state }: Provision): string {
  const standing = standingOf(host, state === 'running');
  return standing === 'all' ? 'gray' : standingColors[standing];
}
