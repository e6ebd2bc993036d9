/** A seeded source of choices: the same seed gives the same estate on every machine. */
export type Random = {
  /** 0 <= x < 1. */
  readonly unit: () => number;
  /** 0 .. below - 1. */
  readonly below: (below: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  /** Between `least` and `most` elements of the list, in its order. */
  readonly some: <T>(list: readonly T[], least: number, most: number) => T[];
};

/** mulberry32: 32 bits of state are plenty for test data. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(unit() * limit);
  return {
    unit,
    below,
    chance: (probability) => unit() < probability,
    pick: (list) => {
      const index = below(list.length);
      if (index >= list.length) throw new Error('Nothing to pick from');
      return list[index] as (typeof list)[number];
    },
    some: (list, least, most) => {
      const count = least + below(most - least + 1);
      const keyed = list.map((item, index) => ({ item, index, key: unit() }));
      const chosen = keyed.sort((a, b) => a.key - b.key).slice(0, count);
      return chosen.sort((a, b) => a.index - b.index).map(({ item }) => item);
    },
  };
}
