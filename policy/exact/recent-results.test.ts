import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { RecentResults } from './recent-results.ts';

const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const large = 2 ** 40;

for (const places of [1, 4, 64])
  test(`${places} places: what is found is what was kept last, and much is forgotten, from seed ${firstSeed}`, () => {
    const random = seededRandom(firstSeed);
    const results = new RecentResults<number>(places);
    const kept = new Map<string, number>();
    let [found, forgotten] = [0, 0];
    for (let step = 0; step < 5000; step++) {
      const [first, second] = [random.pick([0, 1, 2, 3, large, large + 1]) + 4 * random.below(4), random.below(6)];
      const result = results.find(first, second);
      if (result === undefined) forgotten++;
      else assert.equal(result, kept.get(`${first} ${second}`));
      if (result !== undefined) found++;
      if (random.chance(0.3)) kept.set(`${first} ${second}`, results.keep(first, second, step));
    }
    assert.ok(found > 10 && forgotten > 10, `${found} found, ${forgotten} forgotten`);
  });
