import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { auditQuery } from '../api/queries.ts';
import type { AuditEntry } from '../api/types.ts';
import { useWhyNot } from '../app/use-rights.ts';
import { Empty, Loaded, PageFrame } from './page-frame.tsx';
import { type Column, RowTable } from './row-table.tsx';
import { TimeText } from './time-text.tsx';

export function AuditPage() {
  const whyNot = useWhyNot('administer');
  return (
    <PageFrame title="Audit" about="Who did what, newest first. Entries are chained: one that was changed is noticed.">
      {whyNot === null ? <Log /> : <Empty title="For administrators">{whyNot}</Empty>}
    </PageFrame>
  );
}

function Log() {
  return (
    <Loaded query={useQuery({ ...auditQuery, staleTime: 0 })}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing happened yet">Every change and every refusal is written down here.</Empty>
        ) : (
          <RowTable label="Audit log" rows={items} columns={columns} rowKey={({ number }) => number} />
        )
      }
    </Loaded>
  );
}

const columns: readonly Column<AuditEntry>[] = [
  { title: 'Number', width: '8%', cell: ({ number }) => number },
  { title: 'When', width: '14%', cell: ({ at }) => <TimeText at={at} /> },
  { title: 'Who', width: '16%', cell: ({ actor }) => <span className="name">{actor}</span> },
  { title: 'What', width: '16%', cell: ({ action }) => action },
  { title: 'On', width: '16%', cell: ({ subject }) => <span className="name">{subject}</span> },
  {
    title: 'Detail',
    width: '30%',
    cell: ({ detail }) => (
      <Text size="xs" ff="monospace" lineClamp={2} title={JSON.stringify(detail)}>
        {JSON.stringify(detail)}
      </Text>
    ),
  },
];
