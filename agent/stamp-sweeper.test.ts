import assert from 'node:assert/strict';
import test from 'node:test';
import type { Done } from '@bulkhead/enforce/back-end.ts';
import { stampSweeper } from './stamp-sweeper.ts';

test('a sweep that failed is remembered until one does not', async () => {
  let answer: Done<number> = { kind: 'failed', code: 'enforce-missing', message: 'no helper' };
  const asked: object[] = [];
  const sweeper = stampSweeper({
    clearMarks: async (marks) => {
      asked.push(marks);
      return answer;
    },
  });
  const marks = { clear: 0xff, bits: 0x7f, first: 1, last: 63 };
  assert.deepEqual([await sweeper.sweep(marks), sweeper.failure()], [false, 'no helper']);
  answer = { kind: 'done', value: 4 };
  assert.deepEqual([await sweeper.sweep(marks), sweeper.failure()], [true, null]);
  assert.deepEqual(asked, [marks, marks]);
});
