import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Comparison, Depth } from '../back-end.ts';
import { placeOf } from './copy.ts';
import { sharedCopyOf } from './guest-maps.ts';
import { formatHeld, type HeldTable, heldNumbers } from './held-table.ts';
import { isNameSet } from './name-sets.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import { type MapReading, readTable, type TableReading } from './read.ts';
import type { ChainShape, MapShape, SetShape } from './shape.ts';
import { type Rule, ruleText } from './statements.ts';
import { placeShape, sharedShape } from './table-shape.ts';
import { compareGuest } from './verify-guests.ts';

export type VerifyInput = {
  readonly ruleset: HostRuleset;
  readonly place?: number;
  /** What `nft -nn -j list table` printed; with `-t` for depth `structure`. */
  readonly json: string;
  readonly depth: Depth;
  readonly options?: NftOptions;
};

/** `reading`: of that text, or null where it cannot be read. One reading does for all places. */
export type ReadInput = Omit<VerifyInput, 'json'> & { readonly reading: TableReading | null };

/** Differences beyond this many are not listed: one is enough to put the ruleset back. */
const mostDifferences = 20;

/**
 * Whether the kernel holds exactly this ruleset at its place, and around it what all places share: every chain, rule, map,
 * element and the numbers held. What belongs to another place that is held is left to whoever looks at that one.
 * Comments of elements, values of counters and what packets put into sets are not compared: they decide nothing.
 */
export const verify = ({ json, ...input }: VerifyInput): Comparison =>
  verifyReading({ ...input, reading: readTable(json) });

export function verifyReading(input: ReadInput): Comparison {
  const { ruleset, place = 0, reading, depth, options = defaultNftOptions } = input;
  if (reading === null) return differs([other('the listing cannot be read')]);
  const { held } = reading;
  if (held === null) return differs([missing('the table does not say what it holds')]);
  const numbers = held.places.get(place);
  if (numbers === undefined) return differs([missing(`the table does not say what it holds at place ${place}`)]);
  const { structure, copy } = numbers;
  const own = placeShape({ ruleset, structure, at: { place, copy }, options });
  const local = place === 0 ? [] : (ruleset.content.local ?? []);
  const shared = sharedShape(held, new Map(), options);
  const [says, should] = [
    formatHeld(place, numbers),
    formatHeld(place, heldNumbers(ruleset, structure, { place, copy })),
  ];
  const isForeign = (name: string) => !isAnothers(name, place, held);
  const what = [
    ...(says === should ? [] : [missing(`the table says it holds ${says} instead of ${should}`)]),
    ...compareChains([...own.chains, ...shared.chains], reading, isForeign),
    ...compareMaps([...own.maps, ...shared.maps], reading, { depth, isForeign }),
    ...(depth === 'structure' || place === 0 ? [] : compareGuests(reading, held, { place, local })),
    ...compareSets([...own.sets, ...shared.sets], reading, isForeign),
    ...compareNames('counter', [...own.counters, ...shared.counters], {
      found: reading.counters,
      isForeign: () => false,
    }),
  ];
  return what.length === 0 ? { kind: 'same' } : differs(what);
}

/** Of a place that is held: its own host looks at it. */
function isAnothers(name: string, place: number, held: HeldTable): boolean {
  if (sharedCopyOf(name) !== null) return false;
  const owner = placeOf(name);
  if (owner === place || !held.places.has(owner)) return false;
  // What has no number and no copy is no part of the host's own ruleset either, but for what it learned.
  return owner > 0 || isNameSet(name) || /_[ab]$/.test(name);
}

/** `hollow`: see `Comparison`. */
type Difference = { readonly text: string; readonly hollow: boolean };
const missing = (text: string): Difference => ({ text, hollow: true });
const other = (text: string): Difference => ({ text, hollow: false });

const differs = (what: readonly Difference[]): Comparison => ({
  kind: 'differs',
  what: what.slice(0, mostDifferences).map(({ text }) => text),
  hollow: what.some(({ hollow }) => hollow),
});

type Named = { readonly name: string };

type Found = {
  readonly found: ReadonlyMap<string, unknown>;
  /** What is there besides what is expected, and should not be. */
  readonly isForeign: (name: string) => boolean;
};

function compareNames(noun: string, expected: readonly Named[], { found, isForeign }: Found): Difference[] {
  const names = new Set(expected.map((item) => item.name));
  const extra = [...found.keys()].filter((name) => !names.has(name) && isForeign(name));
  return [
    ...[...names].filter((name) => !found.has(name)).map((name) => missing(`${noun} ${name} is missing`)),
    ...extra.map((name) => other(`${noun} ${name} is not ours`)),
  ];
}

function compareChains(
  expected: readonly ChainShape[],
  reading: TableReading,
  isForeign: Found['isForeign'],
): Difference[] {
  const out = compareNames('chain', expected, { found: reading.chains, isForeign });
  for (const chain of expected) {
    const found = reading.chains.get(chain.name);
    if (found === undefined) continue;
    const hook = chain.hook === null ? [null, null, null] : [chain.hook.name, chain.hook.priority, 'accept'];
    if (!sameJson([found.hook, found.priority, found.policy], hook))
      out.push(other(`chain ${chain.name} is hooked otherwise`));
    out.push(...compareRules(chain.name, chain.rules, found.rules));
  }
  return out;
}

function compareRules(chain: string, expected: readonly Rule[], found: readonly (readonly unknown[])[]): Difference[] {
  const out: Difference[] = [];
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    const [want, have] = [expected[i], found[i]];
    if (want === undefined) out.push(other(`chain ${chain} has a rule too many: ${JSON.stringify(have)}`));
    else if (have === undefined) out.push(missing(`chain ${chain} lacks: ${ruleText(want)}`));
    else if (!sameJson(have, jsonOf(want))) {
      out.push(other(`chain ${chain} has ${JSON.stringify(have)} instead of: ${ruleText(want)}`));
    }
  }
  return out;
}

const jsonOf = (rule: Rule): unknown[] => rule.statements.map((statement) => statement.json);

type Looking = { readonly depth: Depth; readonly isForeign: Found['isForeign'] };

function compareMaps(
  expected: readonly MapShape[],
  reading: TableReading,
  { depth, isForeign }: Looking,
): Difference[] {
  const out = compareNames('map', expected, { found: reading.maps, isForeign });
  for (const map of expected) {
    const found = reading.maps.get(map.name);
    if (found === undefined) continue;
    const flags = map.kind.interval ? ['interval'] : [];
    const value = map.kind.value === 'verdict' ? 'verdict' : 'classid';
    if (!sameJson([found.type, found.value, found.flags], [map.kind.type, value, flags])) {
      out.push(other(`map ${map.name} is of another type`));
    }
    if (depth === 'everything' && sharedCopyOf(map.name) === null) out.push(...compareElements(map, found));
  }
  return out;
}

function compareSets(
  expected: readonly SetShape[],
  reading: TableReading,
  isForeign: Found['isForeign'],
): Difference[] {
  const out = compareNames('set', expected, { found: reading.sets, isForeign });
  for (const set of expected) {
    const found = reading.sets.get(set.name);
    if (found === undefined) continue;
    if (found.type !== set.type || isOfDomain(set) !== found.flags.includes('timeout'))
      out.push(other(`set ${set.name} is of another type`));
  }
  return out;
}

const isOfDomain = ({ domain }: SetShape): boolean => domain !== undefined;

function compareGuests(...compared: Parameters<typeof compareGuest>): Difference[] {
  return compareGuest(...compared).map(({ text, lacks }) => (lacks ? missing(text) : other(text)));
}

function compareElements(map: MapShape, found: MapReading): Difference[] {
  const out: Difference[] = [];
  const keys = new Set<string>();
  for (const { key, value } of map.elements) {
    keys.add(key);
    const have = found.elements.get(key);
    if (have === undefined) out.push(other(`map ${map.name} lacks ${key} : ${value}`));
    else if (have !== value) out.push(other(`map ${map.name} has ${key} : ${have} instead of ${value}`));
  }
  // No listing turns an element into none.
  if (found.elements.size < map.elements.length) out.push(missing(`map ${map.name} lacks elements`));
  for (const key of found.elements.keys()) if (!keys.has(key)) out.push(other(`map ${map.name} has ${key} too many`));
  return out;
}

/** Both sides are made of JSON with keys in the order nft prints them. */
const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
