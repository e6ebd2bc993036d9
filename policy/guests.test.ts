import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { resolveReferences } from '@bulkhead/model/references.ts';
import { mode, rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { compileHost, compileWidened } from './compile.ts';
import { decideEnd } from './decide.ts';
import { diff } from './diff.ts';
import { isProblem } from './problems.ts';
import { narrows } from './ruleset/narrows.ts';

const addresses = ['10.9.0.3', 'site-b/172.17.0.2', '10.9.0.2'];
const others: readonly Document[] = [
  workload('web-1', 'role=web', ['10.0.0.1']),
  workload('web-2', 'role=web', ['10.0.0.2']),
  workload('db-1', 'role=db', ['10.0.1.1']),
  ruleset('r', [rule('postgres', 'allow tcp/5432', ['app=shop', 'role=db'])]),
  mode('app=crm', 'observe', 'observe'),
];
const guestOn = (host: string | null, labels = 'app=shop', has = addresses) =>
  workload('shop-7', labels, has, { host });
const estateOn = (host: string | null): Document[] => [...others, guestOn(host)];

function contentOf(documents: readonly Document[], name: string) {
  const content = compileHost(worldOf(documents), name);
  assert.ok(!isProblem(content));
  return content;
}

test('G1 a guest is judged by its own labels and modes', () => {
  const { estate, policy } = worldOf([...others, guestOn('web-1', 'app=crm')]);
  const [crm, db] = [estate.byName.get('shop-7'), estate.byName.get('db-1')];
  assert.ok(crm !== undefined && db !== undefined);
  const at = (owner: typeof crm) => ({
    network: 'main',
    address: owner.addresses[0]?.address ?? null,
    workload: owner,
  });
  const question = { source: at(crm), destination: at(db), service: 0x061538, direction: 'outbound' } as const;
  const { effective, intended } = decideEnd(policy, estate, question);
  assert.deepEqual([effective.verdict, intended.verdict], ['allow', 'deny']);
});

test('G2 what a guest may stand on', () => {
  const old = workload('old', '', [], { enforced: false });
  const nested = workload('shop-8', '', [], { host: 'web-1' });
  const codes = (host: string) => resolveReferences([...estateOn(host), old, nested]);
  assert.deepEqual(codes('web-1'), []);
  for (const [host, code] of [
    ['shop-7', 'own-host'],
    ['web-9', 'unknown-host'],
    ['old', 'host-without-enforcer'],
    ['shop-8', 'host-is-guest'],
  ] as const)
    assert.deepEqual(
      codes(host).map((problem) => `${problem.severity} ${problem.code}`),
      [`error ${code}`],
    );
});

test('G3 the ruleset of a guest says all of its addresses, in order', () => {
  assert.deepEqual(contentOf(estateOn('web-1'), 'shop-7').local, ['10.9.0.2', '10.9.0.3', '172.17.0.2']);
  assert.deepEqual(contentOf([...others, guestOn('web-1', 'app=shop', [])], 'shop-7').local, []);
  assert.equal('local' in contentOf(estateOn(null), 'shop-7'), false);
});

test('G3 what it is not for is all that tells it from the ruleset of a host', () => {
  const { local: _, ...guest } = contentOf(estateOn('web-1'), 'shop-7');
  assert.deepEqual(guest, contentOf(estateOn(null), 'shop-7'));
});

test('G4 who runs on a host does not change its ruleset', () => {
  for (const name of ['web-1', 'web-2', 'db-1'])
    assert.deepEqual(contentOf(estateOn('web-1'), name), contentOf(estateOn(null), name), name);
});

test('G5 nothing opens and nothing closes when a guest moves', () => {
  for (const host of ['web-1', 'web-2', null]) {
    const { opened, closed } = diff(worldOf(estateOn('web-1')), worldOf(estateOn(host)));
    assert.deepEqual([opened.rectangles, closed.rectangles], [[], []], `${host}`);
  }
  const { opened, closed } = diff(worldOf(estateOn('web-1')), worldOf([...others, guestOn('web-1', 'app=none')]));
  assert.equal(opened.rectangles.length + closed.rectangles.length > 0, true);
});

const small = contentOf([...others, guestOn('web-1', 'app=shop', ['10.9.0.2'])], 'shop-7');
const large = contentOf([...others, guestOn('web-1', 'app=shop', ['10.9.0.2', '10.9.0.3'])], 'shop-7');
const none = contentOf([...others, guestOn('web-1', 'app=shop', [])], 'shop-7');
const observing = contentOf([...others, guestOn('web-1', 'app=crm', ['10.9.0.2', '10.9.0.3'])], 'shop-7');

for (const [title, before, after, expected] of [
  ['an address that is judged from now on', small, large, true],
  ['an address that is judged no more', large, small, false],
  ['a first address', none, small, true],
  ['the last address gone', small, none, false],
  ['nothing', large, large, false],
  ['an address that is judged by nothing that denies', none, observing, false],
] as const)
  test(`K7 whether it narrows a guest: ${title}`, () => assert.equal(narrows(before, after), expected));

test('K6 between two rulesets of a guest only what both are for is judged', () => {
  const worlds = [
    ['10.9.0.2', '10.9.0.3'],
    ['10.9.0.3', '10.9.0.4'],
  ].map((has) => worldOf([...others, guestOn('web-1', 'app=shop', has)]));
  const [before, after] = worlds;
  assert.ok(before !== undefined && after !== undefined);
  const widened = compileWidened(before, after, 'shop-7');
  assert.ok(!isProblem(widened));
  assert.deepEqual(widened.local, ['10.9.0.3']);
});
