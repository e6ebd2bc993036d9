import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, TestDocument } from '@bulkhead/model/documents.ts';
import { mode, place, rule, ruleset, tiers, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { explain } from './explain.ts';
import { isProblem } from './problems.ts';
import { runTests } from './test.ts';

const estate: readonly Document[] = [
  workload('web-1', 'role=web', ['10.0.0.1']),
  workload('db-1', 'role=db', ['10.0.0.2']),
];
const policy: readonly Document[] = [
  tiers('guardrail', 'admin:one,two', 'application', 'baseline'),
  ruleset('g', [rule('planned', 'deny all', ['', ''], { state: 'staged', at: 'source' })], { tier: 'guardrail' }),
  ruleset('o', [rule('pass', 'pass all', ['', ''])], { tier: 'one' }),
  ruleset('t', [rule('deny', 'deny all', ['', ''])], { tier: 'two' }),
  ruleset('a', [
    rule('db', 'allow tcp/5432', ['role=web', 'role=db']),
    rule('every', 'allow all', ['', '']),
    rule('pass', 'pass all', ['', '']),
    rule('other', 'allow tcp/1', ['', '']),
  ]),
  ruleset('b', [rule('late', 'deny all', ['', ''])], { tier: 'baseline' }),
  mode('role=db', 'test', null),
];

test('every rule that matches is told, with what became of it', () => {
  const world = worldOf([...estate, ...policy]);
  const pairs = explain(world.policy, world.estate, { from: 'web-1', to: 'db-1', service: 'tcp/5432' });
  assert.ok(!isProblem(pairs));
  const [pair] = pairs;
  assert.deepEqual(pair?.verdict, { effective: 'allow', intended: 'deny' });
  const said = pair?.outbound.rules.map(
    ({ rule, tier, fate }) => `${rule} ${tier}: ${fate.effective}, ${fate.intended}`,
  );
  assert.deepEqual(said, [
    'g/planned guardrail: staged, decides',
    'o/pass one: passes, too late',
    't/deny two: passed over, too late',
    'a/db application: decides, too late',
    'a/every application: agrees, too late',
    'a/pass application: outranked, too late',
    'b/late baseline: too late, too late',
  ]);
  assert.deepEqual([pair?.outbound.mode, pair?.inbound.mode], ['enforce', 'test']);
  assert.ok(!pair?.inbound.rules.some(({ rule }) => rule === 'g/planned'), 'it speaks at the source only');
});

test('an end without an enforcer has no mode and no rules', () => {
  const world = worldOf([...estate, ...policy]);
  const pairs = explain(world.policy, world.estate, { from: '8.8.8.8', to: 'db-1', service: 'tcp/1' });
  assert.ok(!isProblem(pairs));
  assert.deepEqual(pairs[0]?.outbound.mode, null);
  assert.deepEqual(pairs[0]?.outbound.rules, []);
});

const line = (text: string) => {
  const [from = '', , to = '', service = ''] = text.split(' ');
  return { text, from, to, service, place };
};
const tests: TestDocument = {
  ...{ kind: 'Test', name: 'paths', place },
  allow: [line('web-1 -> db-1 tcp/5432'), line('web-1 -> db-1 tcp/22'), line('web-9 -> db-1 tcp/22')],
  deny: [line('db-1 -> web-1 tcp/5432'), line('web-1 -> db-1 tcp/5432')],
};

test('policy tests pass, fail with the deciding rule, and say what cannot be asked', () => {
  const world = worldOf([...estate, ruleset('a', [rule('db', 'allow tcp/5432', ['role=web', 'role=db'])])]);
  const results = runTests(world, [tests]).map(({ line, expected, passed, answer, problem }) =>
    [line, expected, passed ? 'passed' : 'failed', answer?.inbound?.rule ?? problem?.code ?? '-'].join(' | '),
  );
  assert.deepEqual(results, [
    'web-1 -> db-1 tcp/5432 | allow | passed | a/db',
    'web-1 -> db-1 tcp/22 | allow | failed | -',
    'web-9 -> db-1 tcp/22 | allow | failed | unknown-workload',
    'db-1 -> web-1 tcp/5432 | deny | passed | -',
    'web-1 -> db-1 tcp/5432 | deny | failed | a/db',
  ]);
});
