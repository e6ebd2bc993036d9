import { readFileSync } from 'node:fs';
import { badInput } from '../failure.ts';

const importLimit = 64 * 1024 * 1024;

/** The text of a CSV file that is sent as it is; `-` is standard input. */
export function readInputText(file: string): string {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'utf8');
    if (text.length <= importLimit) return text;
    throw badInput(
      'file-too-large',
      `Cannot import "${file}": ${text.length} characters, at most ${importLimit} can be read`,
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw badInput('no-such-file', `Cannot import "${file}": ${(error as Error).message}, a CSV file is needed`);
  }
}
