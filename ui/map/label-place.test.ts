import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InTheWay, labelPlace } from './label-place.ts';

/** A label of 40 by 18 on a line of 100 that runs level at 0. */
const line = {
  points: [
    { x: 0, y: 0 },
    { x: 100, y: 0 },
  ],
  width: 40,
  height: 18,
  alone: false,
} as const;
const box = (x: number, y: number, width = 20, height = 20) => ({ x, y, width, height });
const all = box(-50, -200, 300, 400);

for (const [what, alone, { looked = [], others = [] }, place] of [
  ['in the middle', false, {}, [30, -9]],
  ['beside the middle, where something stands there', false, { looked: [box(66, -5)] }, [15, -9]],
  ['where a card is that nobody looks at, if it must', false, { others: [all] }, [30, -9]],
  ['rather where no card is', false, { others: [box(66, -5)] }, [15, -9]],
  ['nowhere, where all of it is looked at', false, { looked: [all] }, null],
  ['nowhere on a line among others, where it only fits beside it', false, { looked: [box(0, -9, 100, 18)] }, null],
  ['above a line that is alone', true, { looked: [box(0, -9, 100, 18)] }, [30, -29]],
  ['below, where a card is above', true, { looked: [box(0, -9, 100, 18)], others: [box(0, -60, 100, 50)] }, [30, 11]],
  ['over a card, where one is above and below', true, { looked: [box(0, -9, 100, 18)], others: [all] }, [30, -29]],
] as const satisfies readonly (readonly [string, boolean, Partial<InTheWay>, readonly number[] | null])[])
  test(`a label is put ${what}`, () => {
    const found = labelPlace({ ...line, alone }, { looked, others });
    assert.deepEqual(found === null ? null : [found.x, found.y], place);
  });

test('a line without points has no place for a label', () => {
  assert.equal(labelPlace({ ...line, points: [] }, { looked: [], others: [] }), null);
});
