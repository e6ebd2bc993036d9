import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { quietAfter } from '../scene/silence.ts';

export type Judged = {
  readonly decision: 'intended' | 'effective';
  readonly draft: string | null;
  /** How much of what the draft judges is known; a number: so many edges that it changes are not among them. */
  readonly known?: 'pending' | 'failed' | number;
};

export type LegendLine = { readonly state: DecisionState; readonly means: string };

const meanings: Readonly<Record<DecisionState, string>> = {
  allowed: 'a rule allows it, or nothing denies it',
  'would-be-denied': 'passes now; is denied once its hosts enforce',
  denied: 'is stopped by a host',
  mixed: 'some connections pass, some are stopped',
  unknown: 'no host has judged it yet',
};

/** In the order of the filter; in effect there is nothing that only would be denied. */
export function legendLines({ decision }: Judged): readonly LegendLine[] {
  const states = Object.keys(meanings) as DecisionState[];
  const shown = states.filter((state) => decision === 'intended' || state !== 'would-be-denied');
  return shown.map((state) => ({ state, means: meanings[state] }));
}

/** By what the colours judge. */
export function judgedText({ decision, draft, known }: Judged): string {
  // An edge is judged when it connects: one that has not since a version came is as the one before judged it.
  if (draft === null) return `Last judged, ${decision === 'intended' ? 'as intended' : 'in effect'}`;
  const text = decision === 'intended' ? `What draft ${draft} intends` : `What is in effect under draft ${draft}`;
  return text + knownText(known);
}

/** Where the draft's verdict on an edge is not known, the one of the version in force is shown. */
function knownText(known: Judged['known']): string {
  if (known === 'pending') return ': being worked out, until then the version in force';
  if (known === 'failed') return ': not to be had, shown is the version in force';
  if (known === undefined || known === 0) return '';
  return `, but for ${known.toLocaleString('en')} edges that it changes too`;
}

export const quietText = `faint: quiet for ${quietAfter / 60_000} minutes`;

/** What the map leaves to the focus; empty where it draws everything. */
export function foldedText(folded: number): string {
  if (folded === 0) return '';
  return `${folded.toLocaleString('en')} allowed ${folded === 1 ? 'line' : 'lines'} drawn only when an end is focused`;
}
