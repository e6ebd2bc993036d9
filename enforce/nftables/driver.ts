import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Amendment, BackEnd, Change, Comparison, DecisionCount, Depth, Done, Failure } from '../back-end.ts';
import { isDecisionCounter, readCounts } from './counters.ts';
import type { Reference } from './glance.ts';
import { compareAndRemember, glance } from './look.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import { type Plan, planReplacement } from './plan.ts';
import { readTable, type TableReading } from './read.ts';
import { renderDelta } from './render-delta.ts';
import { done, failed, mapDone, runProgram } from './run-program.ts';
import { verify } from './verify.ts';

export type DriverOptions = NftOptions & {
  /** The program, and arguments before ours: `['nft']`, or `['ip', 'netns', 'exec', 'x', 'nft']`. */
  readonly command: readonly string[];
  /** Milliseconds after which a run is ended and counts as failed. */
  readonly timeout: number;
  /** `bulkhead-helper`, and arguments before it: reads a table at a cost that does not grow with it. Null: not there. */
  readonly helper: readonly string[] | null;
};

export const defaultDriverOptions: DriverOptions = {
  ...defaultNftOptions,
  command: ['nft'],
  timeout: 30_000,
  helper: null,
};

/** The nftables back end, acting on the network namespace that the process is in. */
export function nftablesBackEnd(given: Partial<DriverOptions> = {}): BackEnd {
  const options: DriverOptions = { ...defaultDriverOptions, ...given };
  let reference: Reference | null = null;
  return {
    replace: (ruleset) => replace(ruleset, options),
    amend: (change) => amend(change, options),
    held: async () => mapDone(await present(options), (table) => table?.held ?? null),
    compare: async (ruleset, depth) => {
      if (depth === 'structure' || options.helper === null) return compare(ruleset, depth, options);
      const read = await compareAndRemember(ruleset, () => compare(ruleset, depth, options), options);
      reference = read.reference;
      return read.comparison;
    },
    glance: async (ruleset, turn) => {
      if (reference?.hash !== ruleset.hash || reference.generation !== ruleset.generation) return done(null);
      return glance({ ruleset, reference, turn }, options);
    },
    counts: () => counts(options),
    remove: async () => {
      const table = await list(options, ['-t']);
      if (table.kind === 'failed' || table.value === null) return mapDone(table, () => null);
      return mapDone(await run(['delete', 'table', 'inet', options.table], options), () => null);
    },
  };
}

async function compare(ruleset: HostRuleset, depth: Depth, options: DriverOptions): Promise<Done<Comparison>> {
  const json = await list(options, depth === 'structure' ? ['-t'] : []);
  if (json.kind === 'failed') return json;
  if (json.value === null) return done({ kind: 'differs', what: ['there is no table of ours'], hollow: true });
  return done(verify({ ruleset, json: json.value, depth, options }));
}

async function replace(ruleset: HostRuleset, options: DriverOptions): Promise<Done<Change>> {
  const table = await present(options);
  if (table.kind === 'failed') return table;
  const plan = planReplacement(ruleset, table.value, options);
  return mapDone(await carryOut(plan, options), () => ({ retired: lastCounts(plan.retired, table.value) }));
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

/** No rule used these any more when they were read, so what was read is their last value. */
function lastCounts(names: readonly string[], table: TableReading | null): DecisionCount[] {
  return names.filter(isDecisionCounter).map((name) => ({ name, packets: table?.counters.get(name) ?? 0 }));
}

async function amend(change: Amendment, options: DriverOptions): Promise<Done<Change>> {
  return mapDone(await apply(renderDelta(change, options), options), () => ({ retired: [] }));
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
  return runProgram({ program, args: [...before, ...args], input: null }, options);
}
