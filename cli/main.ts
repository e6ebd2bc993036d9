/** Everything `./bulkhead` answers itself; the other programs are dispatched to before this file is reached. */
import { CommanderError } from 'commander';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { Failure, ProblemsFailure } from './failure.ts';
import { withoutSecrets } from './plain-text.ts';
import { printProblems } from './print-problems.ts';
import { buildProgram } from './program.ts';
import { processTerminal, type Terminal } from './terminal.ts';

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());

async function runCommand(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  const session = { terminal, ended: ended.signal, exit: exitCodes.ok as ExitCode };
  try {
    await buildProgram(session).parseAsync([...words], { from: 'user' });
    return session.exit;
  } catch (error) {
    if (ended.signal.aborted) return exitCodes.cannot;
    return explainFailure(error, terminal, words.includes('--json'));
  }
}

function explainFailure(error: unknown, terminal: Terminal, json: boolean): ExitCode {
  // Commander has printed its own message by now; help and version are not failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
  if (error instanceof ProblemsFailure) {
    printProblems(terminal, json, error.problems);
    return exitCodes.badInput;
  }
  const failure = error instanceof Failure ? error : unexpected(error);
  const message = withoutSecrets(failure.message);
  if (json) terminal.note(JSON.stringify({ error: { code: failure.code, message, hint: failure.hint } }));
  else {
    terminal.note(terminal.colors.red(message));
    if (failure.hint !== null) terminal.note(`hint: ${failure.hint}`);
  }
  return failure.exit;
}

/** A bug, said in one line; the stack is for whoever asks for it. */
function unexpected(error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  if (process.env.BULKHEAD_DEBUG && error instanceof Error) console.error(error.stack);
  return new Failure(`Cannot finish the command: ${said}`, {
    code: 'unexpected',
    exit: exitCodes.cannot,
    hint: 'this is a defect; run again with BULKHEAD_DEBUG=1 for the details to report',
  });
}
