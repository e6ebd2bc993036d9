import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import type { TableReading } from './read.ts';
import type { ChainShape, MapElement, MapShape } from './shape.ts';
import { type Rule, ruleText } from './statements.ts';
import { hookPriority, type TableShape, tableShape } from './table-shape.ts';

/** What a transaction does and which counters it takes away: read their last values before it runs. */
export type Plan = { readonly script: string; readonly retired: readonly string[] };

/**
 * One transaction from what is `present` (null: no table) to exactly this ruleset. The table and its two hooked chains
 * stay, so no packet passes unjudged in between; named counters stay while the rules that are present use them or
 * the new ones do, and are retired after that.
 */
export function renderFull(
  ruleset: HostRuleset,
  present: TableReading | null,
  options: NftOptions = defaultNftOptions,
): Plan {
  const shape = tableShape({ ruleset, structure: ruleset.generation, options });
  const retired = present === null ? [] : idleCounters(present, shape);
  const lines = [
    ...(present === null ? [] : clearing(present, shape, options.table)),
    ...retired.map((name) => `delete counter inet ${options.table} ${name}`),
    `table inet ${options.table} {`,
    ...shape.counters.filter((c) => present === null || !present.counters.has(c.name)).flatMap(counterLines),
    ...shape.maps.flatMap(mapLines),
    ...shape.chains.flatMap(chainLines),
    '}',
  ];
  return { script: `${lines.join('\n')}\n`, retired };
}

/** Flushed rules hold nothing, so maps can go, and then the chains that maps named. */
function clearing(present: TableReading, shape: TableShape, table: string): string[] {
  const kept = new Set(shape.chains.filter((chain) => chain.hook !== null).map((chain) => chain.name));
  const chains = [...present.chains.keys()].filter((name) => !kept.has(name));
  return [
    `flush table inet ${table}`,
    ...[...present.maps.keys()].map((name) => `delete map inet ${table} ${name}`),
    ...present.sets.map((name) => `delete set inet ${table} ${name}`),
    ...chains.map((name) => `delete chain inet ${table} ${name}`),
  ];
}

function idleCounters(present: TableReading, shape: TableShape): string[] {
  const needed = new Set([...shape.counters.map((counter) => counter.name), ...present.countersInUse]);
  return [...present.counters.keys()].filter((name) => !needed.has(name));
}

function counterLines(counter: { readonly name: string; readonly comment: string }): string[] {
  return [`\tcounter ${counter.name} {`, `\t\tcomment "${counter.comment}"`, '\t}'];
}

function mapLines(map: MapShape): string[] {
  return [
    `\tmap ${map.name} {`,
    `\t\ttypeof ${map.kind.key} : ${map.kind.value}`,
    ...(map.kind.interval ? ['\t\tflags interval'] : []),
    ...elementLines(map.elements),
    '\t}',
  ];
}

function elementLines(elements: readonly MapElement[]): string[] {
  if (elements.length === 0) return [];
  return ['\t\telements = {', ...elements.map((element) => `\t\t\t${elementText(element)},`), '\t\t}'];
}

export function elementText({ key, value, comment }: MapElement): string {
  return comment === null ? `${key} : ${value}` : `${key} comment "${comment}" : ${value}`;
}

export function chainLines(chain: ChainShape): string[] {
  return [
    `\tchain ${chain.name} {`,
    ...(chain.comment === null ? [] : [`\t\tcomment "${chain.comment}"`]),
    ...(chain.hook === null ? [] : [`\t\ttype filter hook ${chain.hook} priority ${hookPriority}; policy accept;`]),
    ...chain.rules.map((rule: Rule) => `\t\t${ruleText(rule)}`),
    '\t}',
  ];
}
