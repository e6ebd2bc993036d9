import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Walks } from './walks.ts';

const limits = { walks: 2, items: 100, idle: 1000 };
const list = (length: number) => ({ items: Array.from({ length }, (_, index) => index), sequence: length });

test('pages of a walk are those of the list as it was when it began', () => {
  const walks = new Walks(() => 0, limits);
  const first = walks.start('all', list(5), 2);
  const second = walks.next('all', first.next ?? '', 2);
  const third = walks.next('all', second?.next ?? '', 2);
  assert.deepEqual([first.items, second?.items, third?.items], [[0, 1], [2, 3], [4]]);
  assert.deepEqual([third?.next, third?.sequence], [null, 5]);
  assert.deepEqual(walks.next('all', first.next ?? '', 2)?.items, [2, 3], 'a page that was lost is asked again');
  assert.deepEqual(walks.next('all', first.next ?? '', 9)?.items, [2, 3, 4], 'pages may be larger');
});

test('a list that fits one page is not kept', () => {
  assert.equal(new Walks(() => 0, limits).start('all', list(2), 2).next, null);
});

/** After a walk over 50 items began at time 0: other lists by name, length and limit, and the time. */
type Other = readonly [name: string, length: number, limit: number];
const meanwhile: readonly (readonly [what: string, there: boolean, others: readonly Other[], now: number])[] = [
  ['nothing happens', true, [], 0],
  ['it stands still up to the limit', true, [], 1000],
  ['it stands still longer', false, [], 1001],
  ['another fits beside it', true, [['b', 50, 1]], 0],
  ['another does not fit beside it', false, [['b', 51, 1]], 0],
  ['another is larger than all may be', false, [['b', 999, 1]], 0],
  [
    'a third begins',
    false,
    [
      ['b', 2, 1],
      ['c', 2, 1],
    ],
    0,
  ],
  [
    'others need one page',
    true,
    [
      ['b', 999, 999],
      ['c', 0, 1],
    ],
    0,
  ],
];

for (const [what, there, others, later] of meanwhile)
  test(`${what}: the walk ${there ? 'goes on' : 'is forgotten'}`, () => {
    let now = 0;
    const walks = new Walks(() => now, limits);
    const { next } = walks.start('a', list(50), 10);
    for (const [name, length, limit] of others) walks.start(name, list(length), limit);
    now = later;
    assert.equal(walks.next('a', next ?? '', 10) !== null, there);
  });

test('a walk that is used outlives one that is not, and one that is too large still ends', () => {
  const walks = new Walks(() => 0, limits);
  const [a, b] = [walks.start('a', list(2), 1), walks.start('b', list(2), 1)];
  walks.next('a', a.next ?? '', 1);
  const large = walks.start('c', list(100), 1);
  assert.deepEqual(
    [a, b, large].map(({ next }, index) => walks.next('abc'.charAt(index), next ?? '', 1) !== null),
    [false, false, true],
  );
});

for (const cursor of ['', 'x', '.', '.1', 'aaaaaaaaaaaa.1', 'aaaaaaaaaaaa.-1', 'aaaaaaaaaaaa.1e9'])
  test(`no walk goes on from "${cursor}"`, () => {
    const walks = new Walks(() => 0, limits);
    walks.start('a', list(5), 1);
    assert.equal(walks.next('a', cursor, 1), null);
  });

test('a cursor goes on with its own question, and not beyond its list', () => {
  const walks = new Walks(() => 0, limits);
  const cursor = walks.start('a', list(5), 1).next ?? '';
  assert.equal(walks.next('b', cursor, 1), null);
  assert.equal(walks.next('a', cursor.replace(/\.1$/, '.5'), 1), null);
});
