import { execFile } from 'node:child_process';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Amendment, BackEnd, Change, DecisionCount, Done, Failure, FailureCode, KeepUndo } from '../back-end.ts';
import { isDecisionCounter, readCounts } from './counters.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import { type Plan, planClearing, planReplacement } from './plan.ts';
import { readTable, type TableReading } from './read.ts';
import { renderDelta } from './render-delta.ts';
import { renderDeltaUndo } from './undo.ts';
import { verify } from './verify.ts';

export type DriverOptions = NftOptions & {
  /** The program, and arguments before ours: `['nft']`, or `['ip', 'netns', 'exec', 'x', 'nft']`. */
  readonly command: readonly string[];
  /** Milliseconds after which a run is ended and counts as failed. */
  readonly timeout: number;
};

/** A listing of a million elements is about 100 MB. */
const mostOutput = 512 * 1024 * 1024;
export const defaultDriverOptions: DriverOptions = { ...defaultNftOptions, command: ['nft'], timeout: 30_000 };

/** The nftables back end, acting on the network namespace that the process is in. */
export function nftablesBackEnd(given: Partial<DriverOptions> = {}): BackEnd {
  const options: DriverOptions = { ...defaultDriverOptions, ...given };
  return {
    replace: (ruleset, undo) => replace(ruleset, undo ?? null, options),
    amend: (change, undo) => amend(change, undo ?? null, options),
    settle: () => settle(options),
    revert: async (path) => mapDone(await run(['-f', path], options), () => null),
    held: async () => mapDone(await present(options), (table) => table?.held ?? null),
    compare: async (ruleset, depth) => {
      const json = await list(options, depth === 'structure' ? ['-t'] : []);
      if (json.kind === 'failed') return json;
      if (json.value === null) return done({ kind: 'differs', what: ['there is no table of ours'], hollow: true });
      return done(verify({ ruleset, json: json.value, depth, options }));
    },
    counts: () => counts(options),
    remove: async () => {
      const table = await list(options, ['-t']);
      if (table.kind === 'failed' || table.value === null) return mapDone(table, () => null);
      return mapDone(await run(['delete', 'table', 'inet', options.table], options), () => null);
    },
  };
}

async function replace(ruleset: HostRuleset, undo: KeepUndo | null, options: DriverOptions): Promise<Done<Change>> {
  const table = await present(options);
  if (table.kind === 'failed') return table;
  const plan = planReplacement(ruleset, table.value, options);
  const done = await (undo === null ? carryOut(plan, options) : carryOutKept(plan, undo, options));
  return mapDone(done, () => ({ retired: lastCounts(plan.retired, table.value) }));
}

/**
 * INVARIANT: failed means that the kernel enforces what it enforced before. What cannot be cleared afterwards enforces
 * nothing, and the next comparison finds it.
 */
async function carryOut({ prepare, change, clear, undo }: Plan, options: DriverOptions): Promise<Done<string>> {
  const prepared = prepare === null ? done('') : await apply(prepare, options);
  if (prepared.kind === 'failed') return prepared;
  const changed = await apply(change, options);
  if (changed.kind === 'failed' && undo !== null) await apply(undo, options);
  if (changed.kind === 'done' && clear !== null) await apply(clear, options);
  return changed;
}

/** As above, and what enforced before stays beside the change until `settle`. */
async function carryOutKept({ prepare, change, undo, back }: Plan, kept: KeepUndo, options: DriverOptions) {
  const script = await undoFrom(back, options);
  if (script.kind === 'failed') return script;
  const prepared = prepare === null ? done('') : await apply(prepare, options);
  if (prepared.kind === 'failed') return prepared;
  const armed = await arm(script.value, kept);
  const changed = armed.kind === 'failed' ? armed : await apply(change, options);
  if (changed.kind === 'failed' && undo !== null) await apply(undo, options);
  return changed;
}

/** What a change kept for its undo belongs to the copy that is not in use. */
async function settle(options: DriverOptions): Promise<Done<null>> {
  const table = await present(options);
  if (table.kind === 'failed') return table;
  const clear = table.value === null ? null : planClearing(table.value, options);
  return clear === null ? done(null) : mapDone(await apply(clear, options), () => null);
}

async function arm(script: string, { path, armed }: KeepUndo): Promise<Done<null>> {
  try {
    await writeDurably(path, script);
  } catch (error) {
    return failed('enforce-refused', `Cannot keep the undo of a change at "${path}": ${String(error)}, room is needed`);
  }
  return armed();
}

async function writeDurably(path: string, text: string): Promise<void> {
  const staged = `${path}.new`;
  const file = await open(staged, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staged, path);
}

/** No rule used these any more when they were read, so what was read is their last value. */
function lastCounts(names: readonly string[], table: TableReading | null): DecisionCount[] {
  return names.filter(isDecisionCounter).map((name) => ({ name, packets: table?.counters.get(name) ?? 0 }));
}

async function amend(change: Amendment, undo: KeepUndo | null, options: DriverOptions): Promise<Done<Change>> {
  const armed = undo === null ? done(null) : await armDelta(change, undo, options);
  if (armed.kind === 'failed') return armed;
  return mapDone(await apply(renderDelta(change, options), options), () => ({ retired: [] }));
}

async function armDelta(change: Amendment, undo: KeepUndo, options: DriverOptions): Promise<Done<null>> {
  const script = await undoFrom((before) => renderDeltaUndo(change, before, options), options);
  return script.kind === 'failed' ? script : arm(script.value, undo);
}

async function undoFrom(make: (before: string) => string | null, options: DriverOptions): Promise<Done<string>> {
  const before = await listText(options);
  if (before.kind === 'failed') return before;
  const script = make(before.value);
  return script === null
    ? failed('enforce-unreadable', 'Cannot keep an undo: nft does not list our chains')
    : done(script);
}

/** Rules as nft prints them, without elements, to be loaded again as they are; empty where there is no table. */
async function listText(options: DriverOptions): Promise<Done<string>> {
  const listed = await run(['-t', '-nn', 'list', 'table', 'inet', options.table], options);
  return listed.kind === 'failed' && isAbsent(listed) ? done('') : listed;
}

/** Without elements, which nobody needs for planning. */
async function present(options: DriverOptions): Promise<Done<TableReading | null>> {
  const json = await list(options, ['-t']);
  if (json.kind === 'failed' || json.value === null) return json as Done<null>;
  const table = readTable(json.value);
  return table === null
    ? failed('enforce-unreadable', 'Cannot read the listing of nft: it is not JSON as 1.0.6 writes it')
    : done(table);
}

async function counts(options: DriverOptions): Promise<Done<readonly DecisionCount[]>> {
  const json = await run(['-j', 'list', 'counters', 'table', 'inet', options.table], options);
  if (json.kind === 'failed') return isAbsent(json) ? done([]) : json;
  const read = readCounts(json.value);
  return read === null ? failed('enforce-unreadable', 'Cannot read the counters that nft lists: not JSON') : done(read);
}

async function list(options: DriverOptions, flags: readonly string[]): Promise<Done<string | null>> {
  const listed = await run([...flags, '-nn', '-j', 'list', 'table', 'inet', options.table], options);
  if (listed.kind === 'failed' && isAbsent(listed)) return done(null);
  return listed;
}

const isAbsent = (failure: Failure): boolean => failure.message.includes('No such file or directory');

/** From a file: nft cannot read a script from the kind of pipe that Node gives a child. */
async function apply(script: string, options: DriverOptions): Promise<Done<string>> {
  const directory = await mkdtemp(join(tmpdir(), 'bulkhead-nft-'));
  try {
    const file = join(directory, 'ruleset.nft');
    await writeFile(file, script, { mode: 0o600 });
    return await run(['-f', file], options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function run(args: readonly string[], options: DriverOptions): Promise<Done<string>> {
  const [program = 'nft', ...before] = options.command;
  const limits = { timeout: options.timeout, maxBuffer: mostOutput, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    execFile(program, [...before, ...args], limits, (error, stdout, stderr) => {
      if (error === null) resolve(done(stdout));
      else
        resolve(
          failed(failureCode(error), `Cannot run "nft ${args.join(' ')}": ${shortened(stderr || error.message)}`),
        );
    });
  });
}

function failureCode(error: Error & { code?: unknown; killed?: boolean }): FailureCode {
  if (error.code === 'ENOENT') return 'enforce-missing';
  return error.killed === true ? 'enforce-timeout' : 'enforce-refused';
}

/** nft repeats the offending line, which may be a whole map. */
const shortened = (text: string): string => (text.length > 2000 ? `${text.slice(0, 2000)}...` : text.trim());

const done = <T>(value: T): Done<T> => ({ kind: 'done', value });
const failed = (code: FailureCode, message: string): Failure => ({ kind: 'failed', code, message });
const mapDone = <A, B>(from: Done<A>, to: (value: A) => B): Done<B> =>
  from.kind === 'failed' ? from : done(to(from.value));
