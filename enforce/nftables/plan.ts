import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { otherCopy, placeOf, type Where } from './copy.ts';
import { elementLines, isPlain } from './element-lines.ts';
import { entryChains, forwardedCounter } from './entry-chains.ts';
import { ownSets, sharedCopyOf } from './guest-maps.ts';
import { type Epochs, type HeldTable, hasGuests, heldNumbers, nextTable } from './held-table.ts';
import { isNameSet } from './name-sets.ts';
import type { NftOptions } from './options.ts';
import { setsIn, type TableReading } from './read.ts';
import { block, chainLines, counterLines, mapLines, setLines } from './render.ts';
import type { ChainShape } from './shape.ts';
import { type GuestAddresses, placeShape, sharedShape, type TableShape } from './table-shape.ts';
import { restoredChains } from './undo.ts';

/**
 * Scripts that make a table hold one ruleset at one place, each of them one transaction, and the counters they take
 * away: read their last values before.
 *
 * Why more than one: while a transaction is committed, packets meet its rules before they meet the elements of new maps
 * over ports (measured on kernel 6.18), and what is allowed is denied for some milliseconds. So maps are filled first,
 * beside what enforces; `change` alone turns packets to them.
 */
export type Plan = {
  readonly prepare: string | null;
  /** What `bulkhead-helper elements` then puts into maps that `prepare` left empty. Null: nothing. */
  readonly fill: string | null;
  readonly change: string;
  /** Takes away what `change` left without use. */
  readonly clear: string | null;
  /** Takes away what `prepare` made, after a `change` that failed. */
  readonly undo: string | null;
  /** After a `change` without `clear`: from what is then there to what was, of which this is the listing as text. Null: it cannot be read. */
  readonly back: (before: string) => string | null;
  readonly retired: readonly string[];
  /** What the table says after `change`. */
  readonly table: HeldTable;
};

export type Situation = {
  readonly place: number;
  /** Null: no table. */
  readonly present: TableReading | null;
  /** Whose addresses are led to which place now. */
  readonly guests: GuestAddresses;
  /** What the table said when it was last seen, for an epoch that goes on when the table was taken away. */
  readonly remembered: HeldTable | null;
  readonly epochs: Epochs;
  readonly options: NftOptions;
  /** The helper is there to fill maps. */
  readonly fills: boolean;
};

/** From what is present to exactly this ruleset at this place, and everybody else as they are. */
export function planReplacement(ruleset: HostRuleset, situation: Situation): Plan {
  const { place, present, options, fills } = situation;
  const held = present?.held ?? null;
  const before = held?.places.get(place);
  const at: Where = { place, copy: before === undefined ? 'a' : otherCopy(before.copy) };
  const structure = ruleset.generation;
  const table = nextTable(held ?? situation.remembered, situation.epochs, {
    place,
    numbers: heldNumbers(ruleset, structure, at),
    // Maps that all places share change with the copy that they lead to.
    shared: held === null ? 'a' : place === 0 ? held.shared : otherCopy(held.shared),
    fresh: held === null,
  });
  const guests = new Map(held === null ? [] : situation.guests);
  if (place > 0) guests.set(place, ruleset.content.local ?? []);
  const next: Next = { own: placeShape({ ruleset, structure, at, options }), table, guests, place, options, fills };
  return present !== null && held === null ? atOnce(next, present) : beside(next, present ?? nothing);
}

/** From what is present to nothing at this place; null: that is so, or nothing would be left at all. */
export function planRemoval({ place, present, guests, epochs, options, fills }: Situation): Plan | null {
  const held = present?.held ?? null;
  if (present === null || held === null || !held.places.has(place) || held.places.size === 1) return null;
  const shared = place === 0 ? held.shared : otherCopy(held.shared);
  const table = nextTable(held, epochs, { place, numbers: null, shared, fresh: false });
  const others = new Map([...guests].filter(([guest]) => guest !== place));
  const plan = beside({ own: emptyShape, table, guests: others, place, options, fills }, present);
  const counters = [...present.counters.keys()].filter(
    (name) => placeOf(name) === place && name !== forwardedCounter.name,
  );
  const idle = counters.filter((name) => !plan.retired.includes(name));
  const deleted = idle.map((name) => `delete counter inet ${options.table} ${name}`);
  return { ...plan, clear: script([...(plan.clear === null ? [] : [plan.clear]), ...deleted]) };
}

type Next = {
  readonly own: TableShape;
  readonly table: HeldTable;
  readonly guests: GuestAddresses;
  readonly place: number;
  readonly options: NftOptions;
  readonly fills: boolean;
};

const emptyShape: TableShape = { counters: [], maps: [], sets: [], chains: [] };
const nothing: TableReading = {
  held: null,
  counters: new Map(),
  countersInUse: new Set(),
  maps: new Map(),
  sets: new Map(),
  chains: new Map(),
};

function beside({ own, table, guests, place, options, fills }: Next, present: TableReading): Plan {
  const name = options.table;
  const shared = sharedShape(table, guests, options);
  const [used, idle] = partsByUse(present, place);
  const unused = sparing(idle, own, present);
  const retired = idleCounters(present, [own, shared], place);
  const isNew = (item: { readonly name: string }) => !present.maps.has(item.name) && !present.sets.has(item.name);
  const stale = new Set([...unused.maps, ...unused.sets]);
  const made = {
    maps: [...own.maps, ...shared.maps].filter((map) => isNew(map) || stale.has(map.name)),
    sets: [...own.sets, ...shared.sets].filter((set) => isNew(set) || stale.has(set.name)),
    chains: own.chains,
  };
  const filled = new Set(fills ? made.maps.filter(isPlain) : []);
  const prepare = [
    ...removal(unused, name),
    ...retired.map((counter) => `delete counter inet ${name} ${counter}`),
    block(name, [
      ...newCounters([own, shared], present),
      ...made.sets.flatMap(setLines),
      // Without rules yet: rules that ask for connection tracking would start it before any rule of ours is hooked.
      ...made.chains.flatMap((chain) => chainLines({ ...chain, rules: [] })),
      ...made.maps.map((map) => (filled.has(map) ? { ...map, elements: [] } : map)).flatMap(mapLines),
    ]),
  ];
  const change = [
    ...shared.chains.filter((chain) => present.chains.has(chain.name)).map((chain) => flushChain(name, chain.name)),
    block(
      name,
      [...own.chains, ...shared.chains].flatMap((chain) => chainLines({ ...chain, comment: null })),
    ),
  ];
  const clear = removal(sparing(withoutKept(used, shared), own, present), name);
  return {
    prepare: script(prepare),
    fill: filled.size === 0 ? null : [...filled].map(elementLines).join(''),
    change: script(change),
    clear: clear.length === 0 ? null : script(clear),
    undo: script(removal(namesOf({ ...made, counters: [] }), name)),
    back: (before) =>
      back({ before, made: namesOf({ ...made, counters: [] }), entries: shared.chains, present, table: name }),
    retired,
    table,
  };
}

/** A host's own ruleset changes without the maps that all places share. */
function withoutKept(parts: Parts, shared: TableShape): Parts {
  const kept = new Set([...shared.maps, ...shared.sets].map((item) => item.name));
  const others = (names: readonly string[]) => names.filter((name) => !kept.has(name));
  return { maps: others(parts.maps), sets: others(parts.sets), chains: parts.chains };
}

/** Without the sets of names that go on: what they hold was learned. Those that somebody made otherwise do not. */
function sparing(parts: Parts, { sets }: TableShape, present: TableReading): Parts {
  const goesOn = (name: string) => {
    const [next, found] = [sets.find((set) => set.name === name), present.sets.get(name)];
    return next !== undefined && found?.type === next.type && found.flags.join() === 'timeout';
  };
  return { ...parts, sets: parts.sets.filter((name) => !goesOn(name)) };
}

/**
 * For a table that does not say which copies it uses, so that nothing in it may be taken away before the change: the rules
 * were changed by somebody else, and what they do in these milliseconds matters less than putting them back.
 */
function atOnce({ own, table, guests, place, options }: Next, present: TableReading): Plan {
  const name = options.table;
  const shared = sharedShape(table, guests, options);
  const retired = idleCounters(present, [own, shared], place);
  const kept = new Set(shared.chains.map((chain) => chain.name));
  const chains = [...present.chains.keys()].filter((chain) => !kept.has(chain));
  const change = [
    `flush table inet ${name}`,
    ...removal({ maps: [...present.maps.keys()], sets: [...present.sets.keys()], chains }, name),
    ...retired.map((counter) => `delete counter inet ${name} ${counter}`),
    block(name, [
      ...newCounters([own, shared], present),
      ...[own, shared].flatMap((shape) => shape.sets.flatMap(setLines)),
      ...[own, shared].flatMap((shape) => shape.maps.flatMap(mapLines)),
      ...[own, shared].flatMap((shape) => shape.chains.flatMap(chainLines)),
    ]),
  ];
  // What somebody else made of the table is nothing to go back to.
  const open = () => script([`flush table inet ${name}`]);
  return { prepare: null, fill: null, change: script(change), clear: null, undo: null, back: open, retired, table };
}

/** Takes away what this place keeps besides the copies in use; null: there is nothing. */
export function planClearing(present: TableReading, place: number, options: NftOptions): string | null {
  const [, unused] = partsByUse(present, place);
  const clear = removal(unused, options.table);
  return clear.length === 0 ? null : script(clear);
}

type Back = {
  readonly before: string;
  readonly made: Parts;
  readonly entries: readonly ChainShape[];
  readonly present: TableReading;
  readonly table: string;
};

/** Where there was no table there is none again. */
function back({ before, made, entries, present, table }: Back): string | null {
  if (present === nothing) return script([`delete table inet ${table}`]);
  const names = entries.map(({ name }) => name);
  const added = names.filter((name) => !present.chains.has(name));
  const restored = restoredChains(
    before,
    names.filter((name) => present.chains.has(name)),
    table,
  );
  if (restored === null) return null;
  return script([...restored, ...removal({ ...made, chains: [...added, ...made.chains] }, table)]);
}

type Parts = { readonly maps: readonly string[]; readonly sets: readonly string[]; readonly chains: readonly string[] };

const namesOf = ({ maps, sets, chains }: TableShape): Parts => ({
  maps: maps.map((map) => map.name),
  sets: sets.map((set) => set.name),
  chains: chains.map((chain) => chain.name),
});

/**
 * What belongs to this place's copy in use and to the shared one, and what nobody uses: what an interrupted change or
 * somebody else left. What belongs to another place that is held is neither, whatever it is.
 */
function partsByUse({ held, maps, sets, chains }: TableReading, place: number): [used: Parts, unused: Parts] {
  if (held === null) return [noParts, noParts];
  const entries = new Set([...entryNames, ...Object.values(ownSets)]);
  const mine = held.places.get(place)?.copy;
  const isMine = (name: string) => placeOf(name) === place && mine !== undefined && name.endsWith(`_${mine}`);
  // Sets of names belong to no copy: those are used that the rules look at.
  const lookedAt = new Set([...chains].flatMap(([name, { rules }]) => (isMine(name) ? rules.flatMap(setsIn) : [])));
  const isUsed = (name: string) => {
    const shared = sharedCopyOf(name);
    if (isNameSet(name)) return placeOf(name) === place && lookedAt.has(name);
    if (shared !== null) return shared === held.shared && hasGuests(held);
    return isMine(name);
  };
  const isOthers = (name: string) => {
    const owner = placeOf(name);
    return sharedCopyOf(name) === null && owner !== place && owner > 0 && held.places.has(owner);
  };
  // Names without a number are the host's own, if it has a ruleset at all.
  const isHosts = (name: string) =>
    place !== 0 && placeOf(name) === 0 && sharedCopyOf(name) === null && held.places.has(0);
  const names = { maps: [...maps.keys()], sets: [...sets.keys()], chains: [...chains.keys()] };
  const parts = (belongs: (name: string) => boolean): Parts => {
    const those = (list: readonly string[]) =>
      list.filter((name) => !entries.has(name) && !isOthers(name) && !isHosts(name) && belongs(name));
    return { maps: those(names.maps), sets: those(names.sets), chains: those(names.chains) };
  };
  return [parts(isUsed), parts((name) => !isUsed(name))];
}

const noParts: Parts = { maps: [], sets: [], chains: [] };

/** Chains that keep their names, whatever the table holds. */
const entryNames: readonly string[] = entryChains(
  { epoch: 1, shared: 'a', places: new Map() },
  { table: '', logGroup: 0, answerGroup: 0, markMask: 0xffff },
).map((chain) => chain.name);

const flushChain = (table: string, chain: string): string => `flush chain inet ${table} ${chain}`;

/** Flushed rules hold nothing, so maps can go, and then the chains that maps named. */
function removal({ maps, sets, chains }: Parts, table: string): string[] {
  return [
    ...chains.map((name) => flushChain(table, name)),
    ...maps.map((name) => `delete map inet ${table} ${name}`),
    ...sets.map((name) => `delete set inet ${table} ${name}`),
    ...chains.map((name) => `delete chain inet ${table} ${name}`),
  ];
}

function newCounters(shapes: readonly TableShape[], present: TableReading): string[] {
  return shapes
    .flatMap(({ counters }) => counters)
    .filter((counter) => !present.counters.has(counter.name))
    .flatMap(counterLines);
}

/** This place's, or nobody's, that neither the rules that are present nor the new ones use. */
function idleCounters(present: TableReading, shapes: readonly TableShape[], place: number): string[] {
  const named = shapes.flatMap(({ counters }) => counters.map((counter) => counter.name));
  const needed = new Set([...named, ...present.countersInUse]);
  const others = present.held?.places;
  return [...present.counters.keys()].filter((name) => {
    const owner = placeOf(name);
    return !needed.has(name) && (owner === place || others?.has(owner) !== true);
  });
}

const script = (lines: readonly string[]): string => `${lines.join('\n').trimEnd()}\n`;
