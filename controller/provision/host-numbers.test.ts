import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeldCase, judgeHeld, nextNumbers, noNumbers, overtake } from './host-numbers.ts';

const numbers = (generation: number, revision: number, hash: string) => ({ generation, revision, hash });

test('the generation always grows, the revision only where the content narrows', () => {
  assert.deepEqual(nextNumbers(noNumbers, 'a', false), numbers(1, 1, 'a'));
  assert.deepEqual(nextNumbers(numbers(4, 2, 'a'), 'b', false), numbers(5, 2, 'b'));
  assert.deepEqual(nextNumbers(numbers(4, 2, 'a'), 'b', true), numbers(5, 3, 'b'));
  assert.deepEqual(nextNumbers(numbers(4, 65535, 'a'), 'b', true), numbers(5, 1, 'b'));
});

test('what an agent says it holds', () => {
  const meant = numbers(5, 3, 'e');
  const cases: readonly (readonly [ReturnType<typeof numbers> | null, number, HeldCase])[] = [
    [numbers(5, 3, 'e'), 5, 'current'],
    [numbers(5, 3, 'e'), 4, 'current'],
    [numbers(4, 3, 'd'), 4, 'behind'],
    [null, 0, 'behind'],
    [numbers(4, 3, 'd'), 5, 'set-back'],
    [null, 1, 'set-back'],
    [numbers(5, 3, 'x'), 5, 'ahead'],
    [numbers(5, 2, 'e'), 5, 'ahead'],
    [numbers(6, 3, 'e'), 5, 'ahead'],
    [numbers(2 ** 47, 3, 'e'), 5, 'ahead'],
    [numbers(2 ** 47 + 1, 3, 'e'), 5, 'impossible'],
    [numbers(Number.MAX_SAFE_INTEGER, 3, 'e'), 5, 'impossible'],
  ];
  for (const [held, applied, expected] of cases) assert.equal(judgeHeld(meant, applied, held), expected);
});

test('a host that is ahead is overtaken in both numbers', () => {
  assert.deepEqual(overtake(numbers(5, 3, 'e'), numbers(9, 7, 'x')), numbers(10, 8, 'e'));
  assert.deepEqual(overtake(numbers(5, 3, 'e'), numbers(5, 1, 'x')), numbers(6, 4, 'e'));
});
