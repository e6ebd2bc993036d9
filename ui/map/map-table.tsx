import { Badge } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, useMemo, useRef } from 'react';
import type { Scene, SceneEdge } from '../scene/scene.ts';
import { isQuiet, silenceText } from '../scene/silence.ts';
import { worstFirst } from '../scene/tally.ts';
import { type MapTheme, stateWords } from './map-theme.ts';
import { fullName, tallyText } from './map-words.ts';

export type MapTableProps = {
  readonly scene: Scene;
  readonly theme: MapTheme;
  /** Key of a card or workload: only its edges are listed. */
  readonly focus: string | null;
  /** Key of the selected edge. */
  readonly selected: string | null;
  readonly onSelectEdge: (key: string | null) => void;
};

const rowHeight = 40;
const columns = [
  { name: 'From', width: '20%' },
  { name: 'To', width: '20%' },
  { name: 'Ports', width: '13%' },
  { name: 'Connections', width: '14%' },
  { name: 'Traffic', width: '11%' },
  { name: 'Decision', width: '22%' },
] as const;

/** The edges of the map as rows, what is not allowed first. Only rows in sight are in the document. */
export function MapTable({ scene, theme, focus, selected, onSelectEdge }: MapTableProps) {
  const edges = useMemo(() => rowsOf(scene, focus), [scene, focus]);
  const viewport = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: edges.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const select = (index: number): void => {
    const edge = edges[index];
    if (edge === undefined) return;
    rows.scrollToIndex(index);
    onSelectEdge(edge.key);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = edges.findIndex((edge) => edge.key === selected);
    const next = nextRow(event.key, at, edges.length);
    if (next === null) return;
    event.preventDefault();
    select(next);
  };
  const shown = rows.getVirtualItems();
  const end = shown.at(-1)?.end ?? 0;
  return (
    <section
      ref={viewport}
      aria-label="Edges"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      onKeyDown={onKeyDown}
      style={{ height: '100%', overflow: 'auto' }}
    >
      <table aria-rowcount={edges.length + 1} style={table}>
        <caption style={{ captionSide: 'bottom', padding: 12, color: theme.faintText }}>
          {caption(scene, edges)}
        </caption>
        <Head theme={theme} />
        <tbody>
          <Spacer height={shown[0]?.start ?? 0} />
          {shown.map(({ index }) => {
            const edge = edges[index];
            if (edge === undefined) return null;
            const isSelected = edge.key === selected;
            return <EdgeRow key={edge.key} {...{ edge, index, theme, isSelected }} onSelect={() => select(index)} />;
          })}
          <Spacer height={rows.getTotalSize() - end} />
        </tbody>
      </table>
    </section>
  );
}

const table: CSSProperties = {
  width: '100%',
  // What is left of a laptop's window beside the details.
  minWidth: 740,
  tableLayout: 'fixed',
  borderCollapse: 'collapse',
  fontSize: 14,
};
const cell: CSSProperties = {
  height: rowHeight,
  padding: '0 12px',
  textAlign: 'left',
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
};
const number: CSSProperties = { ...cell, textAlign: 'right', fontVariantNumeric: 'tabular-nums' };

/** Stands for the rows out of sight. */
function Spacer({ height }: { readonly height: number }) {
  return height <= 0 ? null : <tr style={{ height }} />;
}

function rowsOf({ edges }: Scene, focus: string | null): SceneEdge[] {
  const listed = edges.filter(
    (edge) => focus === null || [edge.from, edge.to, edge.fromCard, edge.toCard].includes(focus),
  );
  const order = (edge: SceneEdge): number => worstFirst.indexOf(edge.state);
  return listed.sort((a, b) => order(a) - order(b) || b.connections - a.connections);
}

function nextRow(pressed: string, at: number, count: number): number | null {
  if (count === 0) return null;
  const moves: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 };
  const target = Object.hasOwn(moves, pressed) ? moves[pressed] : undefined;
  return target === undefined ? null : Math.max(0, Math.min(count - 1, target));
}

function caption({ omitted }: Scene, edges: readonly SceneEdge[]): string {
  const left = omitted.edges === 0 ? '' : `; ${omitted.edges} more have no room`;
  return `${edges.length} edges${left}`;
}

function Head({ theme }: { readonly theme: MapTheme }) {
  const look = { background: theme.panel, color: theme.faintText, fontWeight: 600, fontSize: 12 };
  const stuck: CSSProperties = { position: 'sticky', top: 0, boxShadow: `inset 0 -1px ${theme.panelBorder}` };
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map(({ name, width }) => (
          <th key={name} scope="col" style={{ ...(name === 'Connections' ? number : cell), ...look, ...stuck, width }}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

type EdgeRowProps = {
  readonly edge: SceneEdge;
  readonly index: number;
  readonly theme: MapTheme;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
};

function EdgeRow({ edge, index, theme, isSelected, onSelect }: EdgeRowProps) {
  const look: CSSProperties = {
    borderBottom: `1px solid ${theme.panelBorder}`,
    background: isSelected ? theme.dot : undefined,
    boxShadow: isSelected ? `inset 3px 0 ${theme.focus}` : undefined,
    cursor: 'pointer',
  };
  return (
    <tr aria-rowindex={index + 2} aria-current={isSelected ? true : undefined} onClick={onSelect} style={look}>
      {[fullName(edge, 'from'), fullName(edge, 'to'), edge.ports].map((text, column) => (
        <td key={columns[column]?.name} style={cell} title={text}>
          {text}
        </td>
      ))}
      <td style={number}>{edge.connections.toLocaleString('en')}</td>
      <td style={{ ...cell, color: isQuiet(edge) ? theme.faintText : undefined }}>{silenceText(edge)}</td>
      <td style={cell} title={tallyText(edge.tally)}>
        <Badge variant="dot" color={theme.states[edge.state]} tt="none" fw={500}>
          {stateWords[edge.state]}
        </Badge>
      </td>
    </tr>
  );
}
