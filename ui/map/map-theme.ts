import type { DecisionState } from '@bulkhead/flows/decision-state.ts';

export type MapTheme = {
  readonly kind: 'light' | 'dark';
  readonly background: string;
  readonly panel: string;
  readonly panelBorder: string;
  readonly card: string;
  readonly cardBorder: string;
  readonly dot: string;
  readonly text: string;
  readonly faintText: string;
  readonly focus: string;
  readonly states: Readonly<Record<DecisionState, string>>;
  readonly font: string;
};

const font = '"Inter Variable", Inter, system-ui, "Liberation Sans", sans-serif';

/** Every state stands out from panel and card by at least 3:1, text by 4.5:1 (WCAG 2.2). */
export const lightMap: MapTheme = {
  kind: 'light',
  background: '#eef1f6',
  panel: '#fbfcfe',
  panelBorder: '#d5dce7',
  card: '#ffffff',
  cardBorder: '#c3ccda',
  dot: '#f5f7fb',
  text: '#16202f',
  faintText: '#566377',
  focus: '#2455d6',
  states: { allowed: '#12875c', 'would-be-denied': '#b45f06', denied: '#cc2436', mixed: '#8a3fb8', unknown: '#66728a' },
  font,
};

export const darkMap: MapTheme = {
  kind: 'dark',
  background: '#0a0e15',
  panel: '#10161f',
  panelBorder: '#212b3a',
  card: '#182130',
  cardBorder: '#34435a',
  dot: '#1f2a3b',
  text: '#e8edf6',
  faintText: '#93a1b8',
  focus: '#7ea6ff',
  states: { allowed: '#35b98a', 'would-be-denied': '#f0a93b', denied: '#ff5f68', mixed: '#c58cf0', unknown: '#8896ad' },
  font,
};

/** Screen pixels: what is shown by colour is shown by dashes too. */
export const stateDashes: Readonly<Record<DecisionState, readonly number[]>> = {
  allowed: [],
  'would-be-denied': [9, 4],
  denied: [4, 3],
  mixed: [9, 3, 3, 3],
  unknown: [1, 3],
};

export const stateWords: Readonly<Record<DecisionState, string>> = {
  allowed: 'allowed',
  'would-be-denied': 'would be denied',
  denied: 'denied',
  mixed: 'mixed',
  unknown: 'not judged',
};
