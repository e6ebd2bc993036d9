import type { Document } from '@bulkhead/model/documents.ts';

/** A tier in no group is a group of its own, by its own name (SPEC T4). */
export type OracleGroup = { readonly name: string; readonly tiers: readonly string[] };

const known = new WeakMap<readonly Document[], readonly OracleGroup[]>();

/**
 * All tiers, first to last. Every order of the names is looked at, from the smallest on, until one agrees with each
 * document (SPEC T6, T7): for a handful of names. Worked out once, for a test asks about one list of documents very often.
 */
export function oracleTiers(documents: readonly Document[]): readonly OracleGroup[] {
  const groups = known.get(documents) ?? workOut(documents);
  known.set(documents, groups);
  return groups;
}

function workOut(documents: readonly Document[]): readonly OracleGroup[] {
  const said = documents.filter((d) => d.kind === 'Tiers').map(({ order }) => order);
  const undeclared = [
    'lifeline',
    'rescue',
    'emergency',
    ...(said.length === 0 ? ['guardrail', 'application', 'baseline'] : []),
  ];
  const names = firstThatAgrees(said.map((order) => order.map(({ name }) => name)));
  const declared = names.map((name) => {
    const inside = said.flatMap((order) =>
      order.flatMap((o) => (o.kind === 'group' && o.name === name ? [o.tiers] : [])),
    );
    return { name, tiers: inside.length === 0 ? [name] : firstThatAgrees(inside) };
  });
  return [...undeclared.map((name) => ({ name, tiers: [name] })), ...declared];
}

function firstThatAgrees(lists: readonly (readonly string[])[]): readonly string[] {
  const names = [...new Set(lists.flat())].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const order of ordersOf(names)) {
    const agrees = (list: readonly string[]) =>
      list.every((name, i) => i === 0 || order.indexOf(list[i - 1] ?? '') < order.indexOf(name));
    if (lists.every(agrees)) return order;
  }
  throw new Error(`No order agrees with ${JSON.stringify(lists)}`);
}

/** Smallest first, where the names are. */
function* ordersOf(names: readonly string[]): Generator<readonly string[]> {
  if (names.length === 0) yield [];
  for (const name of names) for (const rest of ordersOf(names.filter((n) => n !== name))) yield [name, ...rest];
}
