import { Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { versionsQuery } from '../api/queries.ts';
import type { VersionSummary } from '../api/types.ts';
import { Empty, Loaded, PageFrame } from './page-frame.tsx';
import { type Column, RowTable } from './row-table.tsx';
import { TimeText } from './time-text.tsx';

export function VersionsPage() {
  return (
    <PageFrame title="Versions" about="Every policy that was provisioned, newest first. None of them ever changes.">
      <Loaded query={useQuery(versionsQuery)}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No version yet">Provision a draft to make one.</Empty>
          ) : (
            <RowTable label="Versions" rows={items} columns={columns} rowKey={({ number }) => number} />
          )
        }
      </Loaded>
    </PageFrame>
  );
}

const columns: readonly Column<VersionSummary>[] = [
  {
    title: 'Version',
    width: '12%',
    cell: ({ number, current }) => (
      <>
        {number} {current && <Badge ml="xs">in force</Badge>}
      </>
    ),
  },
  { title: 'Made', width: '16%', cell: ({ created }) => <TimeText at={created} /> },
  { title: 'By', width: '14%', cell: ({ createdBy }) => <span className="name">{createdBy}</span> },
  { title: 'Note', width: '34%', cell: ({ note }) => <span className="name">{note}</span> },
  {
    title: 'Files',
    width: '24%',
    cell: ({ paths }) => (
      <Text size="xs" ff="monospace" truncate title={paths.join('\n')}>
        {paths.join(', ')}
      </Text>
    ),
  },
];
