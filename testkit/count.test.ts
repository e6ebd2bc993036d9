import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCells } from '@bulkhead/policy/count.ts';
import { rule, ruleset, workload } from './documents.ts';
import { cellsOneByOne, isOpen } from './one-by-one.ts';
import { seededRandom } from './random.ts';
import { randomDocuments, randomNow } from './random-estate.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 120);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const views = ['effective', 'intended'] as const;

test(`F1 F6: open cells are those that asking one by one finds, ${runs} estates from seed ${firstSeed}`, () => {
  let partly = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const world = worldOf(randomDocuments(seededRandom(seed)), randomNow);
    for (const view of views) {
      let [open, all] = [0, 0];
      for (const cell of cellsOneByOne([world])) {
        all += cell.weight;
        if (isOpen(world, cell, view)) open += cell.weight;
      }
      assert.deepEqual(countCells(world, view), { open: BigInt(open), all: BigInt(all) }, `seed ${seed}, ${view}`);
      if (open > 0 && open < all) partly++;
    }
  }
  assert.ok(partly > runs, `${partly} of ${2 * runs} counts are neither nothing nor everything`);
});

test('F6: beyond 2^53 every digit is right', () => {
  const everything = 5n * 65536n + 251n;
  // Nobody has labels or addresses, so that all are one segment.
  const bare = workload('w', '');
  const workloads = Array.from({ length: 170_000 }, (_, index) => ({ ...bare, name: `w-${index}` }));
  const world = worldOf([...workloads, ruleset('open', [rule('all', 'allow all', ['', ''])])]);
  const { open, all } = countCells(world, 'intended');
  assert.equal(open, 170_000n * 169_999n * everything);
  assert.deepEqual([all, open > BigInt(Number.MAX_SAFE_INTEGER)], [open, true]);
});
