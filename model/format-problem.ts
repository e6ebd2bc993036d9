import type { Place, Problem } from './problem.ts';

/** `file:line:column: error code: message`, and a second line with the hint where there is one. */
export function formatProblem(problem: Problem): string {
  const place = problem.place === null ? '' : `${formatPlace(problem.place)}: `;
  const hint = problem.hint === null ? '' : `\n  hint: ${problem.hint}`;
  return `${place}${problem.severity} ${problem.code}: ${problem.message}${hint}`;
}

export function formatPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}
