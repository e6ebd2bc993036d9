import { compareBytes } from './byte-order.ts';
import type { Place } from './problem.ts';

/** Names as one document orders them, first to last. */
export type Said = { readonly names: readonly string[]; readonly place: Place };

/** What the document at the place says of two names. */
export type Before = { readonly first: string; readonly second: string; readonly place: Place };

/**
 * `circle` is null, or the reason why there is no such order: what leads from a name back to it, as short as from that
 * name. Then the names stand in an order without meaning.
 */
export type OneOrder = { readonly names: readonly string[]; readonly circle: readonly Before[] | null };

type Placed = { readonly name: string; readonly list: Said };

/** SPEC T7: of the orders that agree with every list, the smallest, name by name. */
export function oneOrder(said: readonly Said[]): OneOrder {
  // A name that stands twice is told of elsewhere; here it would be before itself.
  const lists = said.map(({ names, place }) => ({ names: [...new Set(names)], place }));
  const nexts = new Map<string, Set<string>>(lists.flatMap(({ names }) => names).map((name) => [name, new Set()]));
  const waiting = new Map<string, number>();
  for (const { names } of lists)
    for (const [index, name] of names.entries()) {
      const next = names[index + 1];
      if (next === undefined || nexts.get(name)?.has(next) === true) continue;
      nexts.get(name)?.add(next);
      waiting.set(next, (waiting.get(next) ?? 0) + 1);
    }
  const names = placeAll(nexts, waiting);
  if (names.size === nexts.size) return { names: [...names], circle: null };
  const left = lists.map((list) => ({ ...list, names: list.names.filter((name) => !names.has(name)) }));
  return { names: [...new Set([...names, ...nexts.keys()])], circle: wayBack(left, turnIn(left)) };
}

/** Every list has at most one name that may come next, so there are never many to choose from. */
function placeAll(nexts: ReadonlyMap<string, ReadonlySet<string>>, waiting: Map<string, number>): Set<string> {
  const placed = new Set<string>();
  const free = new Set([...nexts.keys()].filter((name) => !waiting.has(name)));
  while (free.size > 0) {
    const name = [...free].reduce((least, other) => (compareBytes(other, least) < 0 ? other : least));
    free.delete(name);
    placed.add(name);
    for (const next of nexts.get(name) ?? []) {
      const others = (waiting.get(next) ?? 0) - 1;
      waiting.set(next, others);
      if (others === 0) free.add(next);
    }
  }
  return placed;
}

/**
 * A name of a circle at which one list takes over from another. Of lists in which every name has another before it.
 * From such a name two lists that contradict each other show it in two statements.
 */
function turnIn(lists: readonly Said[]): string {
  const before = new Map<string, Placed>();
  for (const list of lists)
    for (const [index, name] of list.names.entries()) {
      const previous = list.names[index - 1];
      if (previous !== undefined) before.set(name, { name: previous, list });
    }
  const back = (name: string): Placed => {
    const step = before.get(name);
    if (step === undefined) throw new Error(`No name is before ${name}`);
    return step;
  };
  const seen = new Set<string>();
  let at = lists.flatMap(({ names }) => names)[0] ?? '';
  while (!seen.has(at)) {
    seen.add(at);
    at = back(at).name;
  }
  while (back(at).list === back(back(at).name).list) at = back(at).name;
  return back(at).name;
}

/** The fewest statements that lead from the name back to it: breadth first, each place of a list walked once. */
function wayBack(lists: readonly Said[], start: string): readonly Before[] {
  const spots = Map.groupBy(
    lists.flatMap((list) => list.names.map((name, index) => ({ name, list, index }))),
    ({ name }) => name,
  );
  const came = new Map<string, Before>();
  const walkedFrom = new Map<Said, number>();
  const queue = [start];
  for (const first of queue)
    for (const { list, index } of spots.get(first) ?? []) {
      const end = walkedFrom.get(list) ?? list.names.length;
      for (const second of list.names.slice(index + 1, end)) {
        if (came.has(second)) continue;
        came.set(second, { first, second, place: list.place });
        queue.push(second);
      }
      walkedFrom.set(list, Math.min(end, index + 1));
      if (came.has(start)) return trace(came, start);
    }
  throw new Error(`Nothing leads back to ${start}`);
}

function trace(came: ReadonlyMap<string, Before>, start: string): readonly Before[] {
  const steps: Before[] = [];
  let step = came.get(start);
  while (step !== undefined) {
    steps.unshift(step);
    step = step.first === start ? undefined : came.get(step.first);
  }
  return steps;
}
