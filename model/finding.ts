import type { Place, Problem } from './problem.ts';

/**
 * A problem before it has a place. The message becomes `Cannot <cannot> "<value>": <so>, <needed>`; `value` is what
 * the author wrote and is left out where there is none.
 */
export type Finding = {
  readonly code: string;
  readonly cannot: string;
  readonly value?: string;
  readonly so: string;
  readonly needed: string;
  readonly hint?: string;
  readonly severity?: Problem['severity'];
};

/** Characters of the author's text that a message repeats. */
const quoteLimit = 80;

export function problemOf(finding: Finding, place: Place | null): Problem {
  const value = finding.value === undefined ? '' : ` ${quote(finding.value)}`;
  return {
    severity: finding.severity ?? 'error',
    code: finding.code,
    message: `Cannot ${finding.cannot}${value}: ${finding.so}, ${finding.needed}`,
    place,
    hint: finding.hint ?? null,
  };
}

/** In double quotes on one line, clipped; control characters as escapes. */
export function quote(text: string): string {
  return JSON.stringify(text.length > quoteLimit ? `${text.slice(0, quoteLimit)}...` : text);
}
