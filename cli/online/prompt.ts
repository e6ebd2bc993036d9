import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { badInput } from '../failure.ts';

/** One line from the person at the terminal. Refused where there is nobody to ask. */
export async function askLine(question: string, ended: AbortSignal): Promise<string> {
  return ask(question, ended, process.stderr);
}

/** The same without showing what is typed. */
export async function askSecret(question: string, ended: AbortSignal): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(question);
  const secret = await ask('', ended, silent);
  process.stderr.write('\n');
  return secret;
}

/** `option`: what answers it beforehand. */
export async function confirm(question: string, ended: AbortSignal, option = '--yes'): Promise<boolean> {
  const said = await ask(`${question} [y/N] `, ended, process.stderr, option);
  return /^y(es)?$/i.test(said.trim());
}

async function ask(
  question: string,
  ended: AbortSignal,
  ...[output, option]: [output: NodeJS.WritableStream, option?: string]
): Promise<string> {
  if (!process.stdin.isTTY) {
    throw badInput(
      'nobody-to-ask',
      `Cannot ask "${question.trim()}": standard input is no terminal`,
      option === undefined ? 'give the answer as an option, see --help' : `give the answer with ${option}`,
    );
  }
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question(question, { signal: ended });
  } finally {
    lines.close();
  }
}
