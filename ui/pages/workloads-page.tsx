import { Badge, Group, Text, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { hostsQuery, workloadsQuery } from '../api/queries.ts';
import type { Host, Workload } from '../api/types.ts';
import { LabelBadges } from './label-badges.tsx';
import { NoWorkload } from './no-workload.tsx';
import { Empty, Loaded, PageFrame } from './page-frame.tsx';
import { ProofBadge } from './proof-badge.tsx';
import { type Column, RowTable } from './row-table.tsx';
import { WorkloadLink } from './workload-link.tsx';

/** A workload with what its host says, null: no agent is on it. */
type Row = { readonly workload: Workload; readonly host: Host | null };

export function WorkloadsPage() {
  const workloads = useQuery(workloadsQuery);
  const hosts = useQuery(hostsQuery).data;
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, 150);
  const byName = useMemo(() => new Map(hosts?.items.map((host) => [host.name, host])), [hosts]);
  return (
    <PageFrame
      title="Workloads"
      about="What takes part, its labels, and what its host enforces: intended, applied and proven by reading the kernel back."
      actions={
        <TextInput
          aria-label="Find workloads by name, label or address"
          placeholder="web, env=production, 10.1.2.3"
          leftSection={<IconSearch size={16} />}
          value={text}
          onChange={(event) => setText(event.target.value)}
          w={300}
        />
      }
    >
      <Loaded query={workloads}>
        {({ items, complete }) => <Rows workloads={items} complete={complete} byName={byName} search={search} />}
      </Loaded>
    </PageFrame>
  );
}

type RowsProps = {
  readonly workloads: readonly Workload[];
  readonly complete: boolean;
  readonly byName: ReadonlyMap<string, Host>;
  readonly search: string;
};

function Rows({ workloads, complete, byName, search }: RowsProps) {
  const found = workloads.filter((workload) => isFound(workload, search));
  if (workloads.length === 0) return <NoWorkload />;
  if (found.length === 0) return <Empty title="None is found">No name, label or address has these words.</Empty>;
  const rows = found.map((workload): Row => ({ workload, host: byName.get(workload.name) ?? null }));
  return (
    <>
      <Text size="sm" c="dimmed" role="status">
        {found.length} of {workloads.length} workloads{complete ? '' : '; there are more than are shown here'}
      </Text>
      <RowTable label="Workloads" rows={rows} columns={columns} rowKey={({ workload }) => workload.name} />
    </>
  );
}

/** Every word must be in the name, a label or an address. */
function isFound({ name, labels, addresses }: Workload, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const own = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const all = [name, ...own, ...addresses.map(({ address }) => address)].join(' ').toLowerCase();
  return words.every((word) => all.includes(word));
}

const columns: readonly Column<Row>[] = [
  {
    title: 'Name',
    width: '18%',
    cell: ({ workload }) => <WorkloadLink name={workload.name} />,
  },
  { title: 'Labels', width: '34%', cell: ({ workload }) => <LabelBadges labels={workload.labels} /> },
  {
    title: 'Addresses',
    width: '20%',
    cell: ({ workload }) => (
      <Text size="xs" ff="monospace" lineClamp={2}>
        {workload.addresses.map(({ address }) => address).join(' ')}
      </Text>
    ),
  },
  { title: 'Mode', width: '10%', cell: ({ workload, host }) => <ModeText kind={workload.kind} host={host} /> },
  { title: 'Enforced', width: '18%', cell: ({ host }) => <Enforced host={host} /> },
];

function ModeText({ kind, host }: { readonly kind: Workload['kind']; readonly host: Host | null }) {
  if (host === null) return <Text size="sm">{kind}</Text>;
  const { inbound, outbound } = host.mode;
  return <Text size="sm">{inbound === outbound ? inbound : `${inbound} in, ${outbound} out`}</Text>;
}

function Enforced({ host }: { readonly host: Host | null }) {
  if (host === null) return null;
  return (
    <Group gap={4}>
      <ProofBadge proof={host.proof} />
      {!host.connected && <Badge color="orange">away</Badge>}
      {host.problems.length > 0 && (
        <Tooltip label={host.problems.join('; ')} multiline maw={400}>
          <Badge color="red">{host.problems.length} problems</Badge>
        </Tooltip>
      )}
      {(host.lost ?? 0) > 0 && <Badge color="orange">{host.lost} lost</Badge>}
    </Group>
  );
}
