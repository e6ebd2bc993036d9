import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { ipList, mode, rule, ruleset, tiers, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { decide } from './decide.ts';
import { type Change, diff, isNoDifference } from './diff.ts';
import { isProblem } from './problems.ts';

const estate: readonly Document[] = [
  workload('web-1', 'role=web,env=prod', ['10.0.0.1']),
  workload('web-2', 'role=web,env=prod', ['10.0.0.2']),
  workload('web-3', 'role=web,env=prod', ['10.0.0.3']),
  workload('db-1', 'role=db,env=prod', ['10.0.1.1']),
  workload('db-d', 'role=db,env=dev', ['10.0.1.2']),
  ipList('partners', ['192.0.2.0/24'], ['192.0.2.128/25']),
];
const base = ruleset('r', [rule('x', 'allow tcp/5432', ['role=web', 'role=db,env=prod'])]);
const extra = (what: string, from: string, to: string) => ruleset('extra', [rule('y', what, [from, to])]);

/** `from -> to services cells`, largest first. */
function told({ rectangles, addressRectangles }: Change): string[] {
  const said = rectangles.map(({ from, to, services, cells }) => `${from} -> ${to} ${services} ${cells}`);
  const outside = addressRectangles.map(
    ({ from, to, services, workloads, addresses }) => `${from} -> ${to} ${services} ${workloads} x ${addresses}`,
  );
  return [...said, ...outside];
}

type Case = readonly [title: string, after: readonly Document[], opened: readonly string[], closed: readonly string[]];
const cases: readonly Case[] = [
  ['nothing', [...estate, base], [], []],
  [
    'F1 a rule more',
    [...estate, base, extra('allow tcp/22', 'role=web', 'role=db,env=dev')],
    ['role=web -> role=db,env=dev tcp/22 3'],
    [],
  ],
  [
    'F1 within a segment nobody meets itself',
    [...estate, base, extra('allow tcp/1-2', 'role=web', 'role=web')],
    ['role=web -> role=web tcp/1-2 12'],
    [],
  ],
  [
    'F1 a rule that says the same again',
    [...estate, base, extra('allow tcp/5432', 'role=web', 'role=db,env=prod')],
    [],
    [],
  ],
  [
    'F1 a deny over it',
    [...estate, base, extra('deny all', 'role=web', '')],
    [],
    ['role=web -> role=db,env=prod tcp/5432 3'],
  ],
  ['F1 a rule less', [...estate], [], ['role=web -> role=db,env=prod tcp/5432 3']],
  [
    'F3 an ip list',
    [...estate, base, extra('allow tcp/443', 'list:partners', 'role=db,env=dev')],
    ['partners -> role=db,env=dev tcp/443 1 x 128'],
    [],
  ],
  ['modes are no matter of the intended verdict', [...estate, base, mode('', 'observe', 'observe')], [], []],
];

for (const [title, after, opened, closed] of cases) {
  test(title, () => {
    const difference = diff(worldOf([...estate, base]), worldOf(after));
    assert.deepEqual(told(difference.opened), opened);
    assert.deepEqual(told(difference.closed), closed);
  });
}

test('F1 relabelling opens and closes', () => {
  const relabelled = estate.map((document) =>
    document.kind === 'Workload' && document.name === 'db-d'
      ? { ...document, labels: { role: 'db', env: 'prod' } }
      : document,
  );
  const { opened, closed } = diff(worldOf([...estate, base]), worldOf([...relabelled, base]));
  assert.deepEqual([opened.cells, closed.cells], [3, 0]);
  const { from, to, service } = opened.rectangles[0]?.example ?? {};
  assert.deepEqual([from, to, service], ['web-1', 'db-d', 'tcp/5432']);
});

test('F1 under modes the effective verdict changes where the intended does not', () => {
  const observed = worldOf([...estate, base, mode('', 'observe', 'observe')]);
  const enforced = worldOf([...estate, base]);
  // All services but neighbour discovery, which was open before: nine ICMPv6 types.
  const everything = 5 * 65536 + 251 - 9 * 256;
  assert.equal(diff(enforced, observed, 'effective').opened.cells, 20 * everything - 3);
  assert.equal(diff(enforced, observed, 'intended').opened.cells, 0);
});

test('F1 a workload that comes to share an address loses what its labels gave it', () => {
  const twin = workload('twin', 'role=other', ['10.0.0.1']);
  const { closed } = diff(worldOf([...estate, base]), worldOf([...estate, twin, base]));
  assert.deepEqual([closed.cells, closed.rectangles[0]?.example.from], [1, 'web-1']);
});

test('T4 tiers that leave their group change what a pass leaves undecided, though no rule changed', () => {
  const over = (tier: string, what: string) => ruleset(tier, [rule('y', what, ['role=web', ''])], { tier });
  const documents = [...estate, base, over('admin-1', 'pass tcp/5432'), over('admin-2', 'deny tcp/5432')];
  const grouped = worldOf([...documents, tiers('admin:admin-1,admin-2', 'application')]);
  const apart = worldOf([...documents, tiers('admin-1', 'admin-2', 'application')]);
  assert.deepEqual(told(diff(grouped, apart).closed), ['role=web -> role=db,env=prod tcp/5432 3']);
});

test('E11 a host in two networks that both know an address: only what it sees changes', () => {
  const far = workload('far', 'role=other', ['site-b/10.0.0.1']);
  const both = workload('both', 'role=db,env=prod', ['10.0.1.9', 'site-b/10.0.1.9']);
  const one = workload('both', 'role=db,env=prod', ['10.0.1.9']);
  const { opened, closed } = diff(worldOf([...estate, far, one, base]), worldOf([...estate, far, both, base]));
  assert.deepEqual([opened.cells, closed.cells], [0, 1]);
  assert.equal(closed.rectangles[0]?.example.from, 'web-1');
});

/** 110 workloads that rules tell apart, so that there are 11,990 pairs of segments. */
const many = Array.from({ length: 110 }, (_, index) => workload(`w-${index}`, `id=${index}`, [`10.9.0.${index + 1}`]));
const pairs = many.flatMap((_, from) => many.flatMap((_other, to) => (from === to ? [] : [{ from, to }])));
const apart = ruleset(
  'apart',
  many.map((_, index) => rule(`x${index}`, 'allow tcp/1', [`id=${index}`, '10.8.0.0/32'])),
);

test('F4 a change between very many pairs is told between groups of segments', () => {
  const { opened } = diff(worldOf([...many, apart]), worldOf([...many, apart, extra('allow tcp/22', '', '')]));
  assert.deepEqual(told(opened), ['every workload -> every workload tcp/22 11990']);
  assert.equal(opened.omitted, undefined);
});

test('F4 F5 of more than 5,000 rectangles some are not listed, and all are counted', () => {
  const rules = pairs.map(({ from, to }, index) =>
    rule(`p${index}`, `allow tcp/${index + 2}`, [`id=${from}`, `id=${to}`]),
  );
  const [before, after] = [worldOf([...many, apart]), worldOf([...many, apart, ruleset('pairs', rules)])];
  const { opened } = diff(before, after);
  assert.deepEqual([opened.cells, opened.rectangles.length, opened.omitted], [11_990, 5_000, 6_990]);
  for (const { example } of opened.rectangles.slice(0, 20)) {
    const [was, is] = [decide(before.policy, before.estate, example), decide(after.policy, after.estate, example)];
    assert.ok(!isProblem(was) && !isProblem(is));
    assert.deepEqual([was.intended.verdict, is.intended.verdict], ['deny', 'allow']);
  }
});

test('F4 what all the ends of a change are called is what nobody else is called', () => {
  const others = many.map(({ labels, ...rest }, index) => ({
    ...rest,
    ...{ name: `other-${index}`, addresses: [], labels: { other: labels.id ?? '' } },
  }));
  const before = [...many, ...others, apart, extra('allow tcp/1', '', 'other=1')];
  const more = ruleset('more', [rule('z', 'allow tcp/22', ['id', 'id'])]);
  assert.deepEqual(told(diff(worldOf(before), worldOf([...before, more])).opened), ['id -> id tcp/22 11990']);
});

test('F4 many who are alone, of whom each meets all but himself, are one rectangle', () => {
  const roles = many.map((document, index) => ({ ...document, labels: { ...document.labels, role: `r${index % 2}` } }));
  const after = [...roles, apart, extra('allow tcp/22', 'role=r0', '')];
  assert.deepEqual(told(diff(worldOf([...roles, apart]), worldOf(after)).opened), [
    'role=r0 -> every workload tcp/22 5995',
  ]);
});

const asProcess = (process: string) => ({ process, user: null });

test('F7 what changes for a process alone is told with the process, and is a change', () => {
  const curl = rule('curl', 'allow tcp/22', ['role=web', 'role=db,env=dev']);
  const byCurl = { ...curl, from: curl.from.map((end) => ({ ...end, identity: asProcess('/bin/curl') })) };
  const [before, after] = [worldOf([...estate, base]), worldOf([...estate, base, ruleset('extra', [byCurl])])];
  const difference = diff(before, after);
  assert.deepEqual([told(difference.opened), told(difference.closed)], [[], []]);
  const people = difference.people?.map(({ who, opened, closed }) => [who, told(opened), told(closed)]);
  assert.deepEqual(people, [[{ fromProcess: '/bin/curl' }, ['role=web -> role=db,env=dev tcp/22 3'], []]]);
  assert.equal(difference.people?.[0]?.opened.rectangles[0]?.example.fromProcess, '/bin/curl');
  assert.equal(isNoDifference(difference), false);
  assert.equal(isNoDifference(diff(after, after)), true);
});

for (const [count, unknown] of [
  [70, 6],
  [20_000, 40_002],
] as const)
  test(`F7 of ${count} processes ${unknown} combinations are counted, and nobody says that nothing changes`, () => {
    const rules = Array.from({ length: count }, (_, index) => {
      const one = rule(`r${index}`, 'allow tcp/22', ['role=web', 'role=db']);
      return { ...one, from: one.from.map((end) => ({ ...end, identity: asProcess(`/bin/p${index}`) })) };
    });
    const world = worldOf([...estate, base, ruleset('extra', rules)]);
    const { people, unknownPeople, ...plain } = diff(world, world);
    assert.deepEqual([people, unknownPeople, isNoDifference({ ...plain, people: people ?? [] })], [[], unknown, true]);
    assert.equal(isNoDifference({ ...plain, people: people ?? [], unknownPeople: unknownPeople ?? 0 }), false);
  });
