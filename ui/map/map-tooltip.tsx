import type { CSSProperties, ReactNode } from 'react';
import { plural } from '../policy/preview-text.ts';
import type { Point } from '../scene/geometry.ts';
import { silenceText } from '../scene/silence.ts';
import { type Tally, worstFirst } from '../scene/tally.ts';
import { cardSubtitle } from './draw-parts.ts';
import { type MapTheme, stateWords } from './map-theme.ts';
import { fullName } from './map-words.ts';
import type { Picture } from './picture.ts';

export type MapTooltipProps = {
  readonly picture: Picture;
  readonly theme: MapTheme;
  /** Key of the card, workload or edge under the pointer. */
  readonly target: string;
  readonly at: Point;
};

/** Said by the live region and the table too, so it is hidden from screen readers. */
export function MapTooltip({ picture, theme, target, at }: MapTooltipProps) {
  const box: CSSProperties = {
    ...{ position: 'absolute', left: 0, top: 0, maxWidth: 320, padding: '8px 12px', borderRadius: 8 },
    ...{ pointerEvents: 'none', font: `12px/1.5 ${theme.font}`, color: theme.text, background: theme.card },
    ...{ border: `1px solid ${theme.cardBorder}`, boxShadow: '0 6px 24px rgb(0 0 0 / 22%)' },
    transform: `translate(${Math.round(at.x + 14)}px, ${Math.round(at.y + 16)}px)`,
  };
  return (
    <div style={box} aria-hidden="true">
      {content(picture, theme, target)}
    </div>
  );
}

function content({ cards, dots, edges }: Picture, theme: MapTheme, target: string): ReactNode {
  const edge = edges.get(target);
  if (edge !== undefined) {
    const lines = [
      edge.ports,
      silenceText(edge),
      `${plural(edge.connections, 'connection')} on ${plural(edge.size, 'edge')}`,
    ];
    return (
      <Lines
        theme={theme}
        title={`${fullName(edge, 'from')} → ${fullName(edge, 'to')}`}
        lines={lines}
        tally={edge.tally}
      />
    );
  }
  const card = cards.get(target);
  if (card !== undefined)
    return <Lines theme={theme} title={card.name} lines={[cardSubtitle(card)]} tally={card.tally} />;
  const dot = dots.get(target);
  if (dot === undefined) return null;
  const mode =
    dot.kind === 'workload' ? (dot.managed ? `managed${dot.mode === null ? '' : `, ${dot.mode}`}` : 'unmanaged') : '';
  const lines = [mode, dot.ports === '' ? '' : `serves ${dot.ports}`].filter((line) => line !== '');
  return <Lines theme={theme} title={dot.name} lines={lines} tally={dot.tally} />;
}

type LinesProps = {
  readonly theme: MapTheme;
  readonly title: string;
  readonly lines: readonly string[];
  readonly tally: Tally;
};

function Lines({ theme, title, lines, tally }: LinesProps) {
  const present = worstFirst.filter((state) => tally[state] > 0);
  return (
    <>
      <div style={{ fontWeight: 600, overflowWrap: 'anywhere' }}>{title}</div>
      {lines.map((line) => (
        <div key={line} style={{ color: theme.faintText }}>
          {line}
        </div>
      ))}
      {present.map((state) => (
        <div key={state} style={{ display: 'flex', alignItems: 'center', gap: 6 }}>
          <span style={{ width: 8, height: 8, borderRadius: 2, background: theme.states[state] }} />
          {tally[state].toLocaleString('en')} {stateWords[state]}
        </div>
      ))}
    </>
  );
}
