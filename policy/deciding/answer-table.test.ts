import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { AnswerTable, type Question } from './answer-table.ts';

/** Places, different values of each number of a question, and the least share of questions that are found again. */
const cases: readonly (readonly [places: number, values: number, found: number])[] = [
  [2, 2, 0.1],
  [16, 2, 0.6],
  [64, 4, 0.3],
  [1024, 4, 0.9],
  [1024, 1000, 0],
];

for (const [places, values, least] of cases) {
  test(`${places} places for ${values ** 3} questions give what was kept for the question, or nothing`, () => {
    const random = seededRandom(7);
    const table = new AnswerTable(places);
    const kept = new Map<string, number>();
    let found = 0;
    const asked = 5000;
    for (let round = 1; round <= asked; round++) {
      const question: Question = [random.below(values), random.below(values), random.below(values)];
      const known = table.find(question);
      assert.ok(known === 0 || known === kept.get(question.join(' ')), `${question} gives ${known}`);
      if (known !== 0) found++;
      table.keep(question, round);
      kept.set(question.join(' '), round);
      assert.equal(table.find(question), round);
    }
    assert.ok(found >= least * asked, `${found} of ${asked}`);
  });
}

test('of two questions in one place the older one moves aside, and a third one takes its place', () => {
  const table = new AnswerTable(2);
  const questions = Array.from({ length: 64 }, (_, number): Question => [number, 1, 2]);
  for (const [number, question] of questions.entries()) {
    table.keep(question, number + 1);
    const held = questions.filter((one) => table.find(one) !== 0);
    assert.deepEqual([held.includes(question), held.length], [true, Math.min(number + 1, 2)], `${number}`);
  }
});
