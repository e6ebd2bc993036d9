import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Comparison, Depth } from '../back-end.ts';
import { formatHeld } from './held-text.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import { type MapReading, readTable, type TableReading } from './read.ts';
import type { MapShape } from './shape.ts';
import { type Rule, ruleText } from './statements.ts';
import { hookPriority, type TableShape, tableShape } from './table-shape.ts';

export type VerifyInput = {
  readonly ruleset: HostRuleset;
  /** What `nft -nn -j list table` printed; with `-t` for depth `structure`. */
  readonly json: string;
  readonly depth: Depth;
  readonly options?: NftOptions;
};

/** Differences beyond this many are not listed: one is enough to put the ruleset back. */
const mostDifferences = 20;

/**
 * Whether the kernel holds exactly this ruleset: every chain, rule, map, element and the numbers held. Comments of
 * elements and values of counters are not compared: they decide nothing.
 */
export function verify({ ruleset, json, depth, options = defaultNftOptions }: VerifyInput): Comparison {
  const reading = readTable(json);
  if (reading === null) return differs([other('the listing cannot be read')]);
  if (reading.held === null) return differs([missing('the table does not say what it holds')]);
  const { structure, copy } = reading.held;
  const shape = tableShape({ ruleset, structure, copy, options });
  const [says, should] = [formatHeld(reading.held), formatHeld({ ...ruleset, structure, copy })];
  const what = [
    ...(says === should ? [] : [missing(`the table says it holds ${says} instead of ${should}`)]),
    ...compareChains(shape, reading),
    ...compareMaps(shape, reading, depth),
    ...compareNames('counter', shape.counters, reading.counters, 'any'),
    ...compareSets(shape, reading),
  ];
  return what.length === 0 ? { kind: 'same' } : differs(what);
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

/** Older counters may be `any`: they wait to be retired. */
function compareNames(
  noun: string,
  expected: readonly Named[],
  found: ReadonlyMap<string, unknown>,
  others: 'any' | 'none',
): Difference[] {
  const names = new Set(expected.map((item) => item.name));
  const extra = others === 'any' ? [] : [...found.keys()].filter((name) => !names.has(name));
  return [
    ...[...names].filter((name) => !found.has(name)).map((name) => missing(`${noun} ${name} is missing`)),
    ...extra.map((name) => other(`${noun} ${name} is not ours`)),
  ];
}

function compareChains(shape: TableShape, reading: TableReading): Difference[] {
  const out = compareNames('chain', shape.chains, reading.chains, 'none');
  for (const chain of shape.chains) {
    const found = reading.chains.get(chain.name);
    if (found === undefined) continue;
    const hook = chain.hook === null ? [null, null, null] : [chain.hook, hookPriority, 'accept'];
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

function compareMaps(shape: TableShape, reading: TableReading, depth: Depth): Difference[] {
  const out = compareNames('map', shape.maps, reading.maps, 'none');
  for (const map of shape.maps) {
    const found = reading.maps.get(map.name);
    if (found === undefined) continue;
    const flags = map.kind.interval ? ['interval'] : [];
    const value = map.kind.value === 'verdict' ? 'verdict' : 'classid';
    if (!sameJson([found.type, found.value, found.flags], [map.kind.type, value, flags])) {
      out.push(other(`map ${map.name} is of another type`));
    }
    if (depth === 'everything') out.push(...compareElements(map, found));
  }
  return out;
}

/** What they hold is between who learns addresses and the kernel. */
function compareSets({ sets }: TableShape, reading: TableReading): Difference[] {
  const otherwise = sets.filter(({ name, type }) => {
    const found = reading.sets.get(name);
    return found !== undefined && !sameJson([found.type, found.flags], [type, ['timeout']]);
  });
  return [
    ...compareNames('set', sets, reading.sets, 'none'),
    ...otherwise.map(({ name }) => other(`set ${name} is of another type`)),
  ];
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
