/** One thing looked at. `warn`: it works, but not as well as it should; `fail`: something does not work. */
export type Finding = {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do about it; null when all is well. */
  readonly hint: string | null;
};

type Said = readonly [text: string, hint?: string];

export const ok = (check: string, text: string): Finding => ({ check, state: 'ok', text, hint: null });
export const warn = (check: string, ...[text, hint]: Said): Finding => ({
  check,
  state: 'warn',
  text,
  hint: hint ?? null,
});
export const fail = (check: string, ...[text, hint]: Said): Finding => ({
  check,
  state: 'fail',
  text,
  hint: hint ?? null,
});
