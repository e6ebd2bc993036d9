/** A seeded source of choices: the same seed makes the same estate on every machine. */
export type Random = {
  /** 0 <= x < 1. */
  readonly unit: () => number;
  readonly chance: (probability: number) => boolean;
  /** The list is not empty. */
  readonly pick: <T>(list: readonly T[]) => T;
  readonly shuffled: <T>(list: readonly T[]) => T[];
};

/** mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    unit,
    chance: (probability) => unit() < probability,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new Error('Nothing to pick from');
      return list[Math.floor(unit() * list.length)] as T;
    },
    shuffled: (list) => {
      const keyed = list.map((item) => ({ item, key: unit() }));
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
    },
  };
}

/** Picks by weight, such as one kind of edge among several. */
export function pickWeighted<T extends { readonly weight: number }>(random: Random, list: readonly T[]): T {
  let left = random.unit() * list.reduce((sum, item) => sum + item.weight, 0);
  for (const item of list) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return random.pick(list);
}

/**
 * Divides `total` whole things by weight, at least `least` each, by largest remainder: the parts add up exactly. The
 * total is at least `least` times the number of weights.
 */
export function divide(total: number, weights: readonly number[], least: number): number[] {
  const spare = total - least * weights.length;
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const exact = weights.map((weight) => (spare * weight) / sum);
  const parts = exact.map((share) => least + Math.floor(share));
  const left = total - parts.reduce((all, part) => all + part, 0);
  const order = exact.map((share, index) => ({ index, rest: share % 1 })).sort((a, b) => b.rest - a.rest);
  for (const { index } of order.slice(0, left)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}
