import type { TiersDocument } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { fixedTiers } from '../words.ts';
import { readFields, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { checkName, readList, readText } from './values.ts';

/** Names in one order: people have a handful, an imported cluster one for every rule of its administrators. */
export const tierLimit = 2000;

type Step = TiersDocument['order'][number];

/** A name as it stands in the order, for the checks that need all of them. */
type Mention = { readonly name: string; readonly offset: number };

/** What the order names: groups with what is inside them, and tiers on their own. */
type Mentions = {
  readonly groups: Map<string, readonly Mention[]>;
  readonly tiers: Mention[];
  readonly heads: Mention[];
};

export function readTiers(reading: Reading, tree: Tree): TiersDocument | null {
  const fields = readFields(reading, tree, { what: 'a Tiers', keys: ['kind', 'order'] });
  if (fields === null) return null;
  const order = requireField(reading, fields, 'order');
  const mentions: Mentions = { groups: new Map(), tiers: [], heads: [] };
  if (order !== null) refuseEmpty(reading, order, 'the order of tiers');
  const steps =
    order === null ? [] : readList(order, { reading, what: 'the order' }, (item) => readStep(reading, item, mentions));
  if (steps.length > tierLimit || [...mentions.groups.values()].flat().length > tierLimit)
    reading.report(tree.offset, tooManyTiers);
  else {
    checkGroups(reading, mentions);
    checkNames(reading, mentions);
  }
  return { kind: 'Tiers', order: steps, place: reading.place(tree.offset) };
}

function readStep(reading: Reading, tree: Tree, mentions: Mentions): Step | null {
  if (tree.kind !== 'map') {
    const name = readTierName(reading, tree);
    if (name !== null) mentions.tiers.push({ name, offset: tree.offset });
    return name === null ? null : { kind: 'tier', name };
  }
  const fields = readFields(reading, tree, { what: 'a group of tiers', keys: ['group', 'tiers'] });
  const [group, list] = [
    fields && requireField(reading, fields, 'group'),
    fields && requireField(reading, fields, 'tiers'),
  ];
  const name = group === null ? null : readTierName(reading, group);
  if (list !== null) refuseEmpty(reading, list, 'the tiers of a group');
  const inside =
    list === null ? [] : readList(list, { reading, what: 'the tiers of a group' }, (item) => readInner(reading, item));
  if (group === null || name === null) return null;
  mentions.heads.push({ name, offset: group.offset });
  mentions.groups.set(name, inside);
  return { kind: 'group', name, tiers: inside.map((mention) => mention.name) };
}

function readInner(reading: Reading, tree: Tree): Mention | null {
  if (tree.kind === 'map') {
    reading.report(tree.offset, nestedGroup('a group'));
    return null;
  }
  const name = readTierName(reading, tree);
  return name === null ? null : { name, offset: tree.offset };
}

function readTierName(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the name of a tier');
  return text !== null && checkName(reading, tree, text) ? text : null;
}

/** Groups hold tiers only. A group that comes back to itself is told apart: no order could ever be made of it. */
function checkGroups(reading: Reading, { groups }: Mentions): void {
  for (const [group, inside] of groups)
    for (const { name, offset } of inside) {
      if (!groups.has(name)) continue;
      const path = pathBack(groups, name, group);
      reading.report(offset, path === null ? nestedGroup(`the group "${name}"`) : cyclicGroup([group, ...path]));
    }
}

/** The names from `from` to `target` through groups in groups, both included; null when there is no way. */
function pathBack(groups: Mentions['groups'], from: string, target: string): string[] | null {
  const before = new Map<string, string | null>([[from, null]]);
  for (const name of before.keys()) {
    if (name === target) return walkBack(before, name);
    for (const inner of groups.get(name) ?? [])
      if (groups.has(inner.name) && !before.has(inner.name)) before.set(inner.name, name);
  }
  return null;
}

function walkBack(before: ReadonlyMap<string, string | null>, end: string): string[] {
  const path: string[] = [];
  for (let name: string | null | undefined = end; typeof name === 'string'; name = before.get(name)) path.unshift(name);
  return path;
}

function checkNames(reading: Reading, { groups, tiers, heads }: Mentions): void {
  const inside = [...groups.values()].flat().filter(({ name }) => !groups.has(name));
  const seen = new Set<string>();
  for (const { name, offset } of [...heads, ...tiers, ...inside]) {
    if (fixedTiers.some((fixed) => fixed === name)) reading.report(offset, fixedTier(name));
    else if (seen.has(name)) reading.report(offset, duplicateTier(name));
    seen.add(name);
  }
}

function nestedGroup(what: string): Finding {
  const needed = 'the names of tiers are needed there';
  return { code: 'nested-group', cannot: 'read the group of tiers', so: `${what} stands inside it`, needed };
}

function cyclicGroup(path: readonly string[]): Finding {
  const so = `it comes back to itself: ${path.slice(0, 10).join(' -> ')}`;
  return { code: 'cyclic-group', cannot: 'read the group of tiers', so, needed: 'the names of tiers are needed there' };
}

export const tooManyTiers: Finding = {
  code: 'too-many-tiers',
  cannot: 'read the order of tiers',
  so: `it names more than ${tierLimit}`,
  needed: 'fewer are needed',
};

function fixedTier(value: string): Finding {
  const so = `${fixedTiers.join(', ')} always come first, in that order`;
  return { code: 'fixed-tier', cannot: 'place the tier', value, so, needed: 'the order of the others alone is needed' };
}

function duplicateTier(value: string): Finding {
  const so = 'the order has that name before';
  return { code: 'duplicate-tier', cannot: 'place the tier', value, so, needed: 'each name once is needed' };
}
