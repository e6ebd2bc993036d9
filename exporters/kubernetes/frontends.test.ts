import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, Rule } from '@bulkhead/model/documents.ts';
import { except, ipList, lifeline, rule, ruleset } from '@bulkhead/testkit/documents.ts';
import {
  api,
  ask,
  cluster,
  db,
  estate,
  frontend,
  inTier,
  named,
  names,
  one,
  open,
  pods,
  toVirtual,
  virtual,
  web,
} from './testkit.ts';

const https = { ...frontend, service: (6 << 16) | 443 };
/** 10.96.0.1 tcp/443 before tcp/5432 of the database. */
const database: Document = {
  ...virtual(db, [{ frontend: https.service, member: (6 << 16) | 5432 }]),
  frontends: [https],
};
const vipList: Document = ipList('vips', ['10.96.0.0/16']);
const exceptVip = { at: 'source', except: [except(null, '10.96.0.1', null)] } as const;
const going = (name: string, what: string, ends: Parameters<typeof rule>[2], more: Parameters<typeof rule>[3] = {}) =>
  rule(name, what, ends, { at: 'source', ...more });
const asked = (...rules: readonly Rule[]): readonly Document[] => [...open, inTier('admin', ...rules)];

/** Rules that hold a frontend without naming it; what is refused, or noted. */
const fronted: readonly (readonly [title: string, documents: readonly Document[], said: readonly string[]])[] = [
  ['a deny to its address', asked(going('r', 'deny tcp/443', [web, '10.96.0.1'])), ['virtual-service admin/r']],
  ['an allow to its address', [one('allow tcp/443', [web, '10.96.0.1'])], ['virtual-service shop/r']],
  ['a pass to its address', asked(going('r', 'pass tcp/443', [web, '10.96.0.1'])), ['virtual-service admin/r']],
  ['an ip list that holds it', [vipList, one('allow all', [web, 'list:vips'])], ['virtual-service shop/r']],
  ['a prefix that holds it and the member', [one('allow all', [web, '10.0.0.0/8'], { at: 'source' })], []],
  ['another port of the address', [one('allow tcp/80', [web, '10.96.0.1'])], []],
  ['another address', [one('allow tcp/443', [web, '10.96.0.2'])], []],
  ['an exception that takes it out', [one('allow tcp/443', [web, '10.96.0.0/16'], exceptVip)], []],
  ['a rule from nobody in the cluster', [one('allow tcp/443', ['10.9.0.0/16', '10.96.0.1'])], []],
  ['a rule that does not speak at the source', [one('allow tcp/443', [web, '10.96.0.1'], { at: 'destination' })], []],
  [
    'the rule beside it says the same of the member',
    asked(going('r', 'deny tcp/443', [web, '10.96.0.1']), going('m', 'deny tcp/5432', [web, db])),
    [],
  ],
  [
    'the rule beside it speaks of another port',
    asked(going('r', 'deny tcp/443', [web, '10.96.0.1']), going('m', 'deny tcp/443', [web, db])),
    ['virtual-service admin/r'],
  ],
  [
    'the rule beside it says the same of another source',
    asked(going('r', 'deny tcp/443', [web, '10.96.0.1']), going('m', 'deny tcp/5432', [api, db])),
    ['virtual-service admin/r'],
  ],
  [
    'the rule beside it says the contrary',
    asked(going('r', 'deny tcp/443', [web, '10.96.0.1']), going('m', 'allow tcp/5432', [web, db])),
    ['virtual-service admin/r'],
  ],
  ['a deny of everything to anyone', asked(going('r', 'deny all', [web, 'any'])), []],
  ['a deny of its port to anyone', asked(going('r', 'deny tcp/443', [web, 'any'])), ['virtual-service admin/r']],
  ['an allow of its port to anyone', [one('allow tcp/443', [web, 'any'], { at: 'source' })], ['frontend shop/r']],
  ['an allow of all ports to anyone', [one('allow all', [web, 'any'], { at: 'source' })], []],
  ['a lifeline', [lifeline('base', { dns: ['10.96.0.1'] })], []],
];
for (const [title, documents, said] of fronted)
  test(`EX25 the address of a Service: ${title}`, () => {
    const { refusals, notes } = ask([...estate, database, ...documents]);
    const found = [...refusals, ...notes.filter(({ code }) => code === 'frontend')];
    assert.deepEqual(names(found), said);
  });

test('EX25 the address of a Service: a lifeline on its port', () => {
  const dns = { ...database, frontends: [{ ...frontend, service: (17 << 16) | 53 }] };
  const { refusals } = ask([...estate, dns, lifeline('base', { dns: ['10.96.0.1'] })]);
  assert.deepEqual(names(refusals), ['virtual-service lifeline/base-dns']);
});

test('EX25 a load balancer before others than pods is an address like any other', () => {
  const outside = { ...virtual('role=office'), frontends: [https] };
  assert.deepEqual(names(ask([...estate, outside, one('allow tcp/443', [web, '10.96.0.1'])]).refusals), []);
});

const inScopes = (selectors: readonly string[], rules: readonly Rule[]): Document =>
  ruleset('shop', rules, { scopes: selectors });
const reached = (from: string, to: string, going = from): Rule[] => [
  rule('beside', 'allow tcp/80', [from, to], { at: 'source' }),
  { ...rule('r', 'allow tcp/80', [going, to], { at: 'source' }), to: [toVirtual] },
];
const shopScope = `${cluster},${named}=shop`;
const scoped: readonly (readonly [title: string, documents: readonly Document[], said: readonly string[]])[] = [
  ['the members are in the scope', [virtual(db), inScopes([shopScope], reached('role=web', 'role=db'))], []],
  [
    'nobody is in another scope',
    [virtual(db), inScopes([shopScope, `${cluster},${named}=crm`], reached('role=web', 'role=db'))],
    [],
  ],
  [
    'somebody in another scope does not reach them',
    [virtual(db), inScopes([shopScope, `${cluster},${named}=crm`], reached('role in (api,web)', 'role=db'))],
    ['virtual-service shop/r'],
  ],
  [
    'a member is outside',
    [virtual(`${pods},role in (api,db)`), inScopes([shopScope], reached('role=web', 'role in (api,db)'))],
    ['virtual-service shop/r'],
  ],
  [
    'the source beside is not of the scope alone',
    [virtual(db), inScopes([shopScope], reached('none:role=web', 'role=db', 'role=web'))],
    ['virtual-service shop/r'],
  ],
];
for (const [title, documents, said] of scoped)
  test(`EX25 virtual services in scopes: ${title}`, () => {
    assert.deepEqual(names(ask([...estate, ...documents]).refusals), said);
  });
