import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { type AnswerKey, AnswerTable } from './answer-table.ts';

/** Places, different values of each number of a key, and the least share of questions that are found again. */
const cases: readonly (readonly [places: number, values: number, found: number])[] = [
  [2, 2, 0.05],
  [16, 2, 0.6],
  [64, 3, 0.3],
  [1024, 3, 0.9],
  [1024, 300, 0],
];

for (const [places, values, least] of cases) {
  test(`${places} places for ${values ** 4} keys give what was kept under the key, or nothing`, () => {
    const random = seededRandom(7);
    const table = new AnswerTable<string>(places);
    const kept = new Set<string>();
    let found = 0;
    const asked = 5000;
    for (let round = 0; round < asked; round++) {
      const number = () => random.below(values);
      const key: AnswerKey = [number(), number(), number(), number()];
      const text = key.join(' ');
      const known = table.find(key);
      assert.ok(known === text || known === undefined, `${text} gives ${known}`);
      assert.ok(known === undefined || kept.has(text), text);
      if (known !== undefined) found++;
      table.keep(key, text);
      kept.add(text);
      assert.equal(table.find(key), text);
    }
    assert.ok(found >= least * asked, `${found} of ${asked}`);
  });
}

test('of two keys in one place the older one moves aside, a third one takes its place', () => {
  const table = new AnswerTable<string>(2);
  const keys: readonly AnswerKey[] = Array.from({ length: 64 }, (_, number) => [number, 1, 2, 3]);
  for (const [number, key] of keys.entries()) {
    table.keep(key, `${number}`);
    const held = keys.filter((one) => table.find(one) !== undefined);
    assert.ok(held.includes(key) && held.length === Math.min(number + 1, held.length) && held.length <= 2, `${number}`);
  }
});
