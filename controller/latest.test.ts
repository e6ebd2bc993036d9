import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latest } from './latest.ts';

test('what comes during a write is written together afterwards, of each key the last', async () => {
  const written: string[] = [];
  const gates: (() => void)[] = [];
  const put = latest<number>(async (batch) => {
    written.push([...batch].map(([key, value]) => `${key}${value}`).join(' '));
    await new Promise<void>((resolve) => gates.push(resolve));
  });
  const first = put('a', 1);
  await Promise.resolve();
  const rest = [put('b', 1), put('a', 2), put('b', 2)];
  gates.shift()?.();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  gates.shift()?.();
  await Promise.all(rest);
  assert.deepEqual(written, ['a1', 'b2 a2'], written.join(', '));
});

test('a failure concerns those whose values were in the batch, and no later one', async () => {
  let fails = true;
  const put = latest<number>(() => (fails ? Promise.reject(new Error('full')) : Promise.resolve()));
  await assert.rejects(put('a', 1), /full/);
  fails = false;
  await put('a', 1);
});
