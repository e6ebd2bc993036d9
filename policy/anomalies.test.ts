import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, Rule } from '@bulkhead/model/documents.ts';
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

/** `db` on two addresses: what happens at one of them is no matter of the other. */
const two = [workload('web', 'role=web', ['10.0.0.1']), workload('db', 'role=db', ['10.0.1.1', '10.9.0.1'])];
const main = rule('main', 'allow tcp/5432', ['role=web', '10.0.1.1/32']);
const mgmt = rule('mgmt', 'allow tcp/5432', ['role=web', '10.9.0.1/32']);
const never = rule('never', 'deny all', ['any', '10.9.0.0/16']);

test('A1 A6 a rule that matters to one address of a workload is needed', () => {
  const both = [...two, ruleset('r', [main, mgmt])];
  assert.deepEqual([findAnomalies(worldOf(both), both), findPrunable(worldOf(both))], [[], []]);
  const denied = worldOf([...two, ruleset('r', [web]), ruleset('g', [never], { tier: 'guardrail' })]);
  const { counterexample } = proveRemoval(denied, new Set(['g/never']));
  const { probe, ...told } = counterexample ?? assert.fail('it is needed');
  assert.deepEqual(told, { view: 'intended', verdict: 'deny', without: 'allow' });
  assert.equal(probe.to, 'db@10.9.0.1');
});

const contradictions: readonly (readonly [title: string, rules: readonly Rule[], expected: readonly string[]])[] = [
  [
    'A4 what is allowed elsewhere is not denied as a whole',
    [rule('a', 'allow tcp/22 tcp/5432', ['role=web', 'role=db']), rule('d', 'deny tcp/22', ['role=web', 'role=db'])],
    ['r/a contradicted narrow'],
  ],
  [
    'A4 a deny of everything that is allowed',
    [rule('a', 'allow tcp/22', ['role=web', 'role=db']), rule('d', 'deny tcp/22', ['role=web', 'role=db'])],
    ['r/a contradicted remove', 'r/a shadowed remove'],
  ],
  [
    'A4 a deny on trial takes nothing',
    [
      rule('a', 'allow tcp/22', ['role=web', 'role=db']),
      rule('d', 'deny tcp/22', ['role=web', 'role=db'], { state: 'staged' }),
    ],
    [],
  ],
];
for (const [title, rules, expected] of contradictions)
  test(title, () => {
    const documents = [...two, ruleset('r', rules)];
    const said = findAnomalies(worldOf(documents), documents).map(
      ({ rule: id, kind, fix }) => `${id} ${kind} ${fix.action}`,
    );
    assert.deepEqual(said.filter((line) => line.startsWith('r/a')).sort(), expected);
  });

test('A6 of two rules that say the same the one goes that would go anyway', () => {
  const soon = rule('a', 'allow tcp/22', ['role=web', 'role=db'], { expires: 5 });
  for (const name of ['0', 'b']) {
    const lasting = { ...soon, name, expires: null };
    assert.deepEqual(findPrunable(worldOf([...two, ruleset('r', [soon, lasting])])), ['r/a']);
  }
  const wider = rule('b', 'allow tcp', ['role=web', 'role=db'], { expires: 5 });
  const lasting = { ...soon, expires: null };
  const covered = [...two, ruleset('r', [lasting, wider])];
  assert.deepEqual(findPrunable(worldOf(covered)), [], 'what lasts is needed then');
  assert.deepEqual(
    findAnomalies(worldOf(covered), covered).filter(({ rule: id }) => id === 'r/a'),
    [],
  );
});
