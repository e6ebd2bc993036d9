import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveModes } from '@bulkhead/model/words.ts';
import type { Change, Difference } from '@bulkhead/policy/diff.ts';
import type { PreviewEffect } from '../api/policy-types.ts';
import {
  changesNothing,
  changeText,
  consequences,
  counterexampleText,
  liveModeTexts,
  peopleText,
  progressText,
} from './preview-text.ts';

const example = { from: 'a', to: 'b', service: 'tcp/80' };
const change = (cells: number, outside = 0): Change => ({
  cells,
  rectangles: cells === 0 ? [] : [{ from: 'a', to: 'b', services: ['tcp/80'], cells, example }],
  addressRectangles: Array.from({ length: outside }, () => ({
    from: 'a',
    to: 'b',
    services: ['tcp/80'],
    workloads: 1,
    addresses: '256',
    example,
  })),
});
const difference = (opened: number, closed: number): Difference => ({ opened: change(opened), closed: change(closed) });
const nothing: PreviewEffect = {
  hosts: [],
  diff: difference(0, 0),
  effective: difference(0, 0),
  flows: { items: [], omitted: 0 },
  tests: [],
  invariants: [],
};
const host = (narrows: boolean) => ({ workload: 'web-1', narrows, tries: [], size: null, problem: null });

for (const [what, effect, expected] of [
  ['no effect', nothing, true],
  ['another host ruleset', { ...nothing, hosts: [host(false)] }, false],
  ['a path as intended', { ...nothing, diff: difference(1, 0) }, false],
  ['a path as modes have it', { ...nothing, effective: difference(0, 1) }, false],
] as const)
  test(`${what} ${expected ? 'changes nothing' : 'changes something'}`, () => {
    assert.equal(changesNothing(effect), expected);
  });

for (const [cells, outside, expected] of [
  [0, 0, '0 cells'],
  [1, 0, '1 cell'],
  [65_540, 0, '65,540 cells'],
  [2, 1, '2 cells and 1 path to or from outside'],
] as const)
  test(`${cells} and ${outside} are ${expected}`, () => assert.equal(changeText(change(cells, outside)), expected));

test('paths to domain names are paths outside', () => {
  const toName = { from: 'a', to: '*.example.com', services: ['tcp/443'], workloads: 1, example };
  const named = { ...change(0), nameRectangles: [toName, toName] };
  assert.equal(changeText(named), '0 cells and 2 paths to or from outside');
  assert.equal(changesNothing({ ...nothing, diff: { opened: named, closed: change(0) } }), false);
});

test('the consequence has all the numbers', () => {
  const refuted = { invariant: 'i', holds: false, counterexample: null };
  const failed = { passed: false } as PreviewEffect['tests'][number];
  const effect = { ...nothing, hosts: [host(true), host(false)], diff: difference(4, 2), effective: difference(1, 2) };
  assert.deepEqual(
    consequences({
      ...effect,
      flows: { items: [], omitted: 3 },
      tests: [failed],
      invariants: [refuted, { ...refuted, holds: true }],
    }),
    [
      '2 hosts get another ruleset.',
      'On 1 host live connections are judged again.',
      'Opens 1 cell, closes 2 cells at once (effective).',
      'Opens 4 cells, closes 2 cells once everything is enforced (intended).',
      '3 observed edges would be judged otherwise.',
      '1 test of the policy fails.',
      '1 invariant does not hold.',
    ],
  );
});

test('without an effect it is short', () => {
  assert.deepEqual(consequences(nothing), [
    'No host gets another ruleset.',
    'Opens 0 cells, closes 0 cells at once (effective).',
  ]);
});

test('progress is told in words, and a counterexample with who it is', () => {
  assert.equal(progressText({ what: 'differences', done: 2, of: 3 }), 'Comparing what is open: 66 %');
  assert.equal(progressText({ what: 'hosts', done: 1, of: 40 }), 'Compiling hosts: 2 %');
  assert.equal(progressText({ what: 'invariants', done: 0, of: 0 }), 'Proving invariants: 100 %');
  const probe = { from: 'web-1', to: 'db-1', service: 'tcp/22' };
  assert.equal(counterexampleText(probe), 'web-1 to db-1, tcp/22');
  assert.equal(
    counterexampleText({ ...probe, fromProcess: '/bin/a', user: 'ana', toProcess: 'b.service' }),
    'web-1 to db-1, tcp/22, /bin/a as ana served by b.service',
  );
});

test('what changes for some people is told with who they are', () => {
  const theirs = { who: { fromProcess: '/bin/a', user: 'ana' }, ...difference(1, 0) };
  assert.equal(peopleText(difference(1, 0)), null);
  assert.equal(
    peopleText({ ...difference(0, 0), people: [theirs], unknownPeople: 2 }),
    '/bin/a as ana: opens 1 cell, closes 0 cells. 2 more combinations of processes and users were not compared.',
  );
  assert.equal(changesNothing({ ...nothing, diff: { ...difference(0, 0), people: [theirs] } }), false);
});

test('each choice for live connections names the word that the command line takes', () => {
  for (const mode of liveModes) assert.ok(liveModeTexts[mode].endsWith(`(${mode})`), mode);
});
