import { open, rename } from 'node:fs/promises';
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
  HeldNumbers,
  KeepUndo,
} from '../back-end.ts';
import { inChunks, isTooLong } from './chunks.ts';
import { mostPlaces } from './copy.ts';
import { isDecisionCounter, readCounts } from './counters.ts';
import type { Reference } from './glance.ts';
import { guestMapName } from './guest-maps.ts';
import { formatHeld, type HeldTable, hasGuests, heldNumbers, nextTable } from './held-table.ts';
import { compareAndRemember, glance } from './look.ts';
import {
  apply,
  type DriverOptions,
  defaultDriverOptions,
  done,
  failed,
  isAbsent,
  list,
  listOthers,
  listStructure,
  listText,
  mapDone,
  run,
  runHelper,
} from './nft.ts';
import { type Plan, planClearing, planRemoval, planReplacement, type Situation } from './plan.ts';
import { readTable, type TableReading } from './read.ts';
import { type Delta, renderDelta } from './render-delta.ts';
import { type SharedTable, sharedTable } from './shared-table.ts';
import { sweepBefore } from './sweep.ts';
import type { GuestAddresses } from './table-shape.ts';
import { renderDeltaUndo } from './undo.ts';
import { verifyReading } from './verify.ts';
import { guestAddresses } from './verify-guests.ts';
import { endTraces, whoDrops } from './who-drops.ts';

/**
 * The nftables back end for the ruleset at one place of the table, acting on the network namespace that the process is in.
 * Place 0 is the host's own.
 */
export function nftablesBackEnd(given: Partial<DriverOptions> & { readonly place?: number } = {}): BackEnd {
  const { place = 0, ...others } = given;
  if (!Number.isInteger(place) || place < 0 || place > mostPlaces) throw new Error(`Not a place: ${place}`);
  const options: DriverOptions = { ...defaultDriverOptions, ...others };
  const table = sharedTable(...options.command, options.table);
  const at: At = { place, table, options };
  let reference: Reference | null = null;
  return {
    replace: (ruleset, undo) => inItsTurn(at, () => replace(ruleset, undo ?? null, at)),
    amend: (change, undo) => inItsTurn(at, () => amend(change, undo ?? null, at)),
    settle: () => table.inTurn(() => settle(at)),
    revert: (path) => table.inTurn(() => revert(path, at)),
    held: () => table.inTurn(async () => mapDone(await present(at), (now) => now?.held?.places.get(place) ?? null)),
    compare: async (ruleset, depth) => {
      if (depth === 'structure' || options.helper === null) return compare(ruleset, depth, at);
      const read = await compareAndRemember(ruleset, () => compare(ruleset, depth, at), {
        place,
        copy: () => table.remembered?.places.get(place)?.copy ?? null,
        options,
      });
      reference = read.reference;
      return read.comparison;
    },
    glance: (ruleset, turn) =>
      table.inTurn(async () => {
        if (reference?.hash !== ruleset.hash || reference.generation !== ruleset.generation) return done(null);
        return glance({ ruleset, reference, turn }, options);
      }),
    counts: () => readCounters(place, options),
    remove: () => inItsTurn(at, () => remove(at)),
    whoDrops: (flow, milliseconds) => whoDrops(flow, milliseconds, options),
    others: () => listOthers(options),
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
  const table = sharedTable(...options.command, options.table);
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

/** The decision counters of all places. */
export const nftablesCounts = (given: Partial<DriverOptions> = {}): Promise<Done<readonly DecisionCount[]>> =>
  readCounters('all', { ...defaultDriverOptions, ...given });

type At = { readonly place: number; readonly table: SharedTable; readonly options: DriverOptions };

const inItsTurn = <T>(at: At, task: () => Promise<T>): Promise<T> =>
  at.table.whenSettled(at.place, () => present(at), task);

async function replace(ruleset: HostRuleset, undo: KeepUndo | null, at: At): Promise<Done<Change>> {
  const now = await situation(at);
  if (now.kind === 'failed') return now;
  const taken = takenAddress(ruleset, now.value);
  if (taken !== null) return taken;
  const plan = planReplacement(ruleset, now.value);
  const replaced =
    undo === null
      ? await carryOut(plan, now.value, at)
      : await carryOutKept(plan, { before: now.value, kept: undo }, at);
  if (replaced.kind === 'done' || plan.fill === null) return replaced;
  // Whatever is wrong with the helper or with what it was given: nft takes longer and says more.
  return replace(ruleset, undo, { ...at, options: { ...at.options, helper: null } });
}

/** An address leads to one guest: to let two judge by it would be to let one of them be judged by the other's rules. */
function takenAddress({ workload, content }: HostRuleset, { place, guests }: Situation): Failure | null {
  const wanted = new Set(place === 0 ? [] : content.local);
  for (const [other, addresses] of guests) {
    const taken = other === place ? undefined : addresses.find((address) => wanted.has(address));
    if (taken !== undefined)
      return failed(
        'enforce-refused',
        `Cannot enforce for guest "${workload}": its address ${taken} is that of the guest at place ${other}, each address must be of one`,
      );
  }
  return null;
}

async function remove(at: At): Promise<Done<null>> {
  const { table, options } = at;
  const untraced = at.place === 0 ? await endTraces(options) : done(null);
  if (untraced.kind === 'failed') return untraced;
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

async function compare(ruleset: HostRuleset, depth: Depth, at: At): Promise<Done<Comparison>> {
  const { place, table, options } = at;
  const read = await table.readOnce(depth, () => readWhole(depth, options));
  if (read.kind === 'failed') return read;
  if (read.value === 'absent') return done({ kind: 'differs', what: ['there is no table of ours'], hollow: true });
  return done(verifyReading({ ruleset, place, reading: read.value, depth, options }));
}

/** Null: it cannot be read. */
async function readWhole(depth: Depth, options: DriverOptions): Promise<Done<TableReading | 'absent' | null>> {
  const json = depth === 'structure' ? await listStructure(options) : await list(options);
  return mapDone(json, (text) => (text === null ? 'absent' : readTable(text)));
}

/** All that a plan is made from. */
async function situation(at: At): Promise<Done<Situation>> {
  const { place, table, options } = at;
  const now = await present(at);
  if (now.kind === 'failed') return now;
  const guests = await guestsOf(now.value?.held ?? null, options);
  const epochs = table.epochs(options.markMask);
  const { remembered } = table;
  return mapDone(guests, (known) => ({
    place,
    present: now.value,
    guests: known,
    remembered,
    epochs,
    options,
    fills: options.helper !== null,
  }));
}

/**
 * INVARIANT: failed means that the kernel enforces what it enforced before. What cannot be cleared afterwards enforces
 * nothing, and the next comparison finds it.
 */
async function carryOut(plan: Plan, { present: before }: Situation, at: At): Promise<Done<Change>> {
  const { change, clear, undo } = plan;
  const prepared = await prepareCopy(plan, at.options);
  if (prepared.kind === 'failed') return prepared;
  await sweep(before?.held ?? null, plan.table, at);
  const changed = await apply(change, at.options);
  if (changed.kind === 'failed' && undo !== null) await apply(undo, at.options);
  if (changed.kind === 'done' && clear !== null) await apply(clear, at.options);
  return mapDone(changed, () => {
    at.table.changed(plan.table);
    return { retired: lastCounts(plan.retired, before) };
  });
}

/** What enforces is not touched, and what fails leaves nothing behind. */
async function prepareCopy({ prepare, fill, undo }: Plan, options: DriverOptions): Promise<Done<string>> {
  const prepared = prepare === null ? done('') : await applyUnused(prepare, undo, options);
  if (prepared.kind === 'failed' || fill === null) return prepared;
  const filled = await runHelper(['elements', options.table], fill, options);
  if (filled.kind === 'failed' && undo !== null) await apply(undo, options);
  return filled;
}

/** At once, or bit by bit where the kernel does not take so much in one message: nothing uses it before it is whole. */
async function applyUnused(script: string, undo: string | null, options: DriverOptions): Promise<Done<string>> {
  const whole = await apply(script, options);
  if (whole.kind === 'done' || !isTooLong(whole)) return whole;
  for (const chunk of inChunks(script, options.table)) {
    const applied = await apply(chunk, options);
    if (applied.kind === 'done') continue;
    if (undo !== null) await apply(undo, options);
    return applied;
  }
  return done('');
}

type Keeping = { readonly before: Situation; readonly kept: KeepUndo };

/** As above, and what enforced before stays beside the change until `settle`. */
async function carryOutKept(plan: Plan, { before, kept }: Keeping, at: At): Promise<Done<Change>> {
  const { change, undo, back } = plan;
  const script = await undoFrom(back, at.options);
  if (script.kind === 'failed') return script;
  const prepared = await prepareCopy(plan, at.options);
  if (prepared.kind === 'failed') return prepared;
  const armed = await arm(script.value, kept);
  await sweep(before.present?.held ?? null, plan.table, at);
  const changed = armed.kind === 'failed' ? armed : await apply(change, at.options);
  if (changed.kind === 'failed' && undo !== null) await apply(undo, at.options);
  return mapDone(changed, () => {
    at.table.changed(plan.table);
    const numbers = plan.table.places.get(at.place);
    if (numbers !== undefined) at.table.keep(at.place, numbers);
    return { retired: lastCounts(plan.retired, before.present) };
  });
}

/**
 * A change is made even where this fails: what it narrows is worth more than a flow that slept through thousands of
 * changes. It is tried again at the next.
 */
async function sweep(before: HeldTable | null, after: HeldTable, { table, options }: At): Promise<void> {
  const known = before ?? table.remembered;
  const change = { before: known?.epoch ?? null, next: after.epoch, markMask: options.markMask };
  const due = sweepBefore({ ...change, owed: table.sweepOwed });
  if (due === null || options.sweep === null) return;
  table.sweepOwed = !(await options.sweep(due));
}

/** What a change kept for its undo belongs to the copies that are not in use. */
async function settle(at: At): Promise<Done<null>> {
  const now = await present(at);
  if (now.kind === 'failed') return now;
  const clear = now.value === null ? null : planClearing(now.value, at.place, at.options);
  const settled = clear === null ? done(null) : mapDone(await apply(clear, at.options), () => null);
  at.table.settled(at.place);
  return settled;
}

async function revert(path: string, { place, table, options }: At): Promise<Done<null>> {
  const reverted = mapDone(await run(['-f', path], options), () => null);
  // Whoever changes it next reads what it says.
  table.remembered = null;
  if (reverted.kind === 'done') table.settled(place);
  return reverted;
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

async function amend(change: Amendment, undo: KeepUndo | null, at: At): Promise<Done<Change>> {
  const { place, table, options } = at;
  const { base, next } = change;
  const from = await tableWith(base, at);
  if (from.kind === 'failed') return from;
  const to = nextTable(from.value, table.epochs(options.markMask), {
    place,
    numbers: heldNumbers(next, base.structure, { place, copy: base.copy }),
    shared: from.value.shared,
    fresh: false,
  });
  const delta: Delta = { change, place, from: from.value, to };
  const armed = undo === null ? done(null) : await armDelta(delta, undo, options);
  if (armed.kind === 'failed') return armed;
  await sweep(from.value, to, at);
  const applied = await apply(renderDelta(delta, options), options);
  // In several transactions it would be neither the one nor the other in between; a replacement is not.
  if (applied.kind === 'failed' && isTooLong(applied)) return replace(next, undo, at);
  return mapDone(applied, () => {
    table.changed(to);
    if (undo !== null) table.keep(place, heldNumbers(next, base.structure, { place, copy: base.copy }));
    return { retired: [] };
  });
}

async function armDelta(delta: Delta, undo: KeepUndo, options: DriverOptions): Promise<Done<null>> {
  const script = await undoFrom((before) => renderDeltaUndo(delta, before, options), options);
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
  const json = await listStructure(options);
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

async function readCounters(place: number | 'all', options: DriverOptions): Promise<Done<readonly DecisionCount[]>> {
  const json = await listStructure(options);
  if (json.kind === 'failed') return json;
  if (json.value === null) return done([]);
  const read = readCounts(json.value, place);
  return read === null ? failed('enforce-unreadable', 'Cannot read the counters that nft lists: not JSON') : done(read);
}
