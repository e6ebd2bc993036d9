import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import { Alert, Anchor, Code, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { edgesQuery, hostQuery, workloadQuery } from '../api/queries.ts';
import type { HostDetail, Listener, Workload } from '../api/types.ts';
import { StateBadge } from '../details/state-badge.tsx';
import { IsolateButton } from '../isolation/isolate-button.tsx';
import { sizeText } from '../policy/preview-text.ts';
import { FirstRules } from './first-rules.tsx';
import { LabelBadges } from './label-badges.tsx';
import { LearnedNames } from './learned-names.tsx';
import { Empty, Loaded, PageFrame } from './page-frame.tsx';
import { ProofTiles } from './proof-tiles.tsx';
import { type Column, RowTable } from './row-table.tsx';
import { Tile } from './tile.tsx';
import { TimeText } from './time-text.tsx';
import { WorkloadLink } from './workload-link.tsx';

export function WorkloadPage() {
  const { name } = useParams({ from: '/inside/workloads/$name' });
  const workload = useQuery(workloadQuery(name));
  return (
    <PageFrame
      title={name}
      about={
        <Anchor component={Link} to="/workloads" size="sm">
          All workloads
        </Anchor>
      }
      actions={<IsolateButton target={{ workloads: [name] }} />}
    >
      <Loaded query={workload}>{(found) => <Facts workload={found} />}</Loaded>
      <Traffic name={name} />
    </PageFrame>
  );
}

function Facts({ workload }: { readonly workload: Workload }) {
  return (
    <Stack>
      <LabelBadges labels={workload.labels} />
      <Text size="sm" ff="monospace">
        {workload.addresses.map(({ address }) => address).join('  ')}
      </Text>
      <Kernel workload={workload} />
      {workload.managed || workload.host !== null ? (
        <HostFacts name={workload.name} />
      ) : (
        <Text size="sm">{unenforced[workload.kind]}</Text>
      )}
    </Stack>
  );
}

/** Who shares a kernel with it: its host, or its guests. */
function Kernel({ workload: { host, guests } }: { readonly workload: Workload }) {
  if (host !== null)
    return (
      <Text size="sm">
        A guest of <WorkloadLink name={host} />, whose agent enforces for it.
      </Text>
    );
  if (guests.length === 0) return null;
  return (
    <Group gap="xs">
      <Text size="sm">Enforces for its guests</Text>
      {guests.slice(0, shownGuests).map((name) => (
        <WorkloadLink key={name} name={name} />
      ))}
      {guests.length > shownGuests && <Text size="sm">and {guests.length - shownGuests} more</Text>}
    </Group>
  );
}

const shownGuests = 50;

const unenforced: Readonly<Record<Workload['kind'], string>> = {
  managed: '',
  guest: '',
  unmanaged: 'Unmanaged: no agent enforces here.',
  container: 'A container of a watched cluster: hosts know it as a peer, no agent enforces here.',
  node: 'A node of a watched cluster: no agent enforces here.',
};

function HostFacts({ name }: { readonly name: string }) {
  return <Loaded query={useQuery(hostQuery(name))}>{(host) => <HostTiles host={host} />}</Loaded>;
}

function HostTiles({ host }: { readonly host: HostDetail }) {
  const { mode, size, proof, connected, lastSeen, lost, counted, problems, gaps, inventory, capabilities } = host;
  return (
    <Stack>
      {problems.map((problem) => (
        <Alert key={problem} color="red" title="Problem on this host">
          {problem}
        </Alert>
      ))}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        <Tile title="Mode">
          {mode.inbound} in, {mode.outbound} out
        </Tile>
        <ProofTiles proof={proof} />
        {size !== null && <Tile title="Size">{sizeText(size)}</Tile>}
        <Tile title="Agent" note={capabilities === null ? undefined : `level: ${capabilities.level}`}>
          {connected ? 'connected' : 'away'}
          {!connected && lastSeen !== null && (
            <>
              , last seen <TimeText at={lastSeen} />
            </>
          )}
        </Tile>
        <Tile title="Records" note={gaps.length === 0 ? undefined : `${gaps.length} times out of reach`}>
          {lost ?? 'unknown'} lost of {counted?.toLocaleString('en') ?? 'unknown'}
        </Tile>
      </SimpleGrid>
      <FirstRules first={host.first} trial={host.trial} />
      {inventory !== null && <Listeners listeners={inventory.listeners} />}
      {host.names !== null && <LearnedNames names={host.names} />}
    </Stack>
  );
}

const shownListeners = 200;

function Listeners({ listeners }: { readonly listeners: readonly Listener[] }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        What listens
      </Title>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label="What listens"
        style={{ overflowX: 'auto' }}
      >
        <Table aria-label="What listens" fz="sm" miw={720}>
          <Table.Thead>
            <Table.Tr>
              {['Port', 'Address', 'Process', 'Unit', 'Package', 'User'].map((title) => (
                <Table.Th key={title} scope="col">
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {listeners
              .slice(0, shownListeners)
              .map(({ protocol, address, port, process, unit, package: from, user }) => (
                <Table.Tr key={`${protocol} ${address} ${port}`}>
                  <Table.Td>
                    <Code>
                      {protocol}/{port}
                    </Code>
                  </Table.Td>
                  {[address, process, unit, from, user].map((text, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the columns of one row, which never move
                    <Table.Td key={index}>
                      <span className="name">{text ?? 'unknown'}</span>
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </section>
    </Stack>
  );
}

function Traffic({ name }: { readonly name: string }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Traffic of the last hour
      </Title>
      <Loaded query={useQuery(edgesQuery)}>
        {({ byKey }) => {
          const own = [...byKey.values()].filter(({ from, to }) => isOwn(from, name) || isOwn(to, name));
          if (own.length === 0) return <Empty title="None">No connection from or to it was reported.</Empty>;
          return <RowTable label="Traffic" rows={own} columns={columns} rowKey={({ key }) => key} />;
        }}
      </Loaded>
    </Stack>
  );
}

const isOwn = (end: EdgeEnd, name: string): boolean => end.kind === 'workload' && end.name === name;

function EndLink({ end }: { readonly end: EdgeEnd }) {
  return end.kind === 'address' ? <Code>{end.address}</Code> : <WorkloadLink name={end.name} />;
}

const columns: readonly Column<Edge>[] = [
  { title: 'From', width: '22%', cell: ({ from }) => <EndLink end={from} /> },
  { title: 'To', width: '22%', cell: ({ to }) => <EndLink end={to} /> },
  { title: 'Service', width: '16%', cell: ({ serviceText }) => <Code>{serviceText}</Code> },
  { title: 'Connections', width: '14%', cell: ({ attempts }) => attempts.toLocaleString('en') },
  {
    title: 'Decision',
    width: '26%',
    cell: ({ latest }) => (
      <Group gap="xs">
        <StateBadge state={latest} />
      </Group>
    ),
  },
];
