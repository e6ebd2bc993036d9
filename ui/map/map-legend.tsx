import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { ReactNode } from 'react';
import { foldedText, type Judged, judgedText, legendLines, quietText } from './legend-words.ts';
import classes from './map-legend.module.css';
import { type MapTheme, stateDashes, stateWords } from './map-theme.ts';

type Props = {
  readonly theme: MapTheme;
  readonly judged: Judged;
  /** Lines that the map draws on focus only; null where all are listed. */
  readonly folded: number;
};

/** Below the map, so that it covers nothing: what colours and dashes say, and who judged. */
export function MapLegend({ theme, judged, folded }: Props) {
  const notDrawn = foldedText(folded);
  return (
    <section
      className={classes.legend}
      aria-label="Legend"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      style={{ color: theme.faintText, background: theme.panel, borderColor: theme.panelBorder }}
    >
      <strong style={{ color: theme.text }}>
        <span className="name">{judgedText(judged)}</span>
      </strong>
      <ul className={classes.list}>
        {legendLines(judged).map(({ state, means }) => (
          <Item key={state} title={means} sample={<Sample theme={theme} state={state} />}>
            {stateWords[state]}
          </Item>
        ))}
        <Item title="Kept for an hour" sample={<Sample theme={theme} state="allowed" isFaint />}>
          {quietText}
        </Item>
        <Item sample={<Mark theme={theme} isFilled />}>managed, coloured as its worst edge</Item>
        <Item sample={<Mark theme={theme} isFilled={false} />}>no agent</Item>
        {notDrawn !== '' && <li>{notDrawn}</li>}
      </ul>
    </section>
  );
}

type ItemProps = { readonly title?: string; readonly sample: ReactNode; readonly children: string };

function Item({ title, sample, children }: ItemProps) {
  return (
    <li title={title}>
      {sample}
      {children}
    </li>
  );
}

type SampleProps = { readonly theme: MapTheme; readonly state: DecisionState; readonly isFaint?: boolean };

function Sample({ theme, state, isFaint = false }: SampleProps) {
  return (
    <svg width={26} height={8} aria-hidden="true">
      <line
        x1={0}
        x2={26}
        y1={4}
        y2={4}
        stroke={theme.states[state]}
        strokeWidth={2}
        strokeDasharray={stateDashes[state].join(' ')}
        opacity={isFaint ? 0.35 : 1}
      />
    </svg>
  );
}

function Mark({ theme, isFilled }: { readonly theme: MapTheme; readonly isFilled: boolean }) {
  const colour = theme.states.unknown;
  return (
    <svg width={10} height={10} aria-hidden="true">
      <circle cx={5} cy={5} r={3.5} fill={isFilled ? colour : 'none'} stroke={colour} strokeWidth={1.5} />
    </svg>
  );
}
