import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import type { ChainShape, MapElement, MapShape, SetShape } from './shape.ts';
import { type Rule, ruleText } from './statements.ts';
import { hookPriority, tableShape } from './table-shape.ts';

/** The whole table as one script, for a kernel that holds nothing of ours. */
export function renderFull(ruleset: HostRuleset, options: NftOptions = defaultNftOptions): string {
  const shape = tableShape({ ruleset, structure: ruleset.generation, copy: 'a', options });
  return block(options.table, [
    ...shape.counters.flatMap(counterLines),
    ...shape.sets.flatMap(setLines),
    ...shape.maps.flatMap(mapLines),
    ...shape.chains.flatMap(chainLines),
  ]);
}

/** Adds to the table; what is there already and named again stays as it is and gets the rules besides. */
export function block(table: string, lines: readonly string[]): string {
  return `${[`table inet ${table} {`, ...lines, '}'].join('\n')}\n`;
}

export function counterLines(counter: { readonly name: string; readonly comment: string }): string[] {
  return [`\tcounter ${counter.name} {`, `\t\tcomment "${counter.comment}"`, '\t}'];
}

/** Adding a set that is there leaves it and its elements as they are. */
export function setLines({ name, type, comment }: SetShape): string[] {
  return [`\tset ${name} {`, `\t\ttype ${type}`, '\t\tflags timeout', `\t\tcomment "${comment}"`, '\t}'];
}

export function mapLines(map: MapShape): string[] {
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
