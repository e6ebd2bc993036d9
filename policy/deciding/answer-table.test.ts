import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { AnswerTable, type Question } from './answer-table.ts';

/** Places, different values of each number of a question, and the least share of questions that are found again. */
const cases: readonly (readonly [places: number, values: number, found: number])[] = [
  [4, 2, 0.3],
  [16, 2, 0.9],
  [64, 4, 0.6],
  [1024, 4, 0.98],
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

test('the four that were kept last stand on a shelf', () => {
  const table = new AnswerTable(4);
  const questions = Array.from({ length: 64 }, (_, number): Question => [number % 7, 1, number % 11]);
  for (const [number, question] of questions.entries()) {
    table.keep(question, number + 1);
    const texts = questions.slice(0, number + 1).map(String);
    const last = [...new Set(texts.reverse())].slice(0, 4);
    const held = new Set(questions.filter((one) => table.find(one) !== 0).map(String));
    assert.deepEqual([...held].sort(), last.sort(), `${number}`);
  }
});
