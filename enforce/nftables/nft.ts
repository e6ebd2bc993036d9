import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Done, Failure, FailureCode } from '../back-end.ts';
import { isInterrupted } from './chunks.ts';
import { jsonOfTable, onlyTable } from './of-table.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import type { Sweep } from './sweep.ts';

/** The one place that runs a program. */
export type DriverOptions = NftOptions & {
  /** The program, and arguments before ours: `['nft']`, or `['ip', 'netns', 'exec', 'x', 'nft']`. */
  readonly command: readonly string[];
  /** Milliseconds after which a run is ended and counts as failed. */
  readonly timeout: number;
  /**
   * Clears marks of flows before stamps are given out again; false: it could not, and is owed. Null: nobody can, and a
   * flow that slept through all epochs may be taken for one that was allowed now.
   */
  readonly sweep: ((sweep: Sweep) => Promise<boolean>) | null;
  /** `bulkhead-helper`, and arguments before it. Null: it is not there, and what it does faster is left to nft. */
  readonly helper: readonly string[] | null;
};

/** Of a transaction that is interrupted, such as by a signal. */
const mostTries = 3;
/** A listing of a million elements is about 100 MB. */
const mostOutput = 512 * 1024 * 1024;
export const defaultDriverOptions: DriverOptions = {
  ...defaultNftOptions,
  command: ['nft'],
  timeout: 30_000,
  sweep: null,
  helper: null,
};

/** Rules as nft prints them, without elements, to be loaded again as they are; empty where there is no table. */
export async function listText(options: DriverOptions): Promise<Done<string>> {
  return mapDone(await run(['-t', '-nn', 'list', 'ruleset', 'inet'], options), (text) =>
    onlyTable(text, options.table),
  );
}

/** Every other table of the host, stateless and with numbers for names. */
export async function listOthers(options: DriverOptions): Promise<Done<string>> {
  const listed = await run(['-s', '-nn', 'list', 'ruleset'], options);
  return mapDone(listed, (text) => withoutTables(text, [options.table, `${options.table}_trace`]));
}

/** A table is listed from its name at the margin to a bracket at the margin. */
export function withoutTables(listed: string, names: readonly string[]): string {
  const heads = new Set(names.map((name) => `table inet ${name} {`));
  let ours = false;
  const kept = listed.split('\n').filter((line) => {
    if (heads.has(line)) ours = true;
    const keep = !ours;
    if (line === '}') ours = false;
    return keep;
  });
  return kept.join('\n');
}

/** Everything of the table as JSON; null when there is none. */
export async function list(options: DriverOptions): Promise<Done<string | null>> {
  const listed = await run(['-nn', '-j', 'list', 'table', 'inet', options.table], options);
  if (listed.kind === 'failed' && isAbsent(listed)) return done(null);
  return listed;
}

/**
 * The same without elements. nft 1.0.6 fetches all elements for whatever it lists of one table, its counters alone
 * included; for all tables of a family it does not, and takes a twentieth of the time at 100,000.
 */
export async function listStructure(options: DriverOptions): Promise<Done<string | null>> {
  const listed = await run(['-t', '-nn', '-j', 'list', 'ruleset', 'inet'], options);
  return listed.kind === 'failed' ? listed : done(jsonOfTable(listed.value, options.table));
}

export const isAbsent = (failure: Failure): boolean => failure.message.includes('No such file or directory');

/** From a file: nft cannot read a script from the kind of pipe that Node gives a child. `flags` stand before it. */
export async function apply(
  script: string,
  options: DriverOptions,
  flags: readonly string[] = [],
): Promise<Done<string>> {
  const directory = await mkdtemp(join(tmpdir(), 'bulkhead-nft-'));
  try {
    const file = join(directory, 'ruleset.nft');
    await writeFile(file, script, { mode: 0o600 });
    const words = [...flags, '-f', file];
    let applied = await run(words, options);
    for (let again = 1; again < mostTries && applied.kind === 'failed' && isInterrupted(applied); again++) {
      applied = await run(words, options);
    }
    return applied;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function run(args: readonly string[], options: DriverOptions): Promise<Done<string>> {
  return runProgram({ command: options.command, args, input: null }, options);
}

/** Without a helper: refused. */
export function runHelper(args: readonly string[], input: string, options: DriverOptions): Promise<Done<string>> {
  if (options.helper === null)
    return Promise.resolve(failed('enforce-missing', 'Cannot use the helper: none is given'));
  return runProgram({ command: options.helper, args, input }, options);
}

type Run = { readonly command: readonly string[]; readonly args: readonly string[]; readonly input: string | null };

function runProgram({ command, args, input }: Run, { timeout }: DriverOptions): Promise<Done<string>> {
  const [program = '', ...before] = command;
  const limits = { timeout, maxBuffer: mostOutput, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    const child = execFile(program, [...before, ...args], limits, (error, stdout, stderr) => {
      if (error === null) resolve(done(stdout));
      else {
        const why = shortened(stderr || error.message);
        resolve(failed(failureCode(error), `Cannot run "${[...command.slice(-1), ...args].join(' ')}": ${why}`));
      }
    });
    if (input === null) return;
    // Who ends before having read all is told of by how it ends.
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
