import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, LabelKeyDocument } from '@bulkhead/model/documents.ts';
import {
  invariant,
  ipList,
  lifeline,
  mode,
  place,
  rule,
  ruleset,
  service,
  tiers,
  workload,
} from '@bulkhead/testkit/documents.ts';
import { checkPolicy } from '../check.ts';
import { buildEstate } from '../estate.ts';
import { buildPolicy } from '../policy.ts';

const web = workload('web-1', 'role=web,env=prod', ['10.0.0.1']);
const db = workload('db-1', 'role=db,env=prod', ['10.0.0.2']);
const serving = workload('db-2', 'role=db', [], { ports: { http: ['tcp/8080'] } });
const allow = (what: string, from = 'role=web', to = 'role=db') => rule('x', `allow ${what}`, [from, to]);
const labelKey = (name: string, values: readonly string[] | null): LabelKeyDocument => ({
  ...{ kind: 'LabelKey', name, values, locked: false, place },
});

const cases: readonly (readonly [title: string, documents: readonly Document[], codes: readonly string[]])[] = [
  ['a sound policy', [ruleset('r', [allow('tcp/1')])], []],
  ['R6 an unknown service', [ruleset('r', [allow('postgres')])], ['unknown-service']],
  ['R6 an unknown ip list', [ruleset('r', [allow('tcp/1', 'list:partners')])], ['unknown-ip-list']],
  ['R6 an unknown tier', [ruleset('r', [allow('tcp/1')], { tier: 'middle' })], ['unknown-tier']],
  ['R6 in a disabled rule too', [ruleset('r', [allow('postgres')], { state: 'disabled' })], ['unknown-service']],
  ['R6 once for all instances', [ruleset('r', [allow('postgres')], { each: ['role'] })], ['unknown-service']],
  ['R7 an end that selects nothing', [ruleset('r', [allow('tcp/1', 'role=api')])], ['selects-nothing']],
  [
    'R7 not for an end that also names addresses',
    [ruleset('r', [rule('x', 'allow tcp/1', [['role=api', '10.0.0.0/8'], ''])])],
    [],
  ],
  [
    'R7 a scope that empties the end',
    [ruleset('r', [allow('tcp/1')], { scopes: ['env=dev'] })],
    ['selects-nothing', 'selects-nothing'],
  ],
  ['R7 not when one of the scopes does not', [ruleset('r', [allow('tcp/1')], { scopes: ['env=dev', 'env=prod'] })], []],
  ['C5 no workload has the keys', [ruleset('r', [allow('tcp/1')], { each: ['zone'] })], ['no-instances']],
  ['T6 two orders of tiers', [tiers('a', 'b'), tiers('b', 'c'), ruleset('r', [allow('tcp/1')], { tier: 'c' })], []],
  ['T6 a tier of neither', [tiers('a'), tiers('b'), ruleset('r', [allow('tcp/1')])], ['unknown-tier']],
  ['T8 orders that contradict', [tiers('a', 'b'), tiers('b', 'a')], ['contradicting-tiers']],
  [
    'T8 all tiers are known even so',
    [tiers('a', 'b'), tiers('b', 'a', 'c'), ruleset('r', [allow('tcp/1')], { tier: 'c' })],
    ['contradicting-tiers'],
  ],
  ['T1 a tier twice', [tiers('a', 'g:b,a')], ['duplicate-tier']],
  ['T1 a tier twice in one of two', [tiers('c'), tiers('a', 'g:b,a')], ['duplicate-tier']],
  ['T1 a built-in tier declared', [tiers('emergency', 'application')], ['duplicate-tier']],
  ['M2 equally specific modes', [mode('role=web', 'test', null), mode('env=prod', 'enforce', null)], ['mode-conflict']],
  ['M2 not in different directions', [mode('role=web', 'test', null), mode('env=prod', null, 'enforce')], []],
  ['M2 not when they agree', [mode('role=web', 'test', null), mode('env=prod', 'test', null)], []],
  ['M2 not for different workloads', [mode('role=web', 'test', null), mode('role=db', 'enforce', null)], []],
  ['D1 an address claimed twice', [workload('web-2', 'role=web', ['10.0.0.1'])], ['duplicate-address']],
  ['D1 not in another network', [workload('web-2', 'role=web', ['site-b/10.0.0.1'])], []],
  ['D1 not by one workload twice', [workload('web-2', 'role=web', ['10.0.0.9', '10.0.0.9'])], []],
  ['D3 a workload twice', [workload('web-1', 'role=web', ['10.0.0.9'])], ['duplicate-workload']],
  ['D3 a ruleset twice', [ruleset('r', [allow('tcp/1')]), ruleset('r', [allow('tcp/2')])], ['duplicate-name']],
  ['D3 a rule twice', [ruleset('r', [allow('tcp/1'), allow('tcp/2')])], ['duplicate-name']],
  ['R11 a port that nobody names so', [ruleset('r', [allow('tcp/http')])], ['unknown-port-name']],
  ['R11 of that protocol', [ruleset('r', [allow('udp/http')]), serving], ['unknown-port-name']],
  ['R11 one that somebody names so', [ruleset('r', [allow('tcp/http')]), serving], []],
  ['S4 not a key of a space of its own', [labelKey('env', null), ruleset('r', [allow('tcp/1', '!node:zone')])], []],
  ['D3 a service twice', [service('s', ['tcp/1']), service('s', ['tcp/2'])], ['duplicate-name']],
  ['D3 an ip list twice', [ipList('l', ['10.0.0.0/8']), ipList('l', ['10.0.0.0/8'])], ['duplicate-name']],
  ['L5 the reserved name', [ruleset('lifeline', [allow('tcp/1')])], ['reserved-name']],
  ['R5 nothing left in an ip list', [ipList('l', ['10.0.0.0/24'], ['10.0.0.0/16'])], ['empty-ip-list']],
  ['Y4 an ip list of names alone', [{ ...ipList('l', []), names: ['api.example.com'] }], []],
  ['I1 an invariant that cannot be proved', [invariant('i', 'name:api.example.com', 'role=db')], ['not-provable']],
  ['X1 an expired rule', [ruleset('r', [rule('x', 'allow tcp/1', ['', ''], { expires: 5 })])], ['expired']],
  [
    'S4 an undeclared value',
    [labelKey('env', ['dev', 'prod']), ruleset('r', [allow('tcp/1', 'env!=stage')])],
    ['undeclared-label'],
  ],
  ['S4 an undeclared key', [labelKey('env', null), ruleset('r', [allow('tcp/1', '!zone')])], ['undeclared-label']],
  ['S4 not a built-in key', [labelKey('env', null), ruleset('r', [allow('tcp/1', 'loc!=x')])], []],
  ['S4 not without any declaration', [ruleset('r', [allow('tcp/1', '!zone')])], []],
  ['a lifeline is no problem', [lifeline('l', { dns: ['10.0.0.2/32'] })], []],
];

for (const [title, documents, codes] of cases) {
  test(title, () => {
    const problems = checkPolicy([web, db, ...documents], 10);
    assert.deepEqual(
      problems.map(({ code }) => code),
      codes,
      JSON.stringify(problems),
    );
    for (const { message } of problems) assert.match(message, /^Cannot .* "[^"]+".*: .+, .+/);
  });
}

test('R6 no policy is built from what cannot be resolved', () => {
  const documents = [web, db, ruleset('r', [allow('postgres')])];
  assert.equal(buildPolicy(documents, buildEstate(documents).estate, 0).policy, null);
});

test('M2 a mode conflict leaves a policy, in its stricter reading', () => {
  const documents = [web, mode('role=web', 'test', null), mode('env=prod', 'enforce', null)];
  const { policy } = buildPolicy(documents, buildEstate(documents).estate, 0);
  assert.equal(policy?.modes.get('web-1')?.inbound, 'enforce');
});

test('a near name is offered', () => {
  const [problem] = checkPolicy([service('postgres', ['tcp/5432']), ruleset('r', [allow('Postgres', '', '')])], 0);
  assert.equal(problem?.hint, 'did you mean postgres?');
});
