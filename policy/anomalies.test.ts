import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { except, rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { findAnomalies } from './anomalies.ts';
import { findPrunable, proveRemoval } from './removal.ts';

const estate: readonly Document[] = [
  workload('web-1', 'role=web,env=prod', ['10.0.0.1']),
  workload('web-2', 'role=web,env=prod', ['10.0.0.2']),
  workload('db-1', 'role=db,env=prod', ['10.0.1.1']),
  workload('db-d', 'role=db,env=dev', ['10.0.1.2']),
];
const web = rule('web', 'allow tcp/5432', ['role=web', 'role=db']);
const guard = (what: string, from: string, to: string) =>
  ruleset('guard', [rule('g', what, [from, to])], { tier: 'guardrail' });

/** `rule kind [by]`. */
type Case = readonly [title: string, rules: readonly Document[], expected: readonly string[]];
const cases: readonly Case[] = [
  ['A1 a rule that is needed', [ruleset('r', [web])], []],
  [
    'A2 an end that selects nothing',
    [ruleset('r', [web, rule('x', 'allow tcp/1', ['role=gone', 'role=db'])])],
    ['r/x selects-nothing'],
  ],
  [
    'A2 a rule for one workload and itself',
    [ruleset('r', [web, rule('x', 'allow tcp/1', ['role=db,env=dev', 'role=db,env=dev'])])],
    ['r/x dead'],
  ],
  [
    'A2 exceptions that leave nothing',
    [
      ruleset('r', [
        web,
        rule('x', 'allow tcp/1', ['role=web', 'role=db'], { except: [except(['role=web'], null, null)] }),
      ]),
    ],
    ['r/x dead'],
  ],
  [
    'A3 a deny of an earlier tier',
    [ruleset('r', [web]), guard('deny all', 'role=web', '')],
    ['r/web shadowed guard/g'],
  ],
  [
    'A3 an allow of an earlier tier',
    [ruleset('r', [web]), guard('allow tcp/5000-6000', 'role=web', 'role=db')],
    ['r/web shadowed guard/g'],
  ],
  [
    'A3 two that say the same',
    [ruleset('r', [web, { ...web, name: 'twin' }])],
    ['r/twin redundant r/web', 'r/web redundant r/twin'],
  ],
  ['A3 a deny where nothing allows', [ruleset('r', [web, rule('x', 'deny tcp/1', ['', ''])])], ['r/x redundant']],
  [
    'A4 a part is denied in the same tier',
    [ruleset('r', [web, rule('x', 'deny tcp/5432', ['role=web', 'env=dev'])])],
    ['r/web contradicted r/x'],
  ],
  [
    'A4 all is denied in the same tier',
    [ruleset('r', [web, rule('x', 'deny all', ['', 'role=db'])])],
    ['r/web shadowed r/x', 'r/web contradicted r/x'],
  ],
  ['A5 every port between all', [ruleset('r', [rule('x', 'allow tcp', ['', ''])])], ['r/x over-broad']],
  ['A5 one port between all', [ruleset('r', [rule('x', 'allow tcp/22', ['', ''])])], []],
];

for (const [title, rules, expected] of cases) {
  test(title, () => {
    const documents = [...estate, ...rules];
    const found = findAnomalies(worldOf(documents), documents);
    assert.deepEqual(
      found.map(({ rule: id, kind, by }) => [id, kind, ...by].join(' ')),
      expected,
    );
  });
}

const twins = worldOf([
  ...estate,
  ruleset('r', [web, { ...web, name: 'twin' }, rule('x', 'allow tcp/1', ['role=gone', ''])]),
]);

test('A6 of two rules that say the same one can go', () => assert.deepEqual(findPrunable(twins), ['r/web', 'r/x']));

const removals: readonly (readonly [title: string, ids: readonly string[], refused: string | null])[] = [
  ['A6 one of the two', ['r/twin'], null],
  ['A6 the other, and one that selects nothing', ['r/web', 'r/x'], null],
  ['A6 both', ['r/web', 'r/twin'], 'allow as intended, deny without'],
];
for (const [title, ids, refused] of removals) {
  test(title, () => {
    const { counterexample: found, unproved } = proveRemoval(twins, new Set(ids));
    assert.deepEqual(unproved, []);
    assert.equal(found && `${found.verdict} as ${found.view}, ${found.without} without`, refused);
  });
}

test('A6 a rule that one about a process meets is left alone: only cells are compared', () => {
  const byProcess = rule('p', 'deny tcp/5432', ['role=web', 'role=db']);
  const [from] = byProcess.from;
  assert.ok(from !== undefined);
  const asking = { ...byProcess, from: [{ ...from, identity: { process: '/usr/bin/x', user: null } }] };
  const world = worldOf([...estate, ruleset('r', [web, { ...web, name: 'twin' }, asking])]);
  assert.deepEqual(findPrunable(world), []);
  assert.deepEqual(proveRemoval(world, new Set(['r/twin'])), { counterexample: null, unproved: ['r/twin'] });
});
