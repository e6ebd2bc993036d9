import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Comparison, Glance } from '../back-end.ts';
import { placeOf, type Where } from './copy.ts';
import { ownSets } from './guest-maps.ts';
import { digestElements, type KernelTable } from './kernel-table.ts';
import { elementsOf, largeMaps, sliceOf } from './slice.ts';

/**
 * What the kernel held when the whole listing of nft was last found to be the ruleset, in the kernel's own form: what
 * equals it later is the ruleset still. Kept in memory alone; without one, a look proves nothing and says so.
 */
export type Reference = {
  readonly hash: string;
  readonly generation: number;
  /** Whose names. */
  readonly at: Where;
  /** Null: rules of somebody were changed during the listing, so that no epoch stands for it. */
  readonly epoch: number | null;
  readonly chains: ReadonlyMap<string, string>;
  /** Of all maps. */
  readonly definitions: ReadonlyMap<string, string>;
  /** Of the small maps: one digest of all elements. */
  readonly contents: ReadonlyMap<string, string>;
};

/** The listing lay between these two readings; null where something of ours changed between them. */
export function makeReference(
  { hash, generation, content }: HostRuleset,
  at: Where,
  readings: readonly [KernelTable, KernelTable],
): Reference | null {
  const [before, after] = [belonging(readings[0], at), belonging(readings[1], at)];
  const definitions = new Map([...after.maps].map(([name, map]) => [name, map.definition]));
  const large = largeMaps(content, at);
  const contents = new Map(
    [...definitions.keys()]
      .filter((name) => !large.has(name) && !isFilledByPackets(name))
      .map((name) => [name, digestElements(after.elements.get(name))]),
  );
  if (!sameEntries(before.chains, after.chains)) return null;
  const quiet = before.epoch === after.epoch && !before.disturbed && !after.disturbed;
  return { hash, generation, at, epoch: quiet ? after.epoch : null, chains: after.chains, definitions, contents };
}

/** What is at a place and what all places share; others are looked at by themselves. */
function belonging(table: KernelTable, at: Where): KernelTable {
  const of = <T>(named: ReadonlyMap<string, T>) => new Map([...named].filter(([name]) => isAt(name, at)));
  return { ...table, chains: of(table.chains), maps: of(table.maps) };
}

const isAt = (name: string, { place }: Where): boolean => [0, place].includes(placeOf(name));
/** Without a change of rules, and deciding nothing. */
const isFilledByPackets = (name: string): boolean => Object.values(ownSets).includes(name);

/** What to ask the kernel for in one turn: the small maps whole, a slice of the large ones. */
export function glanceRequest({ content, generation }: HostRuleset, reference: Reference, turn: number): string {
  const slice = sliceOf(content, generation, turn);
  const elements = elementsOf(content, reference.at, slice).map(({ map, key }) => `${map} ${key}`);
  return lines([...[...reference.contents.keys()].map((name) => `all ${name}`), ...elements]);
}

/** All elements of every map but the large ones. */
export const referenceRequest = ({ content }: HostRuleset, at: Where, { maps }: KernelTable): string => {
  const large = largeMaps(content, at);
  const small = [...maps.keys()].filter((name) => !large.has(name) && isAt(name, at));
  return lines(small.map((name) => `all ${name}`));
};

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

export type GlanceInput = {
  readonly ruleset: HostRuleset;
  readonly reference: Reference;
  /** Null: there is no table of ours. */
  readonly table: KernelTable | null;
  readonly turn: number;
};

export function judgeGlance({ ruleset, reference, table: whole, turn }: GlanceInput): Glance {
  const slice = sliceOf(ruleset.content, ruleset.generation, turn);
  if (whole === null) {
    return { epoch: null, untouched: false, slice, comparison: differs(['there is no table of ours'], true) };
  }
  const table = belonging(whole, reference.at);
  const large = largeMaps(ruleset.content, reference.at);
  const what = [
    ...differences('chain', reference.chains, table.chains),
    ...differences('map', reference.definitions, new Map([...table.maps].map(([name, map]) => [name, map.definition]))),
    ...[...reference.contents]
      .filter(([name, content]) => table.maps.has(name) && digestElements(table.elements.get(name)) !== content)
      .map(([name]) => `map ${name} has other elements than were read`),
    ...[...large].flatMap(([name, size]) => wrongSize(name, size, table)),
    ...elementsOf(ruleset.content, reference.at, slice).flatMap(({ map, key, value }) => {
      const have = table.elements.get(map)?.get(key);
      return have === value ? [] : [`map ${map} has ${have ?? 'nothing'} at ${key} instead of ${value}`];
    }),
  ];
  const untouched = reference.epoch !== null && table.epoch === reference.epoch && !table.disturbed;
  return {
    epoch: table.epoch,
    untouched,
    slice,
    comparison: what.length === 0 ? { kind: 'same' } : differs(what, false),
  };
}

function wrongSize(name: string, size: number, { maps }: KernelTable): string[] {
  const found = maps.get(name)?.size ?? null;
  return found === null || found === size ? [] : [`map ${name} has ${found} elements instead of ${size}`];
}

function differences(noun: string, was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>): string[] {
  return [
    ...[...was]
      .filter(([name, text]) => is.get(name) !== text)
      .map(([name]) => `${noun} ${name} is not as it was read`),
    ...[...is.keys()].filter((name) => !was.has(name)).map((name) => `${noun} ${name} is not ours`),
  ];
}

const sameEntries = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  differences('', a, b).length === 0;

const mostDifferences = 20;
const differs = (what: readonly string[], hollow: boolean): Comparison => ({
  kind: 'differs',
  what: what.slice(0, mostDifferences),
  hollow,
});
