import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Accounting } from './accounting.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

const counts = (values: Readonly<Record<string, number>>) =>
  Object.entries(values).map(([name, packets]) => ({ name, packets }));

const file = (t: TestContext): string => join(temporaryDirectory(t), 'accounting.json');

/** Steps on one accounting, the sum that follows from each. */
for (const [name, steps] of [
  [
    'counters grow',
    [
      [{ a: 0 }, 0],
      [{ a: 5, b: 2 }, 7],
      [{ a: 6, b: 2 }, 8],
    ],
  ],
  [
    'what was there before us does not count',
    [
      [{ a: 100 }, 0],
      [{ a: 103 }, 3],
    ],
  ],
  [
    'a counter that went back began anew',
    [
      [{ a: 0 }, 0],
      [{ a: 10 }, 10],
      [{ a: 4 }, 14],
    ],
  ],
  [
    'a counter that is gone still counts',
    [
      [{ a: 0, b: 0 }, 0],
      [{ a: 10, b: 1 }, 11],
      [{ b: 2 }, 12],
      [{ a: 1, b: 2 }, 13],
    ],
  ],
  [
    'nothing at all is read',
    [
      [{}, 0],
      [{}, 0],
    ],
  ],
] as const)
  test(name, (t) => {
    const accounting = new Accounting(file(t));
    for (const [values, expected] of steps) {
      accounting.read(counts(values));
      assert.equal(accounting.counted, expected, JSON.stringify(values));
    }
  });

test('a retired counter counts with its last value, once', (t) => {
  const accounting = new Accounting(file(t));
  accounting.read(counts({ a: 0 }));
  accounting.read(counts({ a: 5, b: 1 }));
  accounting.retired({ retired: counts({ a: 8 }) });
  assert.equal(accounting.counted, 9);
  accounting.read(counts({ b: 2 }));
  assert.equal(accounting.counted, 10);
  accounting.read(counts({ a: 1, b: 2 }));
  assert.equal(accounting.counted, 11);
});

test('a counter that was retired with less than was last read of it counts with what was read', (t) => {
  const accounting = new Accounting(file(t));
  accounting.read(counts({ a: 0, b: 0 }));
  accounting.read(counts({ a: 5, b: 1 }));
  accounting.retired({ retired: counts({ a: 0, b: 1 }) });
  assert.equal(accounting.counted, 6);
  accounting.read(counts({}));
  assert.equal(accounting.counted, 6);
});

test('a wiped table begins anew even where its counters soon pass their old values', (t) => {
  const accounting = new Accounting(file(t));
  accounting.read(counts({ a: 0 }));
  accounting.read(counts({ a: 3 }));
  accounting.wiped();
  accounting.read(counts({ a: 5 }));
  assert.equal(accounting.counted, 8);
});

test('what is on its way is not lost, what stays missing is, for ever', (t) => {
  const accounting = new Accounting(file(t));
  for (const [counted, received, lost] of [
    [10, 10, 0],
    [20, 25, 0],
    [30, 28, 2],
    [40, 40, 2],
    [50, 47, 3],
  ] as const) {
    accounting.settle(counted, received);
    assert.equal(accounting.lost, lost);
  }
});

test('the gap of a dead agent is counted when it is back', (t) => {
  const path = file(t);
  const before = new Accounting(path);
  before.read(counts({ a: 100 }));
  before.read(counts({ a: 150 }));
  before.settle(before.counted, 50);
  before.save(50);
  const after = new Accounting(path);
  assert.equal(after.received, 50);
  after.read(counts({ a: 180 }));
  after.settle(after.counted, 50);
  assert.deepEqual([after.counted, after.lost], [80, 30]);
});

for (const text of [
  '',
  '{',
  '[]',
  'null',
  '{"base":1}',
  '{"base":"1","last":{},"lost":0}',
  '{"base":1,"last":{"a":"x"},"lost":0,"received":0}',
])
  test(`a damaged file ${JSON.stringify(text)} starts from what the counters say`, (t) => {
    const path = file(t);
    writeFileSync(path, text);
    const accounting = new Accounting(path);
    accounting.read(counts({ a: 7 }));
    assert.deepEqual([accounting.counted, accounting.lost], [0, 0]);
  });
