/**
 * What every scenario shares: named checks that are printed as they are decided, waiting for a condition, and running
 * the product the way an operator does - through its own command line.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('..', import.meta.url));
export const bulkhead = `${repository}bulkhead`;

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

type Options = {
  readonly seconds?: number;
  readonly input?: string;
  readonly cwd?: string;
  /** Instead of this process's. */
  readonly env?: NodeJS.ProcessEnv;
};

/** Runs `./bulkhead ...` to its end; a non-zero exit is a value, not an exception. Killed after `seconds`. */
export const product = (args: readonly string[], options: Options = {}): Promise<Ran> =>
  program(bulkhead, args, options);

export function program(file: string, args: readonly string[], options: Options = {}): Promise<Ran> {
  const { seconds = 60, cwd, env } = options;
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      { timeout: seconds * 1000, maxBuffer: 64 << 20, killSignal: 'SIGKILL', cwd, env },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : (child.exitCode ?? 255), stdout, stderr }),
    );
    // Who ends before it has read is told of by how it ends.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** The `--json` answer of a command that must succeed. */
export async function answer<T>(
  args: readonly string[],
  options: { seconds?: number; input?: string } = {},
): Promise<T> {
  const ran = await product([...args, '--json'], options);
  if (ran.code !== 0) throw new Error(`bulkhead ${args.join(' ')} exited ${ran.code}: ${ran.stderr || ran.stdout}`);
  return JSON.parse(ran.stdout) as T;
}

/**
 * Scenarios are about what a policy does once it is there. Those about how it comes there say `--waves on`, which comes later
 * on the line and counts.
 */
const atOnce = (args: readonly string[]): readonly string[] =>
  args[0] === 'up' ? ['up', '--waves', 'off', ...args.slice(1)] : args;

/** A long-running part of the product: its output is in `log`, and it ends with this process, however that ends. */
export type Running = { readonly process: ChildProcess; readonly log: string };

export function start(args: readonly string[], log: string, env: NodeJS.ProcessEnv = process.env): Running {
  const output = openSync(log, 'a', 0o600);
  const command = ['--pdeathsig', 'KILL', bulkhead, ...atOnce(args)];
  const child = spawn('setpriv', command, { stdio: ['ignore', output, output], env });
  closeSync(output);
  return { process: child, log };
}

/** Waits until the part has said something; throws with its whole output when it ended first. */
export function said({ process, log }: Running, text: string, seconds: number): Promise<true> {
  return until(
    `"${text}" in ${log}`,
    async () => {
      const output = readFileSync(log, 'utf8');
      if (output.includes(text)) return true;
      if (process.exitCode !== null) throw new Error(`It ended with ${process.exitCode}: ${output.slice(-2000)}`);
      return null;
    },
    { seconds },
  );
}

/** Polls until `check` gives something other than null; fails with the description and the last thing seen. */
export async function until<T>(
  what: string,
  check: () => Promise<T | null>,
  options: { seconds?: number; seen?: () => unknown } = {},
): Promise<T> {
  const end = Date.now() + (options.seconds ?? 30) * 1000;
  let last: unknown = null;
  while (Date.now() < end) {
    try {
      const found = await check();
      if (found !== null) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const seen = options.seen?.() ?? (last instanceof Error ? last.message : last);
  throw new Error(`Waited ${options.seconds ?? 30} s for: ${what}. Last seen: ${JSON.stringify(seen)}`);
}

/** Collects named checks; the summary line is what CI reads. */
export function checks(title: string) {
  let passed = 0;
  const failures: string[] = [];
  const started = Date.now();
  const clock = () => `${((Date.now() - started) / 1000).toFixed(1).padStart(6)}s`;
  return {
    say: (text: string) => console.log(`${clock()}   ${text}`),
    check(name: string, holds: boolean, detail: unknown = '') {
      if (holds) passed++;
      else failures.push(name);
      const shown = holds || detail === '' ? '' : `\n           ${JSON.stringify(detail)}`;
      console.log(`${clock()} ${holds ? 'ok  ' : 'FAIL'} ${name}${shown}`);
    },
    fail(error: unknown) {
      failures.push(String(error));
      console.log(`${clock()} FAIL ${error instanceof Error ? error.message : String(error)}`);
    },
    finish(): number {
      console.log(`${title}: ${passed} passed, ${failures.length} failed`);
      return failures.length === 0 && passed > 0 ? 0 : 1;
    },
  };
}
