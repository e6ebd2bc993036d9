import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type {
  Amendment,
  BackEnd,
  Change,
  Comparison,
  DecisionCount,
  Depth,
  Done,
  Failure,
  FailureCode,
  HeldNumbers,
} from '../back-end.ts';
import { mostPlaces } from './copy.ts';
import { isDecisionCounter, readCounts } from './counters.ts';
import { guestMapName } from './guest-maps.ts';
import { formatHeld, type HeldTable, hasGuests, nextTable } from './held-table.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import { type Plan, planRemoval, planReplacement, type Situation } from './plan.ts';
import { readTable, type TableReading } from './read.ts';
import { renderDelta } from './render-delta.ts';
import type { GuestAddresses } from './table-shape.ts';
import { guestAddresses, verify } from './verify.ts';

export type DriverOptions = NftOptions & {
  /** The program, and arguments before ours: `['nft']`, or `['ip', 'netns', 'exec', 'x', 'nft']`. */
  readonly command: readonly string[];
  /** Milliseconds after which a run is ended and counts as failed. */
  readonly timeout: number;
};

/** A listing of a million elements is about 100 MB. */
const mostOutput = 512 * 1024 * 1024;
export const defaultDriverOptions: DriverOptions = { ...defaultNftOptions, command: ['nft'], timeout: 30_000 };

/**
 * The nftables back end for the ruleset at one place of the table, acting on the network namespace that the process is in.
 * Place 0 is the host's own.
 */
export function nftablesBackEnd(given: Partial<DriverOptions> & { readonly place?: number } = {}): BackEnd {
  const { place = 0, ...others } = given;
  if (!Number.isInteger(place) || place < 0 || place > mostPlaces) throw new Error(`Not a place: ${place}`);
  const options: DriverOptions = { ...defaultDriverOptions, ...others };
  const table = sharedTable(options);
  const at: At = { place, table, options };
  return {
    replace: (ruleset) => table.inTurn(() => replace(ruleset, at)),
    amend: (change) => table.inTurn(() => amend(change, at)),
    held: () => table.inTurn(async () => mapDone(await present(at), (now) => now?.held?.places.get(place) ?? null)),
    compare: (ruleset, depth) => table.inTurn(() => compare(ruleset, depth, at)),
    counts: () => counts(at),
    remove: () => table.inTurn(() => remove(at)),
  };
}

/** A ruleset that the kernel holds for a guest of this host, and the addresses it is for. */
export type HeldPlace = {
  readonly place: number;
  readonly numbers: HeldNumbers;
  readonly addresses: readonly Address[];
};

/** Everything the table says it holds, the host's own (place 0, without addresses) and its guests'. */
export async function nftablesPlaces(given: Partial<DriverOptions> = {}): Promise<Done<readonly HeldPlace[]>> {
  const options: DriverOptions = { ...defaultDriverOptions, ...given };
  const table = sharedTable(options);
  return table.inTurn(async () => {
    const at: At = { place: 0, table, options };
    const now = await present(at);
    if (now.kind === 'failed') return now;
    const held = now.value?.held ?? null;
    const addresses = await guestsOf(held, options);
    return mapDone(addresses, (known) =>
      [...(held?.places ?? [])].map(([place, numbers]) => ({ place, numbers, addresses: known.get(place) ?? [] })),
    );
  });
}

/** What every back end of one table shares in this process. */
type SharedTable = {
  /** One run after another: what a run reads is what its script changes. */
  inTurn<T>(task: () => Promise<T>): Promise<T>;
  /** What the table said when it was last seen. */
  remembered: HeldTable | null;
};
type At = { readonly place: number; readonly table: SharedTable; readonly options: DriverOptions };

const tables = new Map<string, SharedTable>();

/** The command leads to the namespace. */
function sharedTable({ command, table }: DriverOptions): SharedTable {
  const key = JSON.stringify([command, table]);
  const known = tables.get(key);
  if (known !== undefined) return known;
  let queue: Promise<unknown> = Promise.resolve();
  const made: SharedTable = {
    inTurn: (task) => {
      const turn = queue.then(task);
      queue = turn.catch(() => {});
      return turn;
    },
    remembered: null,
  };
  tables.set(key, made);
  return made;
}

async function replace(ruleset: HostRuleset, at: At): Promise<Done<Change>> {
  const now = await situation(at);
  if (now.kind === 'failed') return now;
  return carryOut(planReplacement(ruleset, now.value), now.value, at);
}

async function remove(at: At): Promise<Done<null>> {
  const { table, options } = at;
  const now = await situation(at);
  if (now.kind === 'failed') return now;
  const plan = planRemoval(now.value);
  if (plan !== null) return mapDone(await carryOut(plan, now.value, at), () => null);
  const { present: listed } = now.value;
  const others = listed?.held ?? null;
  if (listed === null || (others !== null && !others.places.has(at.place))) return done(null);
  const gone = await run(['delete', 'table', 'inet', options.table], options);
  return mapDone(gone, () => {
    table.remembered = null;
    return null;
  });
}

async function compare(ruleset: HostRuleset, depth: Depth, { place, options }: At): Promise<Done<Comparison>> {
  const json = await list(options, depth === 'structure' ? ['-t'] : []);
  if (json.kind === 'failed') return json;
  if (json.value === null) return done({ kind: 'differs', what: ['there is no table of ours'], hollow: true });
  return done(verify({ ruleset, place, json: json.value, depth, options }));
}

/** All that a plan is made from. */
async function situation(at: At): Promise<Done<Situation>> {
  const { place, table, options } = at;
  const { remembered } = table;
  const now = await present(at);
  if (now.kind === 'failed') return now;
  const guests = await guestsOf(now.value?.held ?? null, options);
  return mapDone(guests, (known) => ({ place, present: now.value, guests: known, remembered, options }));
}

/**
 * INVARIANT: failed means that the kernel enforces what it enforced before. What cannot be cleared afterwards enforces
 * nothing, and the next comparison finds it.
 */
async function carryOut(plan: Plan, { present: before }: Situation, { table, options }: At): Promise<Done<Change>> {
  const { prepare, change, clear, undo } = plan;
  const prepared = prepare === null ? done('') : await apply(prepare, options);
  if (prepared.kind === 'failed') return prepared;
  const changed = await apply(change, options);
  if (changed.kind === 'failed' && undo !== null) await apply(undo, options);
  if (changed.kind === 'done' && clear !== null) await apply(clear, options);
  return mapDone(changed, () => {
    table.remembered = plan.table;
    return { retired: lastCounts(plan.retired, before) };
  });
}

/** No rule used these any more when they were read, so what was read is their last value. */
function lastCounts(names: readonly string[], table: TableReading | null): DecisionCount[] {
  return names.filter(isDecisionCounter).map((name) => ({ name, packets: table?.counters.get(name) ?? 0 }));
}

async function amend(change: Amendment, at: At): Promise<Done<Change>> {
  const { place, table, options } = at;
  const { base, next } = change;
  const from = await tableWith(base, at);
  if (from.kind === 'failed') return from;
  const { structure, copy } = base;
  const { generation, revision, version, hash } = next;
  const to = nextTable(from.value, options.markMask, {
    place,
    numbers: { generation, structure, revision, version, hash, copy },
    shared: from.value.shared,
    fresh: false,
  });
  const applied = await apply(renderDelta({ change, place, from: from.value, to }, options), options);
  return mapDone(applied, () => {
    table.remembered = to;
    return { retired: [] };
  });
}

/** What the table says, which must have `base` at this place: as it was last seen, or read now. */
async function tableWith(base: HeldNumbers, at: At): Promise<Done<HeldTable>> {
  const holdsBase = (held: HeldTable | null): held is HeldTable => {
    const numbers = held?.places.get(at.place);
    return numbers !== undefined && formatHeld(at.place, numbers) === formatHeld(at.place, base);
  };
  if (holdsBase(at.table.remembered)) return done(at.table.remembered);
  const now = await present(at);
  if (now.kind === 'failed') return now;
  const held = now.value?.held ?? null;
  if (holdsBase(held)) return done(held);
  return failed(
    'enforce-refused',
    `Cannot amend generation ${base.generation}: the kernel does not hold it, the whole ruleset is needed`,
  );
}

/** Without elements, which nobody needs for planning. */
async function present({ table, options }: At): Promise<Done<TableReading | null>> {
  const json = await list(options, ['-t']);
  if (json.kind === 'failed' || json.value === null) return json as Done<null>;
  const reading = readTable(json.value);
  if (reading === null)
    return failed('enforce-unreadable', 'Cannot read the listing of nft: it is not JSON as 1.0.6 writes it');
  table.remembered = reading.held ?? table.remembered;
  return done(reading);
}

/** Which addresses are led to which guest; their maps are small. */
async function guestsOf(held: HeldTable | null, options: DriverOptions): Promise<Done<GuestAddresses>> {
  if (held === null || !hasGuests(held)) return done(new Map());
  const out = new Map<number, Address[]>();
  for (const ip of ['ip', 'ip6'] as const) {
    const map = guestMapName('to', ip, held.shared);
    const json = await run(['-nn', '-j', 'list', 'map', 'inet', options.table, map], options);
    if (json.kind === 'failed' && !isAbsent(json)) return json;
    const reading = json.kind === 'failed' ? null : readTable(json.value);
    if (reading === null) continue;
    for (const [place, addresses] of guestAddresses(reading, held)) {
      out.set(place, [...(out.get(place) ?? []), ...addresses]);
    }
  }
  return done(out);
}

async function counts({ place, options }: At): Promise<Done<readonly DecisionCount[]>> {
  const json = await run(['-j', 'list', 'counters', 'table', 'inet', options.table], options);
  if (json.kind === 'failed') return isAbsent(json) ? done([]) : json;
  const read = readCounts(json.value, place);
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
