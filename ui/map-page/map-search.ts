import { type DecisionState, decisionStates, isDecisionState } from '@bulkhead/flows/decision-state.ts';

/** What the address says about the map, so that a link shows what its sender saw. */
export type MapSearch = {
  readonly as?: 'table';
  readonly decision?: 'effective';
  /** Hidden states. */
  readonly hide?: readonly DecisionState[];
  /** Keys of opened app cards; absent: what is opened by itself. */
  readonly open?: readonly string[];
  readonly focus?: string;
  readonly edge?: string;
  readonly q?: string;
  /** A draft whose verdicts are shown instead of those in force. */
  readonly draft?: string;
};

const keyLimit = 4096;
const openLimit = 50;

/** Whatever an address says; what is not understood is left out. */
export function readMapSearch(raw: Readonly<Record<string, unknown>>): MapSearch {
  const text = (key: string) => {
    const value = raw[key];
    return typeof value === 'string' && value !== '' ? { [key]: value.slice(0, keyLimit) } : {};
  };
  const hide = texts(raw.hide).filter(isDecisionState);
  return {
    ...(raw.as === 'table' && { as: 'table' }),
    ...(raw.decision === 'effective' && { decision: 'effective' }),
    ...(hide.length > 0 && { hide }),
    ...(Array.isArray(raw.open) && { open: texts(raw.open).slice(0, openLimit) }),
    ...text('focus'),
    ...text('edge'),
    ...text('q'),
    ...text('draft'),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export function shownStates({ hide = [] }: MapSearch): ReadonlySet<DecisionState> {
  return new Set(decisionStates.filter((state) => !hide.includes(state)));
}

/** In an estate of a few workloads every app is opened, because all of them can be read. */
const openAllLimit = 40;

/** Keys of the cards that are opened; `cards` has one for each workload. */
export function openedCards({ open }: MapSearch, cards: readonly string[]): readonly string[] {
  return open ?? (cards.length <= openAllLimit ? [...new Set(cards)] : []);
}

/** The opened cards after one of them was opened or closed. */
export function toggled(open: readonly string[], card: string): readonly string[] {
  return open.includes(card) ? open.filter((key) => key !== card) : [...open, card].slice(-openLimit);
}
