import type { Logger } from 'pino';

/** Something from the agents' side that was refused: `code` is stable, `message` names no secret. */
export type Refusal = { readonly code: string; readonly message: string };

/** Every refusal is logged and counted by its code. */
export type Refusals = {
  /** Counts only: what anybody can cause as often as they like must not fill the log. */
  readonly count: (code: string) => void;
  readonly note: (refusal: Refusal, context?: Readonly<Record<string, unknown>>) => void;
  readonly counts: () => Readonly<Record<string, number>>;
};

/** More than the codes there are: a code that came from outside could not fill memory. */
const codeLimit = 200;

export function countRefusals(log: Logger): Refusals {
  const counts = new Map<string, number>();
  const count = (code: string) => {
    if (counts.has(code) || counts.size < codeLimit) counts.set(code, (counts.get(code) ?? 0) + 1);
  };
  return {
    count,
    note: ({ code, message }, context = {}) => {
      count(code);
      log.warn({ ...context, code }, message);
    },
    counts: () => Object.fromEntries([...counts].sort()),
  };
}
