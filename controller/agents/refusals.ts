import type { Logger } from 'pino';

/** Something from the agents' side that was refused: `code` is stable, `message` names no secret. */
export type Refusal = { readonly code: string; readonly message: string };

/** Every refusal is logged and counted by its code. */
export type Refusals = {
  readonly note: (refusal: Refusal, context?: Readonly<Record<string, unknown>>) => void;
  readonly counts: () => Readonly<Record<string, number>>;
};

/** More than the codes there are: a code that came from outside could not fill memory. */
const codeLimit = 200;

export function countRefusals(log: Logger): Refusals {
  const counts = new Map<string, number>();
  return {
    note: ({ code, message }, context = {}) => {
      if (counts.has(code) || counts.size < codeLimit) counts.set(code, (counts.get(code) ?? 0) + 1);
      log.warn({ ...context, code }, message);
    },
    counts: () => Object.fromEntries([...counts].sort()),
  };
}
