import { once } from 'node:events';
import picocolors from 'picocolors';
import { plainText } from './plain-text.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Where a command's words go; tests give one that collects them. */
export type Terminal = {
  /** One line of the answer, on standard output. */
  readonly say: (line: string) => void;
  /** One line about the answer, on standard error. */
  readonly note: (line: string) => void;
  /** Text without a newline added, passed on as it is: redrawing. */
  readonly write: (text: string) => void;
  /** Resolves when a slow reader of standard output has caught up. */
  readonly drained: () => Promise<void>;
  readonly colors: Colors;
  /** Columns and rows of the terminal that shows standard output; null when it is not one. */
  readonly size: () => { readonly columns: number; readonly rows: number } | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export function processTerminal(): Terminal {
  const { stdout } = process;
  // A reader that went away (`bulkhead flows | head`) is not an error.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  return {
    say: (line) => void stdout.write(`${plainText(line)}\n`),
    note: (line) => void process.stderr.write(`${plainText(line)}\n`),
    write: (text) => void stdout.write(text),
    drained: async () => {
      if (stdout.writableNeedDrain) await once(stdout, 'drain');
    },
    colors: picocolors.createColors(wantsColor(process.env, stdout.isTTY === true)),
    size: () => (stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : null),
    environment: process.env,
  };
}

/** NO_COLOR and a pipe mean plain text; FORCE_COLOR overrides both. */
function wantsColor(environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (environment.FORCE_COLOR) return true;
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb';
}
