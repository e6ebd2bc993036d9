import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHeld, formatShared, type HeldTable, nextTable, parseHeld, parseShared } from './held-table.ts';

const most = {
  generation: 4294967295,
  structure: 4294967295,
  revision: 65535,
  version: 4294967295,
  hash: 'f'.repeat(64),
  copy: 'b',
} as const;

for (const place of [0, 1, 1000]) {
  test(`the longest of place ${place} fits a comment and reads back`, () => {
    assert.ok(formatHeld(place, most).length <= 127);
    assert.deepEqual(parseHeld(formatHeld(place, most)), { place, numbers: most });
  });
}

test('what is shared reads back', () => {
  const most = { epoch: 0x7fffffff, shared: 'b' } as const;
  assert.deepEqual(parseShared(formatShared(most)), most);
});
for (const text of ['', 'epoch=0 c=a', 'epoch=1', 'epoch=1 c=c', 'epoch=-1 c=a', 'epoch=1 c=a more']) {
  test(`"${text}" is nothing shared`, () => assert.equal(parseShared(text), null));
}

for (const text of [
  '',
  'g=1',
  'g=1 s=1 r=1 v=1 h=ab',
  'g=1 s=1 r=1 v=1 c=c h=ab',
  'g=1 s=1 r=1 v=1 c=a h=xyz',
  'g=-1 s=1 r=1 v=1 c=a h=',
  'g=1 s=1 r=1 v=1 c=a h=ab more',
  ' g=1 s=1 r=1 v=1 c=a h=ab',
  'p=0 g=1 s=1 r=1 v=1 c=a h=ab',
  'p=x g=1 s=1 r=1 v=1 c=a h=ab',
]) {
  test(`"${text}" says nothing`, () => assert.equal(parseHeld(text), null));
}

const mask = 0x000000ff;
const numbers = (revision: number) => ({ ...most, revision });
const after = (table: HeldTable | null, place: number, revision: number | null, fresh = false) =>
  nextTable(
    table,
    { markMask: mask, last: table?.epoch ?? null },
    { place, numbers: revision === null ? null : numbers(revision), shared: 'a', fresh },
  );
const begun = after(null, 0, 3);

const epochs: readonly (readonly [what: string, table: HeldTable, epoch: number])[] = [
  ['a table nobody knows begins with the revision', begun, 3],
  ['a revision beyond the mask wraps', after(null, 0, 128), 1],
  ['the same revision keeps it', after(begun, 0, 3), 3],
  ['another revision is another epoch', after(begun, 0, 9), 4],
  ['an older revision is another epoch too', after(begun, 0, 1), 4],
  ['a guest that comes is another epoch', after(begun, 2, 3), 4],
  ['a guest that stays as it is keeps it', after(after(begun, 2, 3), 2, 3), 4],
  ['a guest that goes is another epoch', after(after(begun, 2, 3), 2, null), 5],
  ['the last of the mask is followed by the first', after(after(null, 0, 127), 0, 1), 1],
  ['a table put back as it was keeps it', after(begun, 0, 3, true), 3],
  ['a table put back with fewer places is another epoch', after(after(begun, 2, 3), 0, 3, true), 5],
];
const unknown = nextTable(
  begun,
  { markMask: mask, last: null },
  {
    place: 0,
    numbers: numbers(4),
    shared: 'a',
    fresh: false,
  },
);
test('a process that gave none skips those that one before it may have given to changes taken back', () =>
  assert.equal(unknown.epoch, begun.epoch + 33));
test('an epoch that a change taken back had is not given again', () => {
  const next = nextTable(
    begun,
    { markMask: mask, last: 8 },
    { place: 0, numbers: numbers(4), shared: 'a', fresh: false },
  );
  assert.equal(next.epoch, 9);
});
test('nor is that of the table, once the mask is used up', () => {
  const next = nextTable(
    begun,
    { markMask: mask, last: 129 },
    { place: 0, numbers: numbers(4), shared: 'a', fresh: false },
  );
  assert.equal(next.epoch, 4);
});

for (const [what, table, epoch] of epochs) test(what, () => assert.equal(table.epoch, epoch));

test('places stand in order, and a table put back forgets the others', () => {
  assert.deepEqual([...after(after(begun, 12, 1), 2, 1).places.keys()], [0, 2, 12]);
  assert.deepEqual([...after(after(begun, 2, 3), 2, 3, true).places.keys()], [2]);
});
