import type { Direction, RuleId, Verdict } from '@bulkhead/model/words.ts';

/** What a rule writes before each packet it logs: which decision, of which host ruleset, for which direction. */
export type LogPrefix = {
  /** The last generation that changed more than addresses; decision numbers are its. */
  readonly generation: number;
  /** Whose ruleset: 0 is the host's own, others are guests' on its kernel. */
  readonly place: number;
  readonly decision: number;
  readonly effective: Verdict;
  readonly intended: Verdict;
  /** Whose table judged: for a reply the other direction than the packet's. */
  readonly judged: Direction;
  /** The rule of the intended verdict. */
  readonly rule: RuleId | null;
};

const verdicts: Readonly<Record<string, Verdict>> = { A: 'allow', D: 'deny' };

/** `12:7:ADi:shop/web-to-api`, of a guest `12.1:7:ADi:shop/web-to-api`; null when the text is none of ours. */
export function parseLogPrefix(text: string): LogPrefix | null {
  const match = /^(\d{1,10})(?:\.([1-9]\d{0,3}))?:(\d{1,10}):([AD])([AD])([io]):(.{1,127})$/u.exec(text);
  if (match === null) return null;
  const [, generation, place, decision, effective = '', intended = '', direction, rule = '-'] = match;
  return {
    generation: Number(generation),
    place: Number(place ?? 0),
    decision: Number(decision),
    effective: verdicts[effective] ?? 'deny',
    intended: verdicts[intended] ?? 'deny',
    judged: direction === 'i' ? 'inbound' : 'outbound',
    rule: rule === '-' ? null : rule,
  };
}
