import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { classLimit } from '@bulkhead/model/host-ruleset.ts';
import { except, ipList, rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { compileHost } from './compile.ts';
import { isProblem } from './problems.ts';
import { addressDelta } from './ruleset/address-delta.ts';
import { narrows } from './ruleset/narrows.ts';

const shop: readonly Document[] = [
  workload('web-1', 'role=web,app=shop,env=prod', ['10.0.0.2']),
  workload('web-2', 'role=web,app=shop,env=prod', ['10.0.0.1']),
  workload('web-3', 'role=web,app=crm,env=prod', ['10.0.0.3']),
  workload('db-1', 'role=db,app=shop,env=prod', ['10.0.1.1', 'fd00::1']),
  workload('printer', 'role=printer', ['10.0.9.1'], { enforced: false }),
  ipList('partners', ['192.0.2.0/24'], ['192.0.2.0/25']),
  ruleset('r', [rule('postgres', 'allow tcp/5432', ['role=web', 'role=db'])], { scopes: ['app=shop,env=prod'] }),
];

function contentOf(documents: readonly Document[], name: string, now = 0) {
  const content = compileHost(worldOf(documents), name);
  assert.ok(!isProblem(content));
  // `now` of compile is later than that of the policy where a test says so.
  const later = now === 0 ? content : compileHost({ ...worldOf(documents), now }, name);
  assert.ok(!isProblem(later));
  return later;
}

const added = (rules: Parameters<typeof ruleset>[1], documents: readonly Document[] = shop): Document[] => [
  ...documents,
  ruleset('extra', rules),
];

test('a host knows the peers that its rules name, and nobody else', () => {
  const { identities, addresses, prefixes } = contentOf(shop, 'db-1');
  assert.deepEqual(identities, [{ id: 1, name: 'role=web app=shop env=prod' }]);
  assert.deepEqual(
    addresses.map(({ address, identity }) => `${address} ${identity}`),
    ['10.0.0.1 1', '10.0.0.2 1'],
  );
  assert.deepEqual(prefixes, []);
});

test('cells leave out what the miss says', () => {
  const content = contentOf(shop, 'db-1');
  const [end] = content.ends;
  const found = end?.inbound.cells.map((cell) => ({
    identity: cell.identity,
    services: content.classes.find(({ id }) => id === cell.class)?.services,
    rule: content.decisions[cell.decision]?.effective.rule,
  }));
  const postgres = found?.filter(({ rule }) => rule === 'r/postgres');
  assert.deepEqual(postgres, [{ identity: 1, services: [{ first: 398648, last: 398648 }], rule: 'r/postgres' }]);
  assert.equal(content.decisions[end?.inbound.miss ?? -1]?.effective.verdict, 'deny');
  assert.equal(content.ends.length, 1);
});

test('K5 class 0 has cells where rules speak of all services', () => {
  const content = contentOf(added([rule('open', 'allow all', ['role=web', 'role=db'])]), 'db-1');
  const inZero = content.ends[0]?.inbound.cells.filter((cell) => cell.class === 0 && cell.identity > 0);
  assert.deepEqual(
    inZero?.map(({ decision }) => content.decisions[decision]?.effective.rule),
    ['extra/open', 'extra/open'],
  );
});

test('K1 a local address inside a list that a rule names has an end of its own', () => {
  const content = contentOf(added([rule('v6', 'allow tcp/1', ['any', 'fd00::/64'])]), 'db-1');
  assert.deepEqual(
    content.ends.map(({ addresses }) => addresses),
    [['fd00::1'], []],
  );
});

test('identities are named after what was asked, lists after their names', () => {
  const rules = [
    rule('a', 'allow tcp/1', ['list:partners', 'role=db']),
    rule('b', 'allow tcp/2', ['role in (web,api),app!=shop', 'role=db']),
    rule('c', 'allow tcp/3', ['', 'role=db'], { except: [except('10.0.0.2/32', null, null)] }),
  ];
  assert.deepEqual(
    contentOf(added(rules), 'db-1').identities.map(({ name }) => name),
    [
      '10.0.0.2/32',
      'every workload',
      'partners',
      'role in (api,web) app!=shop',
      'role=db',
      'role=web app=shop env=prod',
      'role=web app=shop env=prod in 10.0.0.2/32',
    ],
  );
});

test('X1 compiling later than building leaves out what has expired since', () => {
  const documents = added([rule('soon', 'allow tcp/22', ['any', ''], { expires: 100 })]);
  const names = (now: number) => contentOf(documents, 'db-1', now).decisions.map(({ effective }) => effective.rule);
  assert.ok(names(99).includes('extra/soon'));
  assert.ok(!names(100).includes('extra/soon'));
});

for (const [name, code] of [
  ['web-9', 'unknown-workload'],
  ['printer', 'no-enforcer'],
] as const) {
  test(`"${name}" cannot be compiled: ${code}`, () => {
    const problem = compileHost(worldOf(shop), name);
    assert.ok(isProblem(problem));
    assert.equal(problem.code, code);
  });
}

for (const [count, expected] of [
  [classLimit - 1, 'compiled'],
  [classLimit, 'compiled'],
  [classLimit + 1, 'too-many-classes'],
] as const)
  test(`K8 ${count} classes of services: ${expected}`, () => {
    // The lifeline has classes of its own.
    const rest = contentOf(shop, 'db-1').classes.length;
    const rules = Array.from({ length: count - rest }, (_, i) => rule(`r${i}`, `allow tcp/${2 * i + 1}`, ['', '']));
    const content = compileHost(worldOf(added(rules)), 'db-1');
    assert.equal(isProblem(content) ? content.code : 'compiled', expected);
    if (!isProblem(content)) assert.equal(content.classes.length, count);
  });

test('one more address of a known segment is one added element', () => {
  const moved = [...shop, workload('web-4', 'role=web,app=shop,env=prod', ['10.0.0.4'])];
  const [before, after] = [contentOf(shop, 'db-1'), contentOf(moved, 'db-1')];
  assert.deepEqual(addressDelta(before, after), { added: [{ address: '10.0.0.4', identity: 1 }], removed: [] });
  assert.deepEqual(addressDelta(after, before), { added: [], removed: [{ address: '10.0.0.4', identity: 1 }] });
  assert.deepEqual(addressDelta(before, before), { added: [], removed: [] });
  assert.equal(addressDelta(null, after), null);
  assert.equal(narrows(before, after), false);
  assert.equal(narrows(after, before), true);
});

test('another rule is no matter of addresses', () => {
  const more = contentOf(added([rule('ssh', 'allow tcp/22', ['role=web', 'role=db'])]), 'db-1');
  assert.equal(addressDelta(contentOf(shop, 'db-1'), more), null);
  assert.equal(narrows(contentOf(shop, 'db-1'), more), false);
});

test('K7 a prefix whose every address has an owner closes nothing when it goes', () => {
  const byRole = rule('role', 'allow tcp/1', ['role=web', 'role=db']);
  const byPrefix = rule('role', 'allow tcp/1', [['role=web', '10.0.0.2/32'], 'role=db']);
  const halfOwned = rule('role', 'allow tcp/1', [['role=web', '10.0.0.4/31'], 'role=db']);
  assert.equal(narrows(contentOf(added([byPrefix]), 'db-1'), contentOf(added([byRole]), 'db-1')), false);
  assert.equal(narrows(contentOf(added([halfOwned]), 'db-1'), contentOf(added([byRole]), 'db-1')), true);
});
