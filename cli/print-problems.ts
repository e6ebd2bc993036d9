import type { Problem } from '@bulkhead/model/problem.ts';
import type { Terminal } from './terminal.ts';

/** Problems as `file:line:column severity code message`, or as one JSON object on standard output. */
export function printProblems(terminal: Terminal, json: boolean, problems: readonly Problem[]): void {
  if (json) {
    terminal.say(JSON.stringify({ problems }));
    return;
  }
  for (const problem of problems) terminal.note(problemText(terminal, problem));
  terminal.note(countText(problems));
}

function problemText(terminal: Terminal, problem: Problem): string {
  const { colors } = terminal;
  const { place } = problem;
  const where = place === null ? '' : `${place.file}:${place.line}:${place.column}: `;
  const paint = problem.severity === 'error' ? colors.red : colors.yellow;
  const hint = problem.hint === null ? '' : `\n    hint: ${problem.hint}`;
  return `${where}${paint(problem.severity)} ${problem.code}: ${problem.message}${hint}`;
}

export function countText(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  return `${plural(errors, 'error')}, ${plural(problems.length - errors, 'warning')}`;
}
