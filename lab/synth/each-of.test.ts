import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { eachOf } from './each-of.ts';

const items = [1, 2, 3, 4, 5, 6, 7];
const never = new AbortController().signal;

describe('eachOf', () => {
  for (const [width, most] of [
    [1, 1],
    [3, 3],
    [100, 7],
  ] as const) {
    test(`does everything once, ${most} at a time with a width of ${width}`, async () => {
      const done: number[] = [];
      let [now, peak] = [0, 0];
      await eachOf(items, { width, stop: never }, async (item) => {
        peak = Math.max(peak, ++now);
        await turn();
        now--;
        done.push(item);
      });
      assert.deepEqual([done.sort(), peak], [items, most]);
    });
  }

  test('begins no more after a failure, and throws it', async () => {
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      await turn();
      if (item === 2) throw new Error('two');
    };
    await assert.rejects(eachOf(items, { width: 2, stop: never }, work), /two/);
    await turn();
    assert.deepEqual(begun, [1, 2, 3]);
  });

  test('begins no more once it is to stop', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 3) stop.abort(new Error('enough'));
    };
    await assert.rejects(eachOf(items, { width: 1, stop: stop.signal }, work), /enough/);
    assert.deepEqual(begun, [1, 2, 3]);
  });
});
