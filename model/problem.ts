/** Where in the input something was said; lines and columns count from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/**
 * Something wrong with an input: a value, never an exception. `code` is stable and scriptable; `message` follows
 * `Cannot <do what> "<value>": <what is so>, <what is needed>`; `hint` says the nearest thing that would work.
 */
export type Problem = {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly place: Place | null;
  readonly hint: string | null;
};

export const hasErrors = (problems: readonly Problem[]): boolean => problems.some((p) => p.severity === 'error');
