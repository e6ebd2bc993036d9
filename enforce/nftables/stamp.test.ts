import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isMarkMask, stampOf } from './stamp.ts';

const masks: readonly (readonly [mask: number, revision: number, stamp: readonly number[]])[] = [
  [0x0000ffff, 1, [1, 0x7fff, 0x8000]],
  [0x0000ffff, 0x7fff, [0x7fff, 0x7fff, 0x8000]],
  [0x0000ffff, 0x8000, [1, 0x7fff, 0x8000]],
  [0x0000ffff, 0xffff, [1, 0x7fff, 0x8000]],
  [0xffff0000, 2, [0x00020000, 0x7fff0000, 0x80000000]],
  [0x00ff0000, 127, [0x007f0000, 0x007f0000, 0x00800000]],
  [0x00ff0000, 128, [0x00010000, 0x007f0000, 0x00800000]],
  [0xffffffff, 65535, [0xffff, 0x7fffffff, 0x80000000]],
];
for (const [mask, revision, [value, bits, reversed]] of masks) {
  test(`revision ${revision} in mask ${mask.toString(16)}`, () => {
    assert.deepEqual(stampOf(revision, mask), { value, bits, reversed });
  });
}

for (const mask of [0, -1, 0.5, 0x7f, 0xff01, 0x10ff, 0xf0f0, 0x1_0000_0000, Number.NaN, 0x0101_0000]) {
  test(`${mask.toString(16)} is no mark mask`, () => {
    assert.equal(isMarkMask(mask), false);
    assert.throws(() => stampOf(1, mask), /Not a mark mask/);
  });
}

test('a stamp is never 0, stays inside its bits, and differs from the one before', () => {
  const mask = fc.constantFrom(0xffff, 0xff, 0xff00, 0xffff0000, 0xfff0, 0xffffffff);
  fc.assert(
    fc.property(mask, fc.integer({ min: 2, max: 0xffff }), (markMask, revision) => {
      const { value, bits, reversed } = stampOf(revision, markMask);
      assert.notEqual(value, 0);
      assert.equal((value & bits) >>> 0, value);
      assert.equal((bits | reversed) >>> 0, markMask);
      assert.equal(bits & reversed, 0);
      assert.notEqual(value, stampOf(revision - 1, markMask).value);
    }),
  );
});
