import { Table } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';

export type Column<T> = { readonly title: string; readonly width: string; readonly cell: (row: T) => ReactNode };

type Props<T> = {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly rowKey: (row: T) => string | number;
};

const rowHeight = 46;

/** A table of any number of rows, of which only those in sight are in the page; readers are told the whole number. */
export function RowTable<T>({ label, rows, columns, rowKey }: Props<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <section
      ref={frame}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={label}
      style={{ overflow: 'auto', maxHeight: 'calc(100dvh - 220px)' }}
    >
      <Table stickyHeader highlightOnHover aria-label={label} aria-rowcount={rows.length + 1} layout="fixed" miw={720}>
        <Table.Thead>
          <Table.Tr aria-rowindex={1}>
            {columns.map(({ title, width }) => (
              <Table.Th key={title} w={width} scope="col">
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Spacer height={above} columns={columns.length} />
          {items.map(({ index }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <Table.Tr key={rowKey(row)} aria-rowindex={index + 2} ref={virtual.measureElement} data-index={index}>
                {columns.map(({ title, cell }) => (
                  <Table.Td key={title}>{cell(row)}</Table.Td>
                ))}
              </Table.Tr>
            );
          })}
          <Spacer height={below} columns={columns.length} />
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Spacer({ height, columns }: { readonly height: number; readonly columns: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={columns} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}
