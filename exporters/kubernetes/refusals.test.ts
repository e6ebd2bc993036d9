import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Document, End, Rule } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { end, except, lifeline, mode, place, rule, ruleset, tiers, workload } from '@bulkhead/testkit/documents.ts';
import {
  api,
  ask,
  cluster,
  db,
  estate,
  frontend,
  inTier,
  inward,
  named,
  names,
  now,
  one,
  open,
  pods,
  shop,
  toVirtual,
  virtual,
  web,
} from './testkit.ts';

const node = workload('n1', `${cluster},kubernetes:node=n1,node:zone=a`, ['10.0.0.1'], { enforced: false });

const before = (...rules: readonly Rule[]): Document => ruleset('guard', rules, { tier: 'guardrail' });
const as = (text: string, who: Partial<NonNullable<End['identity']>>): End[] => [
  { ...end(text), identity: { process: null, user: null, ...who } },
];
const withEnds = (ends: Partial<Pick<Rule, 'from' | 'to'>>): Document =>
  shop({ ...rule('r', 'allow tcp/80', [web, db]), ...ends });
const isolate = (name: string, subject: string): Rule =>
  rule(name, 'deny all', ['any', subject], { at: 'destination' });
const group = tiers('guardrail', 'admin:admin-1,admin-2', 'application', 'baseline');
const groupBeforeOpen = tiers('admin:admin-1,admin-2', 'last');

const pg: Document = {
  ...{ kind: 'Service', name: 'pg', process: 'pg.service', application: null, place },
  ranges: [{ first: 6 << 16, last: 6 << 16 }],
};

const bare = workload('shop/bare', `${cluster},${named}=shop`, ['10.1.0.9'], { enforced: false });
const watched = workload('shop/new', `${cluster},${named}=shop`, ['10.1.0.9'], { fallbackMode: 'observe' });

/** What is refused, and who is named. */
const refused: readonly (readonly [code: string, name: string, documents: readonly Document[]])[] = [
  ['EX10 unmanaged-pod', 'shop/bare', [bare]],
  ['EX10 mode', 'role=web', [mode('role=web', 'test', null)]],
  ['EX10 mode', 'shop/new', [watched]],
  ['EX12 foreign-key', 'shop/r', [one('allow tcp/80', [web, `${db},node:zone=a`])]],
  ['EX12 foreign-key', 'shop/r', [one('allow tcp/80', [`${web},kubernetes:node=n1`, db])]],
  ['EX13 outside-cluster', 'shop/r', [one('allow tcp/80', ['role=office', web])]],
  ['EX13 outside-cluster', 'shop/r', [one('allow tcp/80', [web, ''], { at: 'source' })]],
  ['EX13 outside-cluster', 'shop/r', [node, one('allow all', [cluster, web], { at: 'destination' })]],
  ['EX14 subject-address', 'shop/r', [one('allow tcp/80', ['10.0.0.0/8', web])]],
  ['EX14 subject-address', 'lifeline/base-dns', [lifeline('base', { dns: ['10.1.0.0/24'] })]],
  ['EX23 expires', 'shop/r', [one('allow tcp/80', [web, db], { expires: now + 1 })]],
  ['EX24 exception', 'shop/r', [one('allow tcp/80', ['any', web], { except: [except('role=web', null, null)] })]],
  ['EX24 exception', 'shop/r', [one('allow tcp/80', [web, db], { except: [except('10.1.0.0/30', null, null)] })]],
  ['EX25 process', 'shop/r', [withEnds({ from: as(web, { process: '/usr/bin/curl' }) })]],
  ['EX25 process', 'shop/r', [pg, one('allow pg', [web, db])]],
  ['EX25 user', 'shop/r', [withEnds({ from: as(web, { user: { kind: 'user', name: 'ana' } }) })]],
  ['EX25 group', 'shop/r', [withEnds({ from: as(web, { user: { kind: 'group', name: 'dba', place } }) })]],
  ['EX25 reverify', 'shop/r', [one('allow tcp/80', [web, db], { reverify: 1000 })]],
  ['EX25 virtual-service', 'shop/r', [virtual(db), withEnds({ to: [toVirtual] })]],
  ['EX25 virtual-service', 'shop/r', [virtual(pods), withEnds({ to: [end(db), toVirtual] })]],
  ['EX26 service', 'shop/r', [one('allow icmp/8', [web, db])]],
  ['EX26 service', 'shop/r', [one('allow tcp/80 proto/47', [web, db])]],
  ['EX26 service', 'shop/r', [one('allow all', [web, db], { except: [except(null, null, ['tcp/22'])] })]],
  ['EX26 port-zero', 'shop/r', [one('allow tcp/0-100', [web, db])]],
  ['EX26 port-zero', 'guard/d', [before(rule('d', 'deny tcp', [web, db])), one('allow all', [web, db])]],
  ['EX27 named-port', 'guard/a', [before(rule('a', 'allow tcp/http', [web, web])), one('deny tcp/80', [web, web])]],
  [
    'EX27 named-port-address',
    'shop/r',
    [workload('vm', '', [], { ports: { http: ['tcp/1'] } }), one('allow tcp/http', [web, '10.9.0.0/16'])],
  ],
  [
    'EX32 namespace-labels',
    'shop/r',
    [one('allow tcp/80', ['any', `${cluster},${named}=new,namespace:team=red`], { at: 'destination' })],
  ],
  [
    'EX33 order',
    'application/a',
    [
      ...open,
      inTier('admin', isolate('i', `${pods},role in (db,web)`)),
      inTier('application', inward('a', 'allow tcp/1', [api, `${pods},role!=api`])),
      inTier('baseline', isolate('i', api)),
    ],
  ],
  [
    'EX34 baseline-subject',
    'baseline/b',
    [
      ...open,
      inTier('application', isolate('i', db)),
      inTier('baseline', inward('a', 'deny tcp/1', [web, api]), inward('b', 'deny tcp/1', [web, `${pods},role!=api`])),
    ],
  ],
  [
    'EX35 pass',
    'application/d',
    [
      group,
      inTier('admin-1', rule('p', 'pass tcp/80', [web, db])),
      inTier('admin-2', rule('d', 'deny tcp/80', [web, db])),
      inTier('application', rule('d', 'deny tcp/80', [web, db])),
      inTier('baseline', rule('a', 'allow all', [web, db])),
    ],
  ],
  [
    'EX37 source-address',
    'guard/a',
    [before(rule('a', 'allow tcp/80', ['10.9.0.0/16', web])), one('deny tcp/80', [api, web])],
  ],
  [
    'EX37 source-anyone',
    'guard/d',
    [before(inward('d', 'deny tcp/22', ['any', web])), one('allow all', ['10.9.0.0/16', web])],
  ],
  [
    'EX38 domain-name',
    'baseline/d',
    [
      ...open,
      inTier('application', rule('i', 'deny all', [db, 'any'], { at: 'source' })),
      inTier('baseline', rule('d', 'allow tcp/443', [web, 'name:api.example.com'])),
    ],
  ],
  [
    'EX38 nodes',
    'application/n',
    [
      ...[node, group],
      inTier('admin-1', rule('p', 'pass all', [web, 'any'], { at: 'source' })),
      inTier('admin-2', rule('d', 'deny tcp/1', [web, db], { at: 'source' })),
      inTier(
        'application',
        rule('n', 'allow tcp/443', [web, `${cluster},kubernetes:node,!${named}`], { at: 'source' }),
      ),
    ],
  ],
  ['EX38 domain-name', 'shop/r', [one('allow tcp/443', [web, 'name:localhost'])]],
  ['EX38 domain-name', 'shop/r', [one('allow tcp/443', [web, 'name:*.example'])]],
  [
    'EX22 source-address',
    'application/d',
    [...open, inTier('application', inward('d', 'deny tcp/22', ['10.9.0.0/16', web]))],
  ],
  [
    'EX35 pass',
    'admin-1/p',
    [
      groupBeforeOpen,
      ...open.slice(1),
      inTier('admin-1', inward('p', 'pass tcp/80', [web, db])),
      inTier('admin-2', isolate('i', db)),
    ],
  ],
  ['EX39 own-node', 'prod:own-node', [node, one('allow tcp/80', [web, db])]],
  [
    'EX41 every-address',
    'shop/r',
    [
      shop(
        rule('n', 'allow tcp/443', [web, 'name:api.example.com']),
        rule('r', 'allow tcp/80', [web, ['0.0.0.0/0', '::/0']], { at: 'source' }),
      ),
    ],
  ],
  [
    'EX41 every-address',
    'shop/r',
    [
      workload('shop/late', `${cluster},${named}=shop`, []),
      one('allow tcp/80', [['0.0.0.0/0', '::/1', '8000::/1'], web], { at: 'destination' }),
    ],
  ],
];

for (const [title, name, documents] of refused) {
  const code = title.split(' ').at(-1);
  test(`${title} is refused by the name ${name}`, () => {
    const { manifests, refusals } = ask([...estate, ...documents]);
    assert.equal(manifests, null, 'EX2: then nothing is written');
    assert.ok(names(refusals).includes(`${code} ${name}`), names(refusals).join('\n'));
    for (const { message } of refusals) assert.match(message, /^Cannot export "[^"]+": .+, .+ (is|are) needed$/);
  });
}

test('EX10 no-pods: an estate without pods of the cluster is refused, and nothing else is said', () => {
  const { refusals, notes } = ask([...estate, one('allow icmp', [web, db])], { cluster: 'stage' });
  assert.deepEqual([names(refusals), notes], [['no-pods stage'], []]);
});

test('EX2: everything that is wrong is told at once', () => {
  const wrong = [
    rule('a', 'allow icmp', [web, db]),
    rule('b', 'allow tcp/80', [web, db], { reverify: 1 }),
    rule('c', 'allow tcp/0', [web, db]),
  ];
  assert.deepEqual(names(ask([...estate, shop(...wrong)]).refusals), [
    'service shop/a',
    'reverify shop/b',
    'port-zero shop/c',
  ]);
});

/** What is noted, and of whom; the export goes on. */
const noted: readonly (readonly [code: string, name: string, documents: readonly Document[]])[] = [
  ['EX14 addresses-of-others', 'shop/r', [one('allow tcp/80', ['10.9.0.0/16', web])]],
  ['EX11 other-workloads', 'shop/r', [one('allow tcp/80', ['role=office', 'role=office'])]],
  ['EX13 cluster-not-asked', 'shop/r', [one('allow tcp/80', ['role=web', 'role=db'])]],
  ['EX13 nobody', 'shop/r', [one('allow tcp/80', ['kubernetes:cluster=other', web])]],
  [
    'EX15 each',
    'shop/r',
    [ruleset('shop', [rule('r', 'allow tcp/80', ['', ''])], { each: ['kubernetes:cluster', named] })],
  ],
  ['EX22 decided-before', 'shop/r', [before(rule('d', 'deny tcp/1-99', [web, pods])), one('allow tcp/80', [web, db])]],
  ['EX22 implied', 'shop/r', [one('deny tcp/80', ['10.9.0.0/16', web])]],
  ['EX23 disabled', 'shop/r', [one('allow tcp/80', [web, db], { state: 'disabled' })]],
  ['EX23 staged', 'shop/r', [one('allow tcp/80', [web, db], { state: 'staged' })]],
  ['EX23 expired', 'shop/r', [one('allow tcp/80', [web, db], { expires: now })]],
  ['EX31 namespaces', 'prod', []],
  ['EX5 EX31 namespaces-now', 'admin/i', [...open, inTier('admin', isolate('i', db))]],
  ['EX5 EX39 no-nodes', 'prod:own-node', [one('allow tcp/80', [web, db])]],
  [
    'EX5 EX32 namespace-labels-now',
    'shop/r',
    [one('allow tcp/80', ['any', `${pods},namespace:team=red`], { at: 'destination' })],
  ],
  [
    'EX40 worked-in',
    'guard/d',
    [before(inward('d', 'deny tcp/22', ['any', web])), one('allow tcp/1-99', ['10.9.0.0/16', web])],
  ],
  ['EX35 idle-pass', 'shop/r', [one('pass tcp/80', [web, db])]],
];

for (const [title, name, documents] of noted) {
  const code = title.split(' ').at(-1);
  test(`${title} is noted of ${name}`, () => {
    const { manifests, refusals, notes } = ask([...estate, ...documents]);
    assert.deepEqual(names(refusals), []);
    assert.ok(manifests !== null && names(notes).includes(`${code} ${name}`), names(notes).join('\n'));
    for (const { message } of notes)
      assert.match(message, /^(Left out|Cannot promise for later) "[^"]+": [^ ](?!.* {2})/);
  });
}

/** Nothing of the kind is to be said of these. */
const silent: readonly (readonly [title: string, code: string, documents: readonly Document[]])[] = [
  [
    'EX31 isolation in a namespace by its name',
    'namespaces-now',
    [...open, inTier('admin', isolate('i', `${cluster},${named}=shop`))],
  ],
  ['EX31 nothing is isolated', 'namespaces-now', [...open]],
  ['EX39 nothing is isolated', 'no-nodes', [...open]],
];
for (const [title, code, documents] of silent)
  test(`${title}: no note ${code}`, () => {
    const { manifests, notes } = ask([...estate, ...documents]);
    assert.ok(manifests !== null);
    assert.deepEqual(
      notes.filter((note) => note.code === code),
      [],
    );
  });

test('EX5: the summary has one note for all of whom the same is said, the notes have one for each', () => {
  const rules = [1, 2, 3, 4, 5].map((port) => rule(`r${port}`, `allow tcp/${port}`, [web, db], { state: 'staged' }));
  const { notes, summary } = ask([...estate, shop(...rules)]);
  const staged = (problems: readonly Problem[]) => problems.filter(({ code }) => code === 'staged');
  assert.equal(staged(notes).length, 5);
  assert.deepEqual(
    staged(summary).map(({ message }) => message),
    [
      'Left out "shop/r1", "shop/r2", "shop/r3" and 2 more: it is staged and enforced nowhere, make it active where the cluster is to enforce it',
    ],
  );
});

test('EX36: more objects than there are priorities are refused', () => {
  const rules = Array.from({ length: 1002 }, (_, index) =>
    rule(`d${index}`, 'deny tcp/1', [web, `${pods},serial=${index}`], { at: 'destination' }),
  );
  const { refusals } = ask([...estate, before(...rules)]);
  assert.deepEqual(
    refusals.map(({ code }) => code),
    ['too-many-priorities'],
  );
});

test('EX34: more rules behind isolation than one object takes are refused', () => {
  const rules = Array.from({ length: 101 }, (_, index) => inward(`b${index}`, `deny tcp/${index + 1}`, [web, pods]));
  const { refusals } = ask([...estate, ...open, inTier('application', isolate('i', db)), inTier('baseline', ...rules)]);
  assert.deepEqual(names(refusals), ['baseline-rules baseline/b0']);
});

test('EX2: every code of a refusal stands in the README, and each of them is tried here', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const rows = readme.split('\n').filter((line) => /^\| `[a-z-]+`[^|]*\|[^|]+\|[^|]+\|$/.test(line));
  const written = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
  );
  const tried = refused.map(([title]) => title.split(' ')[1]);
  const elsewhere = ['no-pods', 'baseline-rules', 'too-many-priorities'];
  assert.deepEqual([...new Set(written)].sort(), [...new Set([...tried, ...elsewhere])].sort());
});

test('EX32 EX35: an allow rule that a pass goes by is no NetworkPolicy, which would hold for what was passed', () => {
  const { manifests } = ask([
    ...[...estate, group],
    inTier('admin-1', inward('p', 'pass tcp/80-81', [web, db])),
    inTier('admin-2', inward('skipped', 'allow tcp/80', [pods, db])),
    inTier('application', inward('met', 'allow tcp/81', [pods, db])),
  ]);
  const [namespaced = '', admin = ''] = manifests?.map(({ yaml }) => yaml) ?? [];
  assert.deepEqual([/admin-2\/skipped/.test(namespaced), /application\/met/.test(namespaced)], [false, true]);
  assert.deepEqual([/admin-2\/skipped/.test(admin), /application\/met/.test(admin)], [true, false]);
});

const behind: readonly (readonly [title: string, port: number, refused: readonly string[]])[] = [
  ['EX25 what a member calls the port behind a frontend is the port', 8080, []],
  ['EX25 another port than the member calls so is not', 8081, ['virtual-service shop/r']],
];
for (const [title, port, expected] of behind) {
  test(title, () => {
    const vip = virtual(web, [{ frontend: frontend.service, member: (6 << 16) | port }]);
    const beside = rule('beside', 'allow tcp/http', [db, web], { at: 'source' });
    const led = { ...rule('r', 'allow tcp/80', [db, web], { at: 'source' }), to: [toVirtual] };
    assert.deepEqual(names(ask([...estate, vip, shop(beside, led)]).refusals), expected);
  });
}

test('EX1 labels that kubectl would take for something else stand in quotes', () => {
  const odd = 'n=0B1,on=yes,v=12_000';
  const debug = workload('shop/debug', `${cluster},${named}=shop,${odd}`, ['10.1.0.8']);
  const { manifests, refusals } = ask([...estate, debug, one('allow tcp/80', [web, `${pods},${odd}`])]);
  assert.deepEqual(names(refusals), []);
  for (const written of ['"on": "yes"', '"n": "0B1"', 'v: "12_000"', 'role: web'])
    assert.ok(
      manifests?.some(({ yaml }) => yaml.includes(`${written}\n`)),
      manifests?.map(({ yaml }) => yaml).join(),
    );
});

test('EX22 EX32: before a deny of everything that isolation says anyway, allow rules stay NetworkPolicies', () => {
  const closed = inTier(
    'baseline',
    rule('in', 'deny all', ['any', web], { at: 'destination' }),
    rule('out', 'deny all', [web, 'any'], { at: 'source' }),
  );
  const allowed = shop(inward('named', 'allow tcp/http', ['10.9.0.0/16', web]));
  const alone = ask([...estate, allowed, closed]);
  assert.deepEqual(names(alone.refusals), []);
  assert.deepEqual(
    alone.manifests?.map(({ name }) => name),
    ['network-policies.yaml'],
  );
  const later = ruleset('later', [inward('a', 'allow tcp/1-9000', [api, `${pods},role in (db,web)`])], {
    tier: 'last',
  });
  const opened = ask([...estate, tiers('application', 'baseline', 'last'), allowed, closed, later]);
  assert.deepEqual(names(opened.refusals), ['source-address shop/named'], 'what it shuts is allowed behind');
});
