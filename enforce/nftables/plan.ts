import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { type Copy, otherCopy } from './copy.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import { setsIn, type TableReading } from './read.ts';
import { block, chainLines, counterLines, mapLines, setLines } from './render.ts';
import type { ChainShape } from './shape.ts';
import { type TableShape, tableShape } from './table-shape.ts';
import { restoredChains } from './undo.ts';

/**
 * Scripts that make a table hold one ruleset, each of them one transaction, and the counters they take away: read their
 * last values before.
 *
 * Why more than one: while a transaction is committed, packets meet its rules before they meet the elements of new maps
 * over ports (measured on kernel 6.18), and what is allowed is denied for some milliseconds. So maps are filled first,
 * beside what enforces; `change` alone turns packets to them.
 */
export type Plan = {
  readonly prepare: string | null;
  readonly change: string;
  /** Takes away what `change` left without use. */
  readonly clear: string | null;
  /** Takes away what `prepare` made, after a `change` that failed. */
  readonly undo: string | null;
  /** After a `change` without `clear`: from what is then there to what was, of which this is the listing as text. Null: it cannot be read. */
  readonly back: (before: string) => string | null;
  readonly retired: readonly string[];
};

/** From what is `present` (null: no table) to exactly this ruleset. */
export function planReplacement(
  ruleset: HostRuleset,
  present: TableReading | null,
  options: NftOptions = defaultNftOptions,
): Plan {
  const input = { ruleset, structure: ruleset.generation, options };
  if (present === null) return beside(tableShape({ ...input, copy: 'a' }), nothing, options.table);
  const copy = present.held === null ? 'a' : otherCopy(present.held.copy);
  const shape = tableShape({ ...input, copy });
  const isOurs = present.held !== null && !hasOtherSets(shape, present);
  return isOurs ? beside(shape, present, options.table) : atOnce(shape, present, options.table);
}

/** Somebody made sets of other types under our names: what refers to them has to go before they can. */
function hasOtherSets({ sets }: TableShape, present: TableReading): boolean {
  return sets.some(({ name, type }) => {
    const found = present.sets.get(name);
    return found !== undefined && (found.type !== type || found.flags.join() !== 'timeout');
  });
}

const nothing: TableReading = {
  held: null,
  counters: new Map(),
  countersInUse: new Set(),
  maps: new Map(),
  sets: new Map(),
  chains: new Map(),
};

function beside(shape: TableShape, present: TableReading, table: string): Plan {
  const behind = shape.chains.filter((chain) => !isEntry(chain.name));
  const [used, unused] = partsByUse(present);
  const retired = idleCounters(present, shape);
  const prepare = [
    ...removal(sparing(unused, shape), table),
    ...retired.map((name) => `delete counter inet ${table} ${name}`),
    block(table, [
      ...newCounters(shape, present),
      // Without rules yet: rules that ask for connection tracking would start it before any rule of ours is hooked.
      ...behind.flatMap((chain) => chainLines({ ...chain, rules: [] })),
      ...shape.sets.flatMap(setLines),
      ...shape.maps.flatMap(mapLines),
    ]),
  ];
  const entries = shape.chains.filter((chain) => isEntry(chain.name) && present.chains.has(chain.name));
  const change = [
    ...entries.map((chain) => `flush chain inet ${table} ${chain.name}`),
    block(
      table,
      shape.chains.flatMap((chain) => chainLines({ ...chain, comment: null })),
    ),
  ];
  const made: Parts = {
    maps: shape.maps.map((map) => map.name),
    sets: shape.sets.map((set) => set.name).filter((name) => !present.sets.has(name)),
    chains: behind.map((chain) => chain.name),
  };
  const clear = removal(sparing(used, shape), table);
  return {
    prepare: script(prepare),
    change: script(change),
    clear: clear.length === 0 ? null : script(clear),
    undo: script(removal(made, table)),
    back: (before) => back({ before, made, entries: shape.chains.filter(isEntryShape), present, table }),
    retired,
  };
}

/**
 * For a table that does not say which copy it uses, so that nothing in it may be taken away before the change: the rules
 * were changed by somebody else, and what they do in these milliseconds matters less than putting them back.
 */
function atOnce(shape: TableShape, present: TableReading, table: string): Plan {
  const retired = idleCounters(present, shape);
  const kept = new Set(shape.chains.filter((chain) => chain.hook !== null).map((chain) => chain.name));
  const chains = [...present.chains.keys()].filter((name) => !kept.has(name));
  const change = [
    `flush table inet ${table}`,
    ...removal({ maps: [...present.maps.keys()], sets: [...present.sets.keys()], chains }, table),
    ...retired.map((name) => `delete counter inet ${table} ${name}`),
    block(table, [
      ...newCounters(shape, present),
      ...shape.sets.flatMap(setLines),
      ...shape.maps.flatMap(mapLines),
      ...shape.chains.flatMap(chainLines),
    ]),
  ];
  // What somebody else made of the table is nothing to go back to.
  const open = () => script([`flush table inet ${table}`]);
  return { prepare: null, change: script(change), clear: null, undo: null, back: open, retired };
}

/** Null: there is nothing besides the copy in use. */
export function planClearing(present: TableReading, options: NftOptions = defaultNftOptions): string | null {
  if (present.held === null) return null;
  const [, unused] = partsByUse(present);
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

const isEntryShape = ({ name }: ChainShape): boolean => isEntry(name);

/** Chains that keep their names: the hooked ones, and the one that says what is held. */
const isEntry = (name: string): boolean => name === 'input' || name === 'output' || name === 'held';

type Parts = { readonly maps: readonly string[]; readonly sets: readonly string[]; readonly chains: readonly string[] };

/** What belongs to the copy in use, and what an interrupted change or somebody else left. */
function partsByUse({ held, maps, sets, chains }: TableReading): [used: Parts, unused: Parts] {
  const isUsed = (name: string) => held !== null && name.endsWith(suffix(held.copy));
  const others = [...chains.keys()].filter((name) => !isEntry(name));
  const mapNames = [...maps.keys()];
  // Sets belong to no copy: those are used that its rules look at.
  const lookedAt = new Set([...chains].flatMap(([name, { rules }]) => (isUsed(name) ? rules.flatMap(setsIn) : [])));
  const setNames = [...sets.keys()];
  return [
    {
      maps: mapNames.filter(isUsed),
      sets: setNames.filter((name) => lookedAt.has(name)),
      chains: others.filter(isUsed),
    },
    {
      maps: mapNames.filter((name) => !isUsed(name)),
      sets: setNames.filter((name) => !lookedAt.has(name)),
      chains: others.filter((name) => !isUsed(name)),
    },
  ];
}

/** Without the sets that go on: what they hold was learned. */
function sparing(parts: Parts, shape: TableShape): Parts {
  const kept = new Set(shape.sets.map(({ name }) => name));
  return { ...parts, sets: parts.sets.filter((name) => !kept.has(name)) };
}

const suffix = (copy: Copy): string => `_${copy}`;

/** Flushed rules hold nothing, so maps can go, and then the chains that maps named. */
function removal({ maps, sets, chains }: Parts, table: string): string[] {
  return [
    ...chains.map((name) => `flush chain inet ${table} ${name}`),
    ...maps.map((name) => `delete map inet ${table} ${name}`),
    ...sets.map((name) => `delete set inet ${table} ${name}`),
    ...chains.map((name) => `delete chain inet ${table} ${name}`),
  ];
}

function newCounters(shape: TableShape, present: TableReading): string[] {
  return shape.counters.filter((counter) => !present.counters.has(counter.name)).flatMap(counterLines);
}

/** Neither the rules that are present nor the new ones use them. */
function idleCounters(present: TableReading, shape: TableShape): string[] {
  const needed = new Set([...shape.counters.map((counter) => counter.name), ...present.countersInUse]);
  return [...present.counters.keys()].filter((name) => !needed.has(name));
}

const script = (lines: readonly string[]): string => `${lines.join('\n').trimEnd()}\n`;
