import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { draftState, underDraft } from './draft-verdicts.ts';
import { openedCards, readMapSearch, shownStates, toggled } from './map-search.ts';

for (const [raw, read] of [
  [{}, {}],
  [
    { as: 'table', decision: 'effective', q: 'web' },
    { as: 'table', decision: 'effective', q: 'web' },
  ],
  [{ as: 'list', decision: 'intended', q: '' }, {}],
  [{ hide: ['allowed', 'nonsense', 7] }, { hide: ['allowed'] }],
  [{ open: 'one' }, {}],
  [{ open: [1, 'a'] }, { open: ['a'] }],
  [{ focus: { a: 1 }, edge: ['x'] }, {}],
  [{ draft: 'shop' }, { draft: 'shop' }],
  [{ draft: '' }, {}],
  [{ draft: ['shop'] }, {}],
  [{ draft: 'x'.repeat(10_000) }, { draft: 'x'.repeat(4096) }],
  [
    { draft: 'shop', focus: 'env=prod/app=shop', edge: 'a -> b', open: [] },
    { draft: 'shop', focus: 'env=prod/app=shop', edge: 'a -> b', open: [] },
  ],
  [{ drafts: 'shop', constructor: 'x' }, {}],
  [{ edge: 'x'.repeat(10_000) }, { edge: 'x'.repeat(4096) }],
  [{ open: Array.from({ length: 99 }, () => 'a') }, { open: Array.from({ length: 50 }, () => 'a') }],
] as const)
  test(`an address with ${JSON.stringify(raw).slice(0, 60)}`, () => assert.deepEqual(readMapSearch(raw), read));

test('everything is shown but what is hidden', () => {
  assert.deepEqual([...shownStates({ hide: ['allowed', 'unknown'] })], ['would-be-denied', 'denied', 'mixed']);
  assert.equal(shownStates({}).size, 5);
});

const cards = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `card ${from + i}`);

for (const [title, open, card, after] of [
  ['opens', [], 'a', ['a']],
  ['opens as the last', ['a'], 'b', ['a', 'b']],
  ['closes', ['a', 'b'], 'a', ['b']],
  ['is the only one and closes', ['a'], 'a', []],
  ['is the fiftieth', cards(1, 49), 'card 50', cards(1, 50)],
  ['is the fifty-first, and closes the first', cards(1, 50), 'card 51', cards(2, 51)],
  ['is the first of fifty and closes', cards(1, 50), 'card 1', cards(2, 50)],
] as const)
  test(`a card ${title}`, () => {
    assert.deepEqual(toggled(open, card), after);
    assert.deepEqual(readMapSearch({ open: after }).open, after);
  });

test('where few workloads are, every app is open until somebody says otherwise', () => {
  const cards = ['a', 'b', 'a'];
  assert.deepEqual(openedCards({}, cards), ['a', 'b']);
  assert.deepEqual(openedCards({ open: [] }, cards), []);
  assert.deepEqual(openedCards({}, Array(41).fill('a')), []);
  assert.deepEqual(openedCards({}, Array(40).fill('a')), ['a']);
});

const edge = (key: string) =>
  ({ key, attempts: 5, denied: 1, wouldBeDenied: 2, state: 'mixed', latest: 'mixed' }) as Edge;

for (const [effective, intended, state, denied, wouldBeDenied] of [
  ['allow', 'allow', 'allowed', 0, 0],
  ['allow', 'deny', 'would-be-denied', 0, 5],
  ['deny', 'deny', 'denied', 5, 0],
  ['allow', 'mixed', 'mixed', 0, 0],
  ['mixed', 'deny', 'mixed', 0, 0],
  ['deny', 'allow', 'denied', 5, 0],
] as const)
  test(`under a draft, ${effective} in effect and ${intended} intended is ${state}`, () => {
    const other = edge('b');
    const [judged, kept] = underDraft([edge('a'), other], [{ key: 'a', becomes: { effective, intended } }]);
    assert.deepEqual(judged, { key: 'a', attempts: 5, denied, wouldBeDenied, state, latest: state });
    assert.equal(kept, other);
  });

const touched = [{ key: 'a', becomes: { effective: 'deny', intended: 'deny' } }];

for (const [key, omitted, state] of [
  ['a', 0, 'denied'],
  ['a', 3, 'denied'],
  ['b', 0, 'mixed'],
  ['b', 3, null],
] as const)
  test(`of edge ${key} a draft that changes ${omitted} more than it names says ${state ?? 'nothing'}`, () =>
    assert.equal(draftState(edge(key), { items: touched, omitted }), state));
