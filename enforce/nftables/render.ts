import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { type HeldTable, heldNumbers, nextTable } from './held-table.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import type { ChainShape, MapElement, MapShape, SetShape } from './shape.ts';
import { type Rule, ruleText } from './statements.ts';
import { placeShape, sharedShape } from './table-shape.ts';

/** The whole table as one script, for a kernel that holds nothing of ours; a guest's ruleset stands at place 1. */
export function renderFull(ruleset: HostRuleset, options: NftOptions = defaultNftOptions): string {
  return renderTable(new Map([[ruleset.content.local === undefined ? 0 : 1, ruleset]]), options);
}

/** The same for a host and its guests, by place. */
export function renderTable(
  rulesets: ReadonlyMap<number, HostRuleset>,
  options: NftOptions = defaultNftOptions,
): string {
  const numbers = (ruleset: HostRuleset, place: number) =>
    heldNumbers(ruleset, ruleset.generation, { place, copy: 'a' });
  const places = new Map([...rulesets].map(([place, ruleset]) => [place, numbers(ruleset, place)]));
  const [first] = places;
  const begun = { place: first?.[0] ?? 0, numbers: first?.[1] ?? null, shared: 'a', fresh: true } as const;
  const table: HeldTable = { ...nextTable(null, { markMask: options.markMask, last: null }, begun), places };
  const addresses = new Map([...rulesets].map(([place, ruleset]) => [place, ruleset.content.local ?? []]));
  const shapes = [
    ...[...rulesets].map(([place, ruleset]) =>
      placeShape({ ruleset, structure: ruleset.generation, at: { place, copy: 'a' }, options }),
    ),
    sharedShape(table, addresses, options),
  ];
  return block(options.table, [
    ...shapes.flatMap(({ counters }) => counters.flatMap(counterLines)),
    ...shapes.flatMap(({ sets }) => sets.flatMap(setLines)),
    // Elements name chains, wherever those stand in the script.
    ...shapes.flatMap(({ maps }) => maps.flatMap(mapLines)),
    ...shapes.flatMap(({ chains }) => chains.flatMap(chainLines)),
  ]);
}

/** Adds to the table; what is there already and named again stays as it is and gets the rules besides. */
export function block(table: string, lines: readonly string[]): string {
  return `${[`table inet ${table} {`, ...lines, '}'].join('\n')}\n`;
}

export function counterLines(counter: { readonly name: string; readonly comment: string }): string[] {
  return [`\tcounter ${counter.name} {`, `\t\tcomment "${counter.comment}"`, '\t}'];
}

/** As many addresses as a host may have; beyond it, what is published on others is not seen to be the host's. */
const mostRemembered = 65_535;

/** Adding a set that is there leaves it and its elements as they are. */
export function setLines(set: SetShape): string[] {
  if (set.domain !== undefined)
    return [`\tset ${set.name} {`, `\t\ttype ${set.type}`, '\t\tflags timeout', `\t\tcomment "${set.domain}"`, '\t}'];
  return [
    `\tset ${set.name} {`,
    `\t\ttype ${set.type}`,
    ...(set.elements === null ? [`\t\tsize ${mostRemembered}`, '\t\tflags dynamic'] : []),
    ...elementLines((set.elements ?? []).map((key) => ({ key, value: null, comment: null }))),
    '\t}',
  ];
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

function elementLines(elements: readonly Element[]): string[] {
  if (elements.length === 0) return [];
  return ['\t\telements = {', ...elements.map((element) => `\t\t\t${elementText(element)},`), '\t\t}'];
}

type Element = Omit<MapElement, 'value'> & { readonly value: string | null };

export function elementText({ key, value, comment }: Element): string {
  const named = comment === null ? key : `${key} comment "${comment}"`;
  return value === null ? named : `${named} : ${value}`;
}

export function chainLines(chain: ChainShape): string[] {
  return [
    `\tchain ${chain.name} {`,
    ...(chain.comment === null ? [] : [`\t\tcomment "${chain.comment}"`]),
    ...(chain.hook === null
      ? []
      : [`\t\ttype filter hook ${chain.hook.name} priority ${chain.hook.priority}; policy accept;`]),
    ...chain.rules.map((rule: Rule) => `\t\t${ruleText(rule)}`),
    '\t}',
  ];
}
