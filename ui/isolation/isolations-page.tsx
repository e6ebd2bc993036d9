import { Anchor, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty, Loaded, PageFrame } from '../pages/page-frame.tsx';
import { type Column, RowTable } from '../pages/row-table.tsx';
import { TimeText } from '../pages/time-text.tsx';
import { isolationsQuery } from './isolation-queries.ts';
import type { IsolationSummary } from './isolation-types.ts';
import { subjectText } from './isolation-words.ts';
import { ReleaseButton } from './release-button.tsx';

export function IsolationsPage() {
  return (
    <PageFrame
      title="Isolations"
      about="Workloads that are closed at both ends whatever the policy says, but for the lifeline and rescue access."
    >
      <Loaded query={useQuery(isolationsQuery)}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing is isolated">
              A workload is isolated from its page, from the map when it has the focus, or with bulkhead isolate.
            </Empty>
          ) : (
            <RowTable label="Isolations" rows={items} columns={columns} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
    </PageFrame>
  );
}

const columns: readonly Column<IsolationSummary>[] = [
  {
    title: 'Workloads',
    width: '30%',
    cell: (isolation) => (
      <Anchor size="sm" component={Link} to={`/isolations/${isolation.id}`}>
        <span className="name">{subjectText(isolation)}</span>
      </Anchor>
    ),
  },
  { title: 'Reason', width: '26%', cell: ({ reason }) => <span className="name">{reason || 'none was given'}</span> },
  {
    title: 'Since',
    width: '18%',
    cell: ({ created, createdBy }) => (
      <Group gap={4} wrap="nowrap">
        <TimeText at={created} /> by <span className="name">{createdBy}</span>
      </Group>
    ),
  },
  {
    title: 'Ends',
    width: '12%',
    cell: ({ expires }) => (expires === null ? 'when released' : <TimeText at={expires} />),
  },
  { title: 'Release', width: '14%', cell: (isolation) => <ReleaseButton isolation={isolation} /> },
];
