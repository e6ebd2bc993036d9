import { Badge, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, useMemo, useRef } from 'react';
import type { Scene, SceneEdge } from '../scene/scene.ts';
import { worstFirst } from '../scene/tally.ts';
import { type MapTheme, stateWords } from './map-theme.ts';
import { tallyText } from './map-words.ts';

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
const columns = ['From', 'To', 'Ports', 'Connections', 'Decision'] as const;
const grid: CSSProperties = {
  display: 'grid',
  gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 3fr) minmax(0, 3fr) minmax(90px, 1fr) minmax(150px, 1.4fr)',
  alignItems: 'center',
  height: rowHeight,
  padding: '0 12px',
  columnGap: 12,
};

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
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual list of rows cannot be laid out as a table element
    <div role="table" aria-label={caption(scene, edges)} aria-rowcount={edges.length + 1} style={frame}>
      <HeadRow theme={theme} />
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div ref={viewport} role="rowgroup" tabIndex={0} onKeyDown={onKeyDown} style={{ flex: 1, overflow: 'auto' }}>
        <div style={{ position: 'relative', height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const edge = edges[index];
            if (edge === undefined) return null;
            const isSelected = edge.key === selected;
            return (
              <EdgeRow key={edge.key} {...{ edge, index, start, theme, isSelected }} onSelect={() => select(index)} />
            );
          })}
        </div>
      </div>
      {edges.length === 0 && (
        <Text c="dimmed" size="sm" p="md">
          No edges to show.
        </Text>
      )}
    </div>
  );
}

const frame: CSSProperties = { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 };

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

function HeadRow({ theme }: { readonly theme: MapTheme }) {
  const border = `1px solid ${theme.panelBorder}`;
  return (
    <div role="rowgroup" style={{ borderBottom: border, scrollbarGutter: 'stable', overflow: 'hidden', flexShrink: 0 }}>
      <div role="row" aria-rowindex={1} tabIndex={-1} style={grid}>
        {columns.map((column) => (
          <Text
            key={column}
            role="columnheader"
            size="xs"
            fw={600}
            c="dimmed"
            ta={column === 'Connections' ? 'right' : 'left'}
          >
            {column}
          </Text>
        ))}
      </div>
    </div>
  );
}

type EdgeRowProps = {
  readonly edge: SceneEdge;
  readonly index: number;
  readonly start: number;
  readonly theme: MapTheme;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
};

function EdgeRow({ edge, index, start, theme, isSelected, onSelect }: EdgeRowProps) {
  const place: CSSProperties = { position: 'absolute', left: 0, right: 0, top: start, cursor: 'pointer' };
  const look: CSSProperties = {
    borderBottom: `1px solid ${theme.panelBorder}`,
    background: isSelected ? theme.dot : undefined,
    boxShadow: isSelected ? `inset 3px 0 ${theme.focus}` : undefined,
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the group of rows takes the keys
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      tabIndex={-1}
      onClick={onSelect}
      style={{ ...grid, ...place, ...look }}
    >
      <Cell text={edge.fromName} />
      <Cell text={edge.toName} />
      <Cell text={edge.ports} />
      <Text role="cell" size="sm" ta="right">
        {edge.connections.toLocaleString('en')}
      </Text>
      <div role="cell">
        <Badge variant="outline" color={theme.states[edge.state]} title={tallyText(edge.tally)} tt="none" fw={500}>
          {stateWords[edge.state]}
        </Badge>
      </div>
    </div>
  );
}

function Cell({ text }: { readonly text: string }) {
  return (
    <Text role="cell" size="sm" truncate="end" title={text}>
      {text}
    </Text>
  );
}
