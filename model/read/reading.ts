import { LineCounter } from 'yaml';
import { type Finding, problemOf } from '../finding.ts';
import type { Place, Problem } from '../problem.ts';
import type { ReadLimits } from './limits.ts';

/**
 * What every reader is given: where offsets are, and where to say that something is wrong. A reader that reports
 * returns a stand-in and goes on, so that one run finds everything; `errors` tells its caller that it did.
 */
export type Reading = {
  readonly file: string;
  readonly text: string;
  readonly place: (offset: number) => Place;
  readonly report: (offset: number, finding: Finding) => void;
  /** How many errors were reported so far. */
  readonly errors: () => number;
  /** Rules still allowed, over all files of one run. */
  readonly budget: Budget;
  readonly limits: ReadLimits;
};

export type Budget = { rules: number };

/** Problems that are kept; the rest is counted and named in one last problem. */
const problemLimit = 1000;

/** Problems of one run over all its files, in the order found. */
export class ProblemList {
  readonly #problems: Problem[] = [];
  #errors = 0;
  #dropped = 0;

  add(problem: Problem): void {
    if (problem.severity === 'error') this.#errors++;
    if (this.#problems.length < problemLimit) this.#problems.push(problem);
    else this.#dropped++;
  }

  get errors(): number {
    return this.#errors;
  }

  /** INVARIANT: holds an error whenever one was added, also when that one did not fit. */
  get all(): readonly Problem[] {
    if (this.#dropped === 0) return this.#problems;
    const severity = this.#errors > 0 ? 'error' : 'warning';
    const so = `${this.#dropped} more were found`;
    const needed = `only the first ${problemLimit} are listed`;
    return [
      ...this.#problems,
      problemOf({ code: 'more-problems', cannot: 'list all problems', so, needed, severity }, null),
    ];
  }
}

export function startReading(
  { file, text }: { readonly file: string; readonly text: string },
  problems: ProblemList,
  { budget, limits }: Pick<Reading, 'budget' | 'limits'>,
): Reading {
  const place = placesOf(file, text);
  const report = (offset: number, finding: Finding): void => problems.add(problemOf(finding, place(offset)));
  return { file, text, place, report, errors: () => problems.errors, budget, limits };
}

function placesOf(file: string, text: string): (offset: number) => Place {
  const lines = new LineCounter();
  for (let start = 0; ; ) {
    lines.addNewLine(start);
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    start = end + 1;
  }
  return (offset) => {
    const { line, col } = lines.linePos(Math.min(Math.max(offset, 0), text.length));
    return { file, line, column: col };
  };
}
