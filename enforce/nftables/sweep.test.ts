import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stampCount, stampOf } from './stamp.ts';
import { sweepBefore } from './sweep.ts';

/** Of eight bits: 127 epochs, 1 to 63 and 64 to 127. */
const markMask = 0xff;

for (const [before, next, range, why] of [
  [null, 1, [1, 127], 'nobody knows what was given out'],
  [null, 90, [1, 127], 'nobody knows, wherever it begins'],
  [1, 2, null, 'within the first half'],
  [62, 63, null, 'the last of the first half'],
  [63, 64, [64, 127], 'into the second half'],
  [50, 83, [64, 127], 'into the second half by a leap'],
  [64, 65, null, 'within the second half'],
  [126, 127, null, 'the last of all'],
  [127, 1, [1, 63], 'wrapped'],
  [120, 26, [1, 63], 'wrapped by a leap'],
  [5, 5, null, 'the same epoch'],
  [9, 8, [1, 127], 'backwards'],
] as const)
  test(`${why}: ${before} to ${next}`, () => {
    const sweep = sweepBefore({ before, next, markMask, owed: false });
    assert.deepEqual(sweep && [sweep.first, sweep.last], range);
  });

test('one that failed is owed, and takes only what is not given out yet', () => {
  const sweep = (before: number, next: number) => sweepBefore({ before, next, markMask, owed: true });
  assert.deepEqual([sweep(64, 65)?.first, sweep(64, 65)?.last], [65, 127]);
  assert.deepEqual([sweep(1, 2)?.first, sweep(1, 2)?.last], [2, 63]);
  assert.equal(sweep(7, 7), null);
});

for (const mask of [0xff, 0xff00, 0xffff, 0x7ff00000, 0xff000000])
  test(`no flow of any age is taken for one of now, mask ${mask.toString(16)}`, () => {
    const count = stampCount(mask);
    // A flow's stamp and the epoch that gave it, counted without wrapping; one sleeps from every epoch on.
    let asleep: { stamp: number; epoch: number }[] = [];
    let before: number | null = null;
    for (let epoch = 1; epoch < Math.min(3 * count, 4000); epoch++) {
      const next: number = ((epoch - 1) % count) + 1;
      const sweep = sweepBefore({ before, next, markMask: mask, owed: false });
      if (sweep !== null) {
        const { first, last } = sweep;
        asleep = asleep.filter(({ stamp }) => stamp < first || stamp > last);
        assert.equal(sweep.clear, mask);
      }
      const now = stampOf(next, mask).value;
      assert.deepEqual(
        asleep.filter(({ stamp }) => stamp === now),
        [],
        `epoch ${epoch}`,
      );
      asleep.push({ stamp: now, epoch });
      before = next;
    }
    assert.ok(asleep.length > 0);
  });
