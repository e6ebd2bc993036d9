import type { Change, Rectangle } from '@bulkhead/policy/diff.ts';
import { Text } from '@mantine/core';
import { Empty } from '../pages/page-frame.tsx';
import { type Column, RowTable } from '../pages/row-table.tsx';
import { countText, plural } from './preview-text.ts';

type Row = Pick<Rectangle, 'from' | 'to' | 'services' | 'example'> & { readonly key: string; readonly size: string };

type Props = { readonly change: Change; readonly verb: 'opens' | 'closes'; readonly text: string };

/** What opens or closes: all connections between two groups of ends, on some services. */
export function ChangeTable({ change, verb, text }: Props) {
  const rows = rowsOf(change);
  if (rows.length === 0) return <Empty title={`Nothing ${verb}`}>No connection gets another verdict this way.</Empty>;
  return (
    <>
      <Text size="sm" c="dimmed" mb={4}>
        {text}; a cell is one source, one destination and one port
      </Text>
      <RowTable label={`What ${verb}`} rows={rows} columns={columns} rowKey={({ key }) => key} />
    </>
  );
}

function rowsOf({ rectangles, addressRectangles, nameRectangles = [], partly }: Change): readonly Row[] {
  const inside = rectangles.map((one, index) => ({ ...one, key: `w${index}`, size: plural(one.cells, 'cell') }));
  const outside = addressRectangles.map(({ workloads, addresses, ...one }, index) => ({
    ...one,
    key: `a${index}`,
    size: `${plural(workloads, 'workload')}, ${addressesText(addresses)}`,
  }));
  const named = nameRectangles.map(({ workloads, ...one }, index) => ({
    ...one,
    key: `n${index}`,
    size: `${plural(workloads, 'workload')}, by name`,
  }));
  // One of them stands for all: cells say nothing of single addresses.
  const { from, to, service } = partly?.example ?? { from: '', to: '', service: '' };
  const size = `some addresses of ${plural(partly?.pairs ?? 0, 'pair')} of ends`;
  const some =
    partly === undefined ? [] : [{ from, to, services: [service], example: partly.example, key: 'some', size }];
  return [...inside, ...outside, ...named, ...some];
}

/** A decimal number that may be beyond what a number holds exactly. */
function addressesText(count: string): string {
  if (count === '1') return '1 address';
  return count.length > 12 ? `about 10^${count.length - 1} addresses` : `${countText(Number(count))} addresses`;
}

const columns: readonly Column<Row>[] = [
  { title: 'From', width: '26%', cell: ({ from }) => <EndName text={from} /> },
  { title: 'To', width: '26%', cell: ({ to }) => <EndName text={to} /> },
  {
    title: 'Services',
    width: '18%',
    cell: ({ services }) => (
      <Text size="xs" ff="monospace" lineClamp={2} title={services.slice(0, 50).join(' ')}>
        {services.slice(0, 50).join(' ')}
      </Text>
    ),
  },
  { title: 'Size', width: '12%', cell: ({ size }) => <Text size="sm">{size}</Text> },
  {
    title: 'For example',
    width: '18%',
    cell: ({ example: { from, to, service } }) => (
      <Text size="xs" c="dimmed" lineClamp={2} title={`${from} -> ${to} ${service}`}>
        <span className="name">{from}</span> → <span className="name">{to}</span> {service}
      </Text>
    ),
  },
];

function EndName({ text }: { readonly text: string }) {
  return (
    <Text size="sm" lineClamp={2} title={text}>
      <span className="name">{text}</span>
    </Text>
  );
}
