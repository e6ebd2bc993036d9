import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { mode, rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { decide } from './decide.ts';
import { isProblem } from './problems.ts';

const estate: readonly Document[] = [
  workload('web', 'role=web,env=prod', ['10.0.0.1']),
  workload('db', 'role=db,env=prod', ['10.0.0.2']),
  workload('web-d', 'role=web,env=dev', ['10.0.1.1']),
  workload('db-d', 'role=db,env=dev', ['10.0.1.2']),
  workload('db-b', 'role=db,env=prod', ['site-b/10.0.0.2', 'site-b/10.0.0.9']),
];

function ask(documents: readonly Document[], from: string, to: string) {
  const { policy, estate: built } = worldOf([...estate, ...documents], 0);
  const answer = decide(policy, built, { from, to, service: 'tcp/1' });
  return isProblem(answer) ? assert.fail(answer.message) : answer;
}

const toDb = (state: 'active' | 'staged' = 'active'): Document =>
  ruleset('r', [rule('x', 'allow tcp/1', ['role=web', 'env=prod,role=db'], { state })]);

test('E1 E2 an endpoint is network, address and owner: equal addresses in two networks are two endpoints', () => {
  const { intended } = ask([toDb()], 'web', '10.0.0.2');
  assert.deepEqual([intended.verdict, intended.inbound?.rule], ['allow', 'r/x'], 'main unless said otherwise');
  const world = worldOf([...estate, toDb()], 0);
  const owned = (network: string, address: string) => {
    const answer = decide(world.policy, world.estate, { from: '10.0.0.1', to: address, service: 'tcp/1', network });
    return isProblem(answer) ? answer.code : [answer.intended.outbound?.verdict, answer.intended.inbound?.verdict];
  };
  assert.deepEqual(owned('main', '10.0.0.2'), ['allow', 'allow']);
  assert.deepEqual(owned('site-b', '10.0.0.2'), ['none', 'deny'], 'nobody has 10.0.0.1 there');
  assert.deepEqual(owned('main', '10.0.0.9'), ['deny', 'none'], 'nobody has 10.0.0.9 here');
});

test('M3 intended ignores modes and includes staged rules, effective is the other way round', () => {
  const both = (documents: readonly Document[], from = 'web', to = 'db') => {
    const { effective, intended } = ask(documents, from, to);
    return [effective.verdict, intended.verdict];
  };
  assert.deepEqual(both([toDb('staged')]), ['deny', 'allow']);
  assert.deepEqual(both([toDb('staged'), mode('', 'observe', 'observe')]), ['allow', 'allow']);
  assert.deepEqual(both([toDb(), mode('', 'observe', 'observe')], 'web', 'db-d'), ['allow', 'deny']);
  assert.deepEqual(both([toDb()], 'web', 'db-d'), ['deny', 'deny']);
});

test('N1 a decision names verdict, rule and tier; rule and tier are null where none decided', () => {
  const named = { verdict: 'allow', rule: 'r/x', tier: 'application' };
  const unnamed = (verdict: 'allow' | 'deny') => ({ verdict, rule: null, tier: null });
  const allowed = ask([toDb()], 'web', 'db');
  assert.deepEqual([allowed.intended.outbound, allowed.effective.inbound], [named, named]);
  const unmatched = ask([toDb(), mode('', 'test', 'test')], 'web', 'db-d');
  assert.deepEqual([unmatched.intended.inbound, unmatched.effective.inbound], [unnamed('deny'), unnamed('allow')]);
  const denied = ruleset('r', [rule('d', 'deny tcp/1', ['', ''])]);
  const passed = ask([denied, mode('', 'test', 'test')], 'web', 'db');
  assert.deepEqual(passed.intended.inbound, { verdict: 'deny', rule: 'r/d', tier: 'application' });
  assert.deepEqual(passed.effective.inbound, unnamed('allow'), 'a mode let it pass');
});

test('N3 every instance of a rule has the id of the rule', () => {
  for (const scopes of [{ each: ['env'] }, { scopes: ['env=prod', 'env=dev'] }]) {
    const policy = [ruleset('r', [rule('x', 'allow tcp/1', ['role=web', 'role=db'])], scopes)];
    const ids = [ask(policy, 'web', 'db'), ask(policy, 'web-d', 'db-d')].map(({ intended }) => intended.inbound?.rule);
    assert.deepEqual(ids, ['r/x', 'r/x']);
    assert.equal(ask(policy, 'web', 'db-d').intended.inbound?.rule, null);
  }
});

test('R8 a constraint that no host enforces yet refuses the rule instead of widening it', () => {
  const constrained = [
    'from: {selector: role=web, process: /usr/bin/x}, to: role=db',
    'from: {user: ana}, to: role=db',
    'from: {group: dba}, to: role=db',
    'from: role=web, to: {name: "*.example.org"}',
    'from: role=web, to: {virtualService: vip}',
  ];
  for (const ends of constrained) {
    const text = `kind: Ruleset\nname: r\nrules:\n  - {name: x, allow: [tcp/1], ${ends}}\n`;
    const { problems } = parseDocuments([{ file: 'f', text }]);
    assert.deepEqual(
      problems.map(({ severity, code }) => [severity, code]),
      [['error', 'not-yet-enforced']],
      ends,
    );
  }
});

test('every sentence of SPEC.md is cited by a test, and every citation has its sentence', () => {
  const sentences = [...readFileSync(join(import.meta.dirname, 'SPEC.md'), 'utf8').matchAll(/^- \*\*([A-Z]\d+)\*\*/gm)];
  const known = sentences.map(([, id]) => id ?? '');
  assert.equal(new Set(known).size, known.length);
  const folders = ['.', 'incremental', '../testkit'].map((folder) => join(import.meta.dirname, folder));
  const tests = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  // The title of a test or the first text of a row, not whatever an assertion says.
  const titles = tests.flatMap((text) => [...text.matchAll(/(?:\btest\(|\[)\s*['`]((?:[A-Z]\d{1,2}:? )+)/g)]);
  const cited = new Set(titles.flatMap(([, ids = '']) => ids.match(/[A-Z]\d+/g) ?? []));
  assert.deepEqual(
    known.filter((id) => !cited.has(id)),
    [],
    'sentences without a test',
  );
  assert.deepEqual(
    [...cited].filter((id) => !known.includes(id)),
    [],
    'citations without a sentence',
  );
});
