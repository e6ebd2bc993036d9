import { formatText } from '@bulkhead/model/format/format-text.ts';
import type { InputFile } from '@bulkhead/model/parse.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { answer, type Call, type CommandText, listArgument, optionSet } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput, ProblemsFailure } from '../failure.ts';
import { plural } from '../print-problems.ts';
import { readInputs } from './read-inputs.ts';
import { replaceText } from './replace-text.ts';

export const policyFmtCommand: CommandText = {
  usage: 'fmt <paths...>',
  about: 'write policy and estate files in the one way: keys in order, short rules on a line, comments kept',
  options: [{ flags: '--check', about: 'change nothing; the answer is no where a file would be changed' }],
  run: formatFiles,
};

async function formatFiles(call: Call): Promise<ExitCode> {
  const check = optionSet(call, 'check');
  const inputs = readInputs(listArgument(call, 0));
  refuseJson(inputs);
  const changed = formatAll(inputs);
  if (!check) for (const { file, text } of changed) replaceText(file, text);
  const files = changed.map(({ file }) => file);
  const ok = !check || files.length === 0;
  answer(call, { ok, files: inputs.length, changed: files }, () => summary(files, { check, all: inputs.length }));
  return ok ? exitCodes.ok : exitCodes.no;
}

/** What differs from what it should be. Nothing is written while any file has an error. */
function formatAll(inputs: readonly InputFile[]): readonly InputFile[] {
  const problems: Problem[] = [];
  const changed: InputFile[] = [];
  for (const input of inputs) {
    const formatted = formatText(input);
    if (formatted.kind === 'refused') problems.push(...formatted.problems);
    else if (formatted.text !== input.text) changed.push({ file: input.file, text: formatted.text });
  }
  if (problems.length > 0) throw new ProblemsFailure(problems);
  return changed;
}

/** YAML reads JSON, and what would be written is no JSON any longer. */
function refuseJson(inputs: readonly InputFile[]): void {
  const json = inputs.find(({ file }) => file.endsWith('.json'));
  if (json === undefined) return;
  throw badInput('not-yaml', `Cannot format "${json.file}": it is JSON and would become YAML, a YAML file is needed`);
}

function summary(files: readonly string[], { check, all }: { readonly check: boolean; readonly all: number }): string {
  const lines = files.map((file) => `${check ? 'would format' : 'formatted'} ${file}`);
  return [...lines, `${plural(all, 'file')}, ${files.length} ${check ? 'to be changed' : 'changed'}`].join('\n');
}
