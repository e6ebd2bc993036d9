import { Anchor, Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
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
        <Anchor
          fw={600}
          renderRoot={(props) => <Link to="/versions/$number" params={{ number: String(number) }} {...props} />}
        >
          {number}
        </Anchor>{' '}
        {current && <Badge ml="xs">in force</Badge>}
      </>
    ),
  },
  { title: 'Made', width: '16%', cell: ({ created }) => <TimeText at={created} /> },
  {
    title: 'By',
    width: '14%',
    cell: ({ createdBy }) => (
      <Text size="sm" truncate title={createdBy}>
        <span className="name">{createdBy}</span>
      </Text>
    ),
  },
  {
    title: 'Note',
    width: '34%',
    cell: ({ note }) => (
      <Text size="sm" lineClamp={2} title={note}>
        <span className="name">{note}</span>
      </Text>
    ),
  },
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
