import { formatProblem } from '@bulkhead/model/format-problem.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Terminal } from './terminal.ts';

/** Problems one per line on standard error, or as one JSON object on standard output. */
export function printProblems(terminal: Terminal, json: boolean, problems: readonly Problem[]): void {
  if (json) {
    terminal.say(JSON.stringify({ problems }));
    return;
  }
  for (const problem of problems) {
    const paint = problem.severity === 'error' ? terminal.colors.red : terminal.colors.yellow;
    terminal.note(paint(formatProblem(problem)));
  }
  terminal.note(countText(problems));
}

export function countText(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  return `${plural(errors, 'error')}, ${plural(problems.length - errors, 'warning')}`;
}

export const plural = (count: number, word: string): string =>
  `${count} ${word}${count === 1 ? '' : word.endsWith('s') ? 'es' : 's'}`;
