import { formatText } from '@bulkhead/model/format/format-text.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { loadDocuments } from '@bulkhead/model/load.ts';
import type { InputFile, Parsed } from '@bulkhead/model/parse.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { checkPolicy } from '@bulkhead/policy/check.ts';

/** Processor time that one input may take, in milliseconds. */
const timeLimit = 1000;

export type Case = {
  readonly files: readonly InputFile[];
  /** One of these has to be said; null: nothing is certain. */
  readonly codes: readonly string[] | null;
  /** Whether the formatter is asked as well. */
  readonly format: boolean;
};

/** `complaint`: what is wrong with how the input was taken; null: nothing. */
export type Judgement = { readonly complaint: string | null; readonly refused: boolean; readonly time: number };

/** Total, quick, and not deceived. `now`: processor time in milliseconds. */
export function judge(one: Case, now: () => number): Judgement {
  const start = now();
  let parsed: Parsed;
  try {
    parsed = loadDocuments(one.files);
    if (!hasErrors(parsed.problems)) checkPolicy(parsed.documents, 0);
  } catch (error) {
    return { complaint: `it crashes: ${thrown(error)}`, refused: false, time: now() - start };
  }
  const time = now() - start;
  const refused = hasErrors(parsed.problems);
  const complaint =
    tooSlow(time) ?? unsoundAnswer(one, parsed) ?? deceived(one, parsed.problems) ?? badFormat(one, refused);
  return { complaint, refused, time };
}

const thrown = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
const tooSlow = (time: number): string | null => (time > timeLimit ? `it takes ${Math.round(time)} ms` : null);

function unsoundAnswer({ files }: Case, { problems, broken }: Parsed): string | null {
  if (broken.length > 0 && !hasErrors(problems)) return 'a document is left out without a reason';
  for (const problem of problems) {
    const where = problem.place === null ? null : `${problem.place.file}:${problem.place.line}:${problem.place.column}`;
    if (!isInText(problem, files)) return `${problem.code} is at ${where}, which is not there`;
    if (/undefined|\[object|NaN/.test(formatProblem({ ...problem, place: null }).replaceAll(/"[^"]*"/g, '')))
      return `the message of ${problem.code} is broken: ${problem.message}`;
  }
  return null;
}

function isInText({ place, code }: Problem, files: readonly InputFile[]): boolean {
  if (place === null) return code === 'more-problems';
  const line = files.find(({ file }) => file === place.file)?.text.split('\n')[place.line - 1];
  return line !== undefined && place.column >= 1 && place.column <= line.length + 1;
}

function deceived({ codes }: Case, problems: readonly Problem[]): string | null {
  if (codes === null || problems.some(({ severity, code }) => severity === 'error' && codes.includes(code)))
    return null;
  const said = [...new Set(problems.map(({ code }) => code))].join(', ');
  return `one of ${codes.join(', ')} must be said, and ${said === '' ? 'nothing is' : `it is ${said}`}`;
}

/** A file alone; what it refers to may be in another. */
function badFormat({ files, format }: Case, refused: boolean): string | null {
  if (!format || refused) return null;
  for (const input of files) {
    try {
      const once = formatText(input);
      if (once.kind === 'refused') continue;
      const twice = formatText({ ...input, text: once.text });
      if (twice.kind === 'refused' || twice.text !== once.text) return `formatting ${input.file} twice is not as once`;
    } catch (error) {
      return `the formatter crashes: ${thrown(error)}`;
    }
  }
  return null;
}
