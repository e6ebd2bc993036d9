import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '@bulkhead/model/problem.ts';
import { type ParsedLab, parseLab } from './parse-lab.ts';

export type Parsed = ParsedLab & { readonly file: string };

/** A Lab file from disk; a file that cannot be read is a problem like any other. */
export function parseFile(path: string): Parsed {
  try {
    return { ...parseLab(readFileSync(path, 'utf8'), path), file: resolve(path) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot read "${path}": ${reason}`;
    const problem: Problem = { severity: 'error', code: 'lab-file', message, place: null, hint: null };
    return { lab: null, problems: [problem], file: path };
  }
}

/** Problems as `file:line:column: message`, or as JSON. */
export function printProblems(problems: readonly Problem[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ problems })}\n`);
    return;
  }
  for (const { place, message, hint, code } of problems) {
    const where = place === null ? '' : `${place.file}:${place.line}:${place.column}: `;
    process.stderr.write(`${where}${message} [${code}]${hint === null ? '' : `\n  ${hint}`}\n`);
  }
}
