import { compareBytes } from './byte-order.ts';
import type { TiersDocument } from './documents.ts';
import { type Finding, problemOf } from './finding.ts';
import { formatPlace } from './format-problem.ts';
import { type Before, type OneOrder, oneOrder, type Said } from './one-order.ts';
import type { Place, Problem } from './problem.ts';
import { tierLimit, tooManyTiers } from './read/tiers.ts';

/**
 * `merged` is null where nothing is declared. With problems it has every tier, in an order without meaning: which tiers
 * there are is known even so.
 */
export type MergedTiers = { readonly merged: TiersDocument | null; readonly problems: readonly Problem[] };

/**
 * SPEC T6-T8: several documents are one order. One alone stays as it is. Problems: `contradicting-tiers`, and
 * `too-many-tiers` where all of them together cross the limit of one.
 */
export function mergeTiers(documents: readonly TiersDocument[]): MergedTiers {
  // Which of two documents has the problem depends on where they stand, and not on which was read first.
  const [first, ...others] = [...documents].sort((a, b) => comparePlaces(a.place, b.place));
  if (first === undefined || others.length === 0) return { merged: first ?? null, problems: [] };
  const all = [first, ...others];
  const clashes = clashesIn(all);
  if (clashes.length > 0) return { merged: { ...first, order: everyTier(all) }, problems: clashes };
  const heads = oneOrder(all.map(({ order, place }) => ({ names: order.map(({ name }) => name), place })));
  const groups = new Map([...groupsIn(all)].map(([name, said]) => [name, oneOrder(said)]));
  const order = heads.names.map((name): Step => {
    const inside = groups.get(name);
    return inside === undefined ? { kind: 'tier', name } : { kind: 'group', name, tiers: inside.names };
  });
  const problems = [heads, ...groups.values()].flatMap((one) => circleIn(one, groups));
  const count = Math.max(order.length, [...groups.values()].flatMap(({ names }) => names).length);
  if (count > tierLimit) problems.push(problemOf(tooManyTiers, all.at(-1)?.place ?? null));
  return { merged: { ...first, order }, problems };
}

/** The tiers of an order, first to last, groups opened. */
export function tierNames({ order }: TiersDocument): string[] {
  return order.flatMap((step) => (step.kind === 'tier' ? [step.name] : step.tiers));
}

type Step = TiersDocument['order'][number];

const comparePlaces = (a: Place, b: Place): number =>
  compareBytes(a.file, b.file) || a.line - b.line || a.column - b.column;

const everyTier = (documents: readonly TiersDocument[]): Step[] =>
  [...new Set(documents.flatMap(tierNames))].map((name) => ({ kind: 'tier', name }));

/** What the documents say of the inside of each group. */
function groupsIn(documents: readonly TiersDocument[]): ReadonlyMap<string, readonly Said[]> {
  const groups = new Map<string, Said[]>();
  for (const { order, place } of documents)
    for (const step of order) {
      if (step.kind === 'group')
        groups.set(step.name, [...(groups.get(step.name) ?? []), { names: step.tiers, place }]);
    }
  return groups;
}

/** What a name is, in words: two documents that have it agree on that. */
type Role = { readonly name: string; readonly is: string };

function rolesIn({ order }: TiersDocument): readonly Role[] {
  return order.flatMap((step) => {
    if (step.kind === 'tier') return [{ name: step.name, is: 'a tier in no group' }];
    const inside = step.tiers.map((name) => ({ name, is: `a tier of group "${step.name}"` }));
    return [{ name: step.name, is: 'a group' }, ...inside];
  });
}

function clashesIn(documents: readonly TiersDocument[]): Problem[] {
  const known = new Map<string, Role & { readonly place: Place }>();
  const clashes = new Map<string, Problem>();
  for (const document of documents)
    for (const role of rolesIn(document)) {
      const before = known.get(role.name);
      if (before === undefined) known.set(role.name, { ...role, place: document.place });
      else if (before.is !== role.is && !clashes.has(role.name))
        clashes.set(role.name, problemOf(clash(role, before), document.place));
    }
  return [...clashes.values()];
}

const wrong = { code: 'contradicting-tiers', needed: 'documents that agree are needed' } as const;

function clash({ name, is }: Role, before: Role & { readonly place: Place }): Finding {
  const so = `it is ${is} here and ${before.is} in ${formatPlace(before.place)}`;
  return { ...wrong, cannot: 'place the tier', value: name, so };
}

/** Of a circle through many documents that a message tells. */
const toldMost = 10;

function circleIn({ circle }: OneOrder, groups: ReadonlyMap<string, unknown>): Problem[] {
  if (circle === null) return [];
  const told = circle.slice(0, toldMost);
  const value = told.map(({ first }) => first).join(', ');
  const so = told.map(sayBefore).join(' and ');
  const split = told.find(({ first }) => groups.has(first));
  const hint = split === undefined ? {} : { hint: `all tiers of group "${split.first}" stand together` };
  const last = [...circle].sort((a, b) => comparePlaces(a.place, b.place)).at(-1);
  return [problemOf({ ...wrong, cannot: 'put the tiers in one order', value, so, ...hint }, last?.place ?? null)];
}

const sayBefore = ({ first, second, place }: Before): string =>
  `"${first}" is before "${second}" in ${formatPlace(place)}`;
