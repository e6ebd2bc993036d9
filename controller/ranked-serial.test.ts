import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rankedSerial } from './ranked-serial.ts';

test('lower ranks go first, equal ones in their order, and a failure concerns its asker alone', async () => {
  const done: string[] = [];
  const queue = rankedSerial();
  const note = (name: string, rank: number) =>
    queue(async () => {
      await Promise.resolve();
      done.push(name);
    }, rank);
  const first = note('first', 2);
  const failing = queue(() => Promise.reject(new Error('broken')), 1);
  const all = [note('b', 2), note('a1', 0), note('c', 2), note('a2', 0)];
  await assert.rejects(failing, /broken/);
  await Promise.all([first, ...all]);
  await note('later', 2);
  assert.deepEqual(done, ['first', 'a1', 'a2', 'b', 'c', 'later']);
});
