import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { type PositionSet, PositionSets } from './position-sets.ts';

const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

/** Lengths around a word, around the number of toggles, and where sets are dense, sparse and in between. */
for (const length of [0, 1, 16, 17, 31, 32, 33, 64, 200, 5000]) {
  test(`${length} positions: what sets say is what lists say, from seed ${firstSeed}`, () => {
    const random = seededRandom(firstSeed + length);
    const sets = new PositionSets(length);
    const known: (readonly [PositionSet, ReadonlySet<number>])[] = [
      [sets.empty, new Set()],
      [sets.full, new Set(Array.from({ length }, (_, position) => position))],
      ...Array.from({ length: 8 }, () => someOf(random, sets, length)),
    ];
    for (let step = 0; step < 200; step++) {
      const [[a, listA], [b, listB]] = [random.pick(known), random.pick(known)];
      const made = random.pick([
        [sets.and(a, b), keep(listA, (one) => listB.has(one))],
        [sets.or(a, b), new Set([...listA, ...listB])],
        [sets.minus(a, b), keep(listA, (one) => !listB.has(one))],
      ] as const);
      known[2 + random.below(known.length - 2)] = made;
      checkSame(sets, made, length);
      assert.equal(
        sets.meets(a, b),
        [...listA].some((one) => listB.has(one)),
      );
      assert.equal(sets.equals(a, b), listA.size === listB.size && [...listA].every((one) => listB.has(one)));
    }
  });
}

const keep = (list: ReadonlySet<number>, holds: (one: number) => boolean): Set<number> =>
  new Set([...list].filter(holds));

function someOf(random: Random, sets: PositionSets, length: number): readonly [PositionSet, ReadonlySet<number>] {
  const share = random.pick([0.001, 0.01, 0.5, 0.99, 0.999]);
  const list = Array.from({ length }, (_, position) => position).filter(() => random.chance(share));
  return [random.chance(0.5) ? sets.of(list) : sets.where((position) => list.includes(position)), new Set(list)];
}

function checkSame(sets: PositionSets, [set, list]: readonly [PositionSet, ReadonlySet<number>], length: number): void {
  const expected = [...list].sort((a, b) => a - b);
  assert.deepEqual([...sets.positions(set)], expected);
  assert.deepEqual(
    [sets.sizeOf(set), sets.isEmpty(set), sets.first(set)],
    [list.size, list.size === 0, expected[0] ?? null],
  );
  for (let position = 0; position < length; position += 7) assert.equal(sets.has(set, position), list.has(position));
}
