import { execFile } from 'node:child_process';
import type { Done, Failure, FailureCode } from '../back-end.ts';

/** A listing of a million elements is about 100 MB. */
const mostOutput = 512 * 1024 * 1024;

/** `input` null: it reads nothing. */
export type Run = { readonly program: string; readonly args: readonly string[]; readonly input: string | null };

/** `timeout` in milliseconds. */
export function runProgram(
  { program, args, input }: Run,
  { timeout }: { readonly timeout: number },
): Promise<Done<string>> {
  const limits = { timeout, maxBuffer: mostOutput, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, limits, (error, stdout, stderr) => {
      if (error === null) resolve(done(stdout));
      else
        resolve(
          failed(
            failureCode(error),
            `Cannot run "${[program, ...args].join(' ')}": ${shortened(stderr || error.message)}`,
          ),
        );
    });
    if (input === null) return;
    // Who ends before it has read is told of by how it ends.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function failureCode(error: Error & { code?: unknown; killed?: boolean }): FailureCode {
  if (error.code === 'ENOENT') return 'enforce-missing';
  return error.killed === true ? 'enforce-timeout' : 'enforce-refused';
}

/** nft repeats the offending line, which may be a whole map. */
const shortened = (text: string): string => (text.length > 2000 ? `${text.slice(0, 2000)}...` : text.trim());

export const done = <T>(value: T): Done<T> => ({ kind: 'done', value });
export const failed = (code: FailureCode, message: string): Failure => ({ kind: 'failed', code, message });
export const mapDone = <A, B>(from: Done<A>, to: (value: A) => B): Done<B> =>
  from.kind === 'failed' ? from : done(to(from.value));
