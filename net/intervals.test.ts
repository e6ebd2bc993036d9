import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  countIntervals,
  type Interval,
  type Intervals,
  intersectIntervals,
  intervals,
  intervalsContain,
  subtractIntervals,
} from './intervals.ts';

const space = Array.from({ length: 40 }, (_, point) => point);
const point = fc.integer({ min: 0, max: 39 });
const ranges = fc.array(
  fc.tuple(point, point).map(([a, b]): Interval => ({ first: Math.min(a, b), last: Math.max(a, b) })),
  { maxLength: 8 },
);

const holds = (list: readonly Interval[], at: number): boolean =>
  list.some(({ first, last }) => at >= first && at <= last);

function checkCanonical(set: Intervals): void {
  for (const [index, { first, last }] of set.entries()) {
    assert(first <= last);
    const before = set[index - 1];
    assert(before === undefined || before.last + 1 < first, 'sorted, disjoint and not adjacent');
  }
}

test('a set of ranges is canonical and holds the same points', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const set = intervals(list);
      checkCanonical(set);
      for (const at of space) assert.equal(intervalsContain(set, at), holds(list, at));
      assert.equal(countIntervals(set), space.filter((at) => holds(list, at)).length);
    }),
  );
});

test('difference and intersection agree with points one by one', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const [x, y] = [intervals(a), intervals(b)];
      const [less, both] = [subtractIntervals(x, y), intersectIntervals(x, y)];
      checkCanonical(less);
      checkCanonical(both);
      for (const at of space) {
        assert.equal(intervalsContain(less, at), holds(a, at) && !holds(b, at));
        assert.equal(intervalsContain(both, at), holds(a, at) && holds(b, at));
      }
    }),
  );
});

test('the empty set is the empty list', () => {
  assert.deepEqual(intervals([]), []);
  assert.equal(intervalsContain([], 0), false);
  assert.deepEqual(subtractIntervals([{ first: 1, last: 5 }], [{ first: 0, last: 9 }]), []);
});

test('a set made from a generator does not share its ranges', () => {
  const source = { first: 1, last: 2 };
  intervals([source, { first: 3, last: 9 }]);
  assert.deepEqual(source, { first: 1, last: 2 });
});
