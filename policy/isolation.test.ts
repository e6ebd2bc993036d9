import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { parseSelector } from '@bulkhead/model/selector.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { lifeline, mode, prefix, rule, ruleset, serviceRange, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { decide } from './decide.ts';
import { diff } from './diff.ts';
import { type Isolation, isIsolated, layIsolations, reservedNames, sealed, withMembership } from './isolation.ts';
import { isProblem } from './problems.ts';

const workloads: readonly WorkloadDocument[] = [
  workload('web', 'role=web,app=shop', ['10.0.0.1']),
  workload('db', 'role=db,app=shop', ['10.0.0.2']),
  workload('db-2', 'role=db,app=crm', ['10.0.0.3']),
  workload('admin', 'role=admin', ['10.0.0.9']),
  workload('printer', 'role=printer', ['10.0.0.7'], { enforced: false }),
];
const policy: readonly Document[] = [
  ruleset('all', [rule('open', 'allow all', ['any', 'any'])]),
  ruleset('glass', [rule('ssh', 'allow tcp/22', ['role=admin', 'role in (web,db)'])], { tier: 'rescue' }),
  ruleset('console', [rule('kvm', 'allow tcp/5900', ['role=admin', 'role=db'])], { tier: 'rescue' }),
  ruleset('override', [rule('any', 'allow all', ['any', 'any'])], { tier: 'emergency' }),
  mode('', 'observe', 'observe'),
  lifeline('control', { controllers: ['10.9.0.1 tcp/8444'] }),
];

const selectorOf = (text: string) => {
  const parsed = parseSelector(text, null);
  return parsed.kind === 'ok' ? parsed.selector : assert.fail(text);
};
const byName = (id: number, names: string[], more: Partial<Isolation> = {}): Isolation => ({
  ...{ id, of: { kind: 'names', names }, rescue: null, allow: [], controllers: [] },
  ...more,
});
const bySelector = (id: number, text: string, more: Partial<Isolation> = {}): Isolation => ({
  ...{ id, of: { kind: 'selector', selector: selectorOf(text) }, rescue: null, allow: [], controllers: [] },
  ...more,
});
const letIn = (selector: string, service: string): Isolation['allow'][number] => ({
  from: [{ kind: 'selector', selector: selectorOf(selector), scoped: false, identity: null }],
  services: [{ kind: 'range', range: parseServiceRange(service) ?? assert.fail(service), text: service }],
});

function worldWith(isolations: readonly Isolation[], relabelled: readonly WorkloadDocument[] = workloads) {
  const estate = relabelled.map((each) => withMembership(each, isolations));
  return worldOf([...estate, ...layIsolations(policy, isolations)], 0);
}

function verdict(isolations: readonly Isolation[], probe: string, estate = workloads): string {
  const world = worldWith(isolations, estate);
  const [from = '', to = '', service = ''] = probe.split(' ');
  const answer = decide(world.policy, world.estate, { from, to, service });
  if (isProblem(answer)) return answer.code;
  const { verdict: said, outbound, inbound } = answer.effective;
  return `${said} ${outbound?.rule ?? '-'} ${inbound?.rule ?? '-'}`;
}

const db = byName(1, ['db']);
const relabelled = workloads.map((each) => (each.name === 'db' ? workload('db', 'role=spare', ['10.0.0.2']) : each));
const joined = [...workloads, workload('db-3', 'role=db', ['10.0.0.4'])];
const namesNone = byName(1, ['db'], { rescue: [] });
const namesSsh = byName(1, ['db'], { rescue: ['glass/ssh'] });
const namesConsole = byName(1, ['db'], { rescue: ['console'] });
const lets = byName(2, ['db'], { allow: [letIn('role=web', 'tcp/2222')] });

const reaches = byName(4, ['db'], {
  controllers: [{ prefix: prefix('10.9.0.7/32'), service: serviceRange('tcp/8444') }],
});

type Case = readonly [title: string, isolations: readonly Isolation[], probe: string, said: string];
const cases: readonly Case[] = [
  ['Q1 without one everything passes', [], 'web db tcp/5432', 'allow override/any override/any'],
  ['Q1 what comes in is denied at both ends', [db], 'web db tcp/5432', 'deny isolation-1/in isolation-1/in'],
  ['Q1 what goes out is denied at both ends', [db], 'db web tcp/80', 'deny isolation-1/out isolation-1/out'],
  ['Q1 to outside', [db], 'db 192.0.2.1 tcp/443', 'deny isolation-1/out -'],
  ['Q1 from outside', [db], '192.0.2.1 db icmp/8/0', 'deny - isolation-1/in'],
  ['Q1 from one without an agent', [db], 'printer db udp/9', 'deny - isolation-1/in'],
  ['Q1 others are left alone', [db], 'web db-2 tcp/5432', 'allow override/any override/any'],
  ['Q1 among those that are closed', [bySelector(3, 'role=db')], 'db db-2 tcp/1', 'deny isolation-3/in isolation-3/in'],
  ['Q1 the lifeline goes on', [db], 'db 10.9.0.1 tcp/8444', 'allow lifeline/control-controller -'],
  ['Q1 and nothing beside it', [db], 'db 10.9.0.1 tcp/8445', 'deny isolation-1/out -'],
  [
    'Q2 a selector closes all it matches',
    [bySelector(3, 'role=db')],
    'web db-2 tcp/1',
    'deny isolation-3/in isolation-3/in',
  ],
  ['Q2 and nobody else', [bySelector(3, 'role=db')], 'web admin tcp/1', 'allow override/any override/any'],
  ['Q4 rescue goes on', [db], 'admin db tcp/22', 'allow glass/ssh glass/ssh'],
  ['Q4 all of it', [db], 'admin db tcp/5900', 'allow console/kvm console/kvm'],
  ['Q4 rescue is what it was', [db], 'web db tcp/22', 'deny isolation-1/in isolation-1/in'],
  ['Q4 a named rule goes on', [namesSsh], 'admin db tcp/22', 'allow glass/ssh glass/ssh'],
  ['Q4 an unnamed one does not', [namesSsh], 'admin db tcp/5900', 'deny isolation-1/in isolation-1/in'],
  ['Q4 a named ruleset goes on', [namesConsole], 'admin db tcp/5900', 'allow console/kvm console/kvm'],
  ['Q4 none is named', [namesNone], 'admin db tcp/22', 'deny isolation-1/in isolation-1/in'],
  ['Q4 rescue to others goes on', [namesNone], 'admin web tcp/22', 'allow glass/ssh glass/ssh'],
  ['Q5 who is let in', [lets], 'web db tcp/2222', 'allow isolation-2-rescue/allow-1 isolation-2-rescue/allow-1'],
  ['Q5 no other service', [lets], 'web db tcp/2223', 'deny isolation-2/in isolation-2/in'],
  ['Q5 to no other workload', [lets], 'web db-2 tcp/2222', 'allow override/any override/any'],
  ['Q5 nobody else', [lets], 'db-2 db tcp/2222', 'deny isolation-2/in isolation-2/in'],
  ['Q7 the smaller id is named', [db, lets], 'web db tcp/1', 'deny isolation-1/in isolation-1/in'],
  ['Q7 one that lets in nobody holds', [namesNone, lets], 'web db tcp/2222', 'deny isolation-1/in isolation-1/in'],
  ['Q9 the controller is reached', [reaches], 'db 10.9.0.7 tcp/8444', 'allow isolation-4-controller/reach-1 -'],
  ['Q9 on that port alone', [reaches], 'db 10.9.0.7 tcp/22', 'deny isolation-4/out -'],
  ['Q9 not from there', [reaches], '10.9.0.7 db tcp/8444', 'deny - isolation-4/in'],
  [
    'Q9 whatever another one says',
    [namesNone, reaches],
    'db 10.9.0.7 tcp/8444',
    'allow isolation-4-controller/reach-1 -',
  ],
  ['Q7 released alone', [lets], 'web db tcp/1', 'deny isolation-2/in isolation-2/in'],
];
for (const [title, isolations, probe, said] of cases)
  test(`${title} [${probe}]`, () => assert.equal(verdict(isolations, probe), said));

test('Q2 a workload that comes later, or gets the labels, is closed', () => {
  assert.equal(verdict([bySelector(3, 'role=db')], 'web db-3 tcp/1', joined), 'deny isolation-3/in isolation-3/in');
  assert.equal(verdict([bySelector(3, 'role=db')], 'web db tcp/1', relabelled), 'allow override/any override/any');
});

test('Q3 a workload that is closed by name stays so when its labels change', () => {
  assert.equal(verdict([db], 'web db tcp/1', relabelled), 'deny isolation-1/in isolation-1/in');
  assert.deepEqual(
    workloads.filter((each) => isIsolated(db, each)).map(({ name }) => name),
    ['db'],
  );
  assert.equal(parseSelector('isolation:1', null).kind, 'problem', 'no document can say that label');
});

test('Q6 a ruleset that has the name of an isolation does not stand in its way', () => {
  const rival = ruleset('isolation-1', [rule('in', 'allow all', ['any', 'any'])], { tier: 'rescue' });
  const names = layIsolations([rival], [db]).map((document) => document.kind === 'Ruleset' && document.tier);
  assert.deepEqual(names, ['emergency']);
  assert.deepEqual(layIsolations([rival], []), [rival]);
});

test('Q6 names of isolations are reserved', () => {
  const named = (name: string) => reservedNames([ruleset(name, [])]).map(({ code }) => code);
  for (const name of ['isolation-1', 'isolation-20', 'isolation-3-rescue', 'isolation-3-controller'])
    assert.deepEqual(named(name), ['reserved-name'], name);
  for (const name of ['isolation', 'isolation-', 'isolation-a', 'isolation-1-web', 'my-isolation-1'])
    assert.deepEqual(named(name), [], name);
});

function leaks(isolations: readonly Isolation[], unproven: readonly string[] = []): string[] {
  const proven = worldWith(isolations);
  const weakened = workloads.map((each) => (unproven.includes(each.name) ? { ...each, enforced: false } : each));
  const ids = isolations.map(({ id }) => id);
  const before = { ...proven, policy: sealed(proven.policy, ids) };
  const { opened, closed } = diff(before, worldWith(isolations, weakened), 'effective');
  assert.deepEqual([closed.rectangles, closed.addressRectangles], [[], []], 'nothing passes only where all is sealed');
  const texts = [...opened.rectangles, ...opened.addressRectangles].map(
    ({ example, services }) => `${example.from} ${example.to} ${services.join(',')}`,
  );
  return texts.sort();
}

test('Q8 lifeline and rescue leak, and nothing else where all hosts are proven', () => {
  const found = leaks([namesSsh]);
  const discovery =
    'icmpv6/130,icmpv6/131,icmpv6/132,icmpv6/133,icmpv6/134,icmpv6/135,icmpv6/136,icmpv6/137,icmpv6/143';
  const pairs = ['admin db', 'db admin', 'db web', 'web db', 'db db-2', 'db-2 db', 'db printer', 'printer db'];
  const more: Readonly<Record<string, string>> = {
    'admin db': 'tcp/22,',
    'db printer': 'udp/67,udp/547,',
    'printer db': 'udp/68,udp/546,',
  };
  assert.deepEqual(
    found.filter((text) => !text.includes('0.0.0.0') && !text.includes('10.9.0.1')),
    pairs.map((pair) => `${pair} ${more[pair] ?? ''}${discovery}`).sort(),
  );
  assert.ok(
    found.some((text) => text.startsWith('db@10.0.0.2 10.9.0.1 tcp/8444,udp/67,udp/547,')),
    'the lifeline, to outside',
  );
  assert.equal(found.length, 12, found.join('\n'));
});

test('Q8 of a host that does not answer leaks what no peer closes', () => {
  const found = leaks([namesNone], ['db']);
  assert.ok(
    found.some((text) => /^printer db all/.test(text)),
    found.join('\n'),
  );
  assert.ok(!found.some((text) => /^web db (all|tcp\/0)/.test(text)), found.join('\n'));
});
