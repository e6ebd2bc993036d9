import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { ipList, mode, rule, ruleset, tiers, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { compileHost } from '../compile.ts';
import { isProblem } from '../problems.ts';
import { Engine, type Event } from './engine.ts';
import { hostsOf } from './nodes.ts';
import type { NamedDocument } from './sources.ts';
import type { Changes } from './state.ts';

const shop = [
  workload('web-1', 'role=web,app=shop,env=prod', ['10.0.0.1']),
  workload('web-2', 'role=web,app=shop,env=prod', ['10.0.0.2']),
  workload('db-1', 'role=db,app=shop,env=prod', ['10.0.1.1']),
  workload('db-2', 'role=db,app=shop,env=prod', ['10.0.1.2']),
  workload('dev-1', 'role=web,app=shop,env=dev', ['10.0.2.1']),
  workload('printer', 'role=printer', ['10.0.9.1'], { enforced: false }),
] as const;
const rules = ruleset('r', [rule('postgres', 'allow tcp/5432', ['role=web', 'role=db'])], { each: ['app', 'env'] });
const guard = ruleset('guard', [rule('dev', 'deny all', ['env=dev', 'env=prod'])], { tier: 'guardrail' });

/** Every managed host was asked for. */
function opened(policy: readonly NamedDocument[] = [rules, guard]): Engine {
  const engine = new Engine({ workloads: shop, policy, modes: [], tiers: [], now: 0 });
  for (const { name } of shop) engine.content(name);
  return engine;
}

/** `-10.0.0.1=2 +10.0.0.1=1: web-1 web-2`, and after `ask` who is to ask. */
function told({ deltas, groups, hosts, gone }: Changes): string[] {
  const lines = deltas.map(({ delta, groups: followers }) => {
    const side = (sign: string, list: typeof delta.added) =>
      list.map((peer) => `${sign}${peer.address}=${peer.identity}`);
    return `${[...side('-', delta.removed), ...side('+', delta.added)].join(' ')}: ${namesOf([...followers])}`;
  });
  const asking = [...hosts, ...groups.flatMap((group) => [...hostsOf(group)])];
  if (asking.length > 0) lines.push(`ask: ${[...new Set(asking)].sort().join(' ')}`);
  if (gone.size > 0) lines.push(`gone: ${[...gone].sort().join(' ')}`);
  return lines.sort();
}

const namesOf = (groups: Parameters<typeof hostsOf>[0][]): string =>
  groups
    .flatMap((group) => [...hostsOf(group)])
    .sort()
    .join(' ');

const put = (document: Document): Event =>
  document.kind === 'Workload'
    ? { kind: 'workload', document }
    : { kind: 'policy', document: document as NamedDocument };

const silent: readonly (readonly [title: string, events: readonly Event[]])[] = [
  ['nothing', []],
  ['the same workload again', [put(shop[0])]],
  ['a label that no selector looks at', [put({ ...shop[0], labels: { ...shop[0].labels, owner: 'ana' } })]],
  ['an ip list that no rule names', [put(ipList('partners', ['192.0.2.0/24']))]],
  ['a rule that is disabled', [put(ruleset('off', [rule('ssh', 'allow tcp/22', ['any', ''])], { state: 'disabled' }))]],
  [
    'a rule that comes and goes',
    [put(ruleset('x', [rule('a', 'allow tcp/1', ['', ''])])), { kind: 'policy gone', of: 'Ruleset', name: 'x' }],
  ],
];

for (const [title, events] of silent)
  test(`J2 ${title} tells of nobody`, () => assert.deepEqual(told(opened().apply(events)), []));

test('J2 one more address of a known segment is one delta for the hosts that name it', () => {
  const changes = told(opened().apply([put(workload('web-3', 'role=web,app=shop,env=prod', ['10.0.0.3']))]));
  assert.equal(changes.at(-1), 'ask: web-3');
  const followers = changes.slice(0, -1).map((line) => line.split(': ')[1]);
  assert.deepEqual(followers.join(' ').split(' ').sort(), ['db-1', 'db-2', 'dev-1']);
  assert.ok(
    changes.slice(0, -1).every((line) => /^\+10\.0\.0\.3=\d+: /.test(line)),
    changes.join('\n'),
  );
});

const askers: readonly (readonly [title: string, event: Event, asking: string])[] = [
  ['a label of its own', put(workload('web-2', 'role=db,app=shop,env=prod', ['10.0.0.2'])), 'web-2'],
  ['a mode', { kind: 'modes', documents: [mode('env=dev', 'test', 'test')] }, 'dev-1'],
  [
    'a rule of some',
    put(ruleset('more', [rule('ssh', 'allow tcp/22', ['role=web', 'role=db'])], { scopes: ['env=dev'] })),
    'dev-1',
  ],
  ['a rule for all', put(ruleset('more', [rule('ping', 'allow icmp/8', ['any', ''])])), 'db-1 db-2 dev-1 web-1 web-2'],
  [
    'other tiers',
    { kind: 'tiers', documents: [tiers('application', 'guardrail', 'baseline')] },
    'db-1 db-2 dev-1 web-1 web-2',
  ],
  ['the last of its kind', { kind: 'workload gone', name: 'dev-1' }, 'db-1 db-2 web-1 web-2'],
];

for (const [title, event, asking] of askers)
  test(`J2 ${title} changes whole rulesets: ${asking}`, () => {
    const engine = opened();
    const line = told(engine.apply([event])).find((text) => text.startsWith('ask: '));
    assert.equal(line, `ask: ${asking}`);
  });

test('J2 a rule in place of another, both at once, changes whole rulesets', () => {
  const one = (name: string, port: number) =>
    ruleset(name, [rule('p', `allow tcp/${port}`, ['role=web', 'role=db'])], { scopes: ['env=prod'] });
  const engine = opened([one('ssh', 22)]);
  const ask = ['ask: db-1 db-2 web-1 web-2'];
  assert.deepEqual(
    told(engine.apply([{ kind: 'policy gone', of: 'Ruleset', name: 'ssh' }, put(one('http', 80))])),
    ask,
  );
  assert.deepEqual(engine.content('web-1'), compileHost(worldOf([...shop, one('http', 80)]), 'web-1'));
});

test('J2 of a group with another body nothing more is told until somebody asks', () => {
  const engine = opened();
  const database = (name: string) => put(workload(name, 'role=db,app=shop,env=dev', [`10.0.3.${name.slice(-1)}`]));
  const web = (changes: Changes) => told(changes).filter((line) => line.includes('web-1'));
  // The first of its kind gives prod hosts another identity, the second is one more of it.
  assert.equal(
    web(engine.apply([put(ruleset('g', [rule('d', 'deny all', ['role=db,env=dev', 'env=prod'])]))])).length,
    1,
  );
  engine.content('web-1');
  assert.equal(web(engine.apply([database('dev-db-1')])).length, 1);
  assert.deepEqual(web(engine.apply([database('dev-db-2')])), []);
  const documents = [...shop, rules, guard, ruleset('g', [rule('d', 'deny all', ['role=db,env=dev', 'env=prod'])])];
  const both = ['dev-db-1', 'dev-db-2'].map((name) =>
    workload(name, 'role=db,app=shop,env=dev', [`10.0.3.${name.slice(-1)}`]),
  );
  assert.deepEqual(engine.content('web-1'), compileHost(worldOf([...documents, ...both]), 'web-1'));
  assert.equal(web(engine.apply([database('dev-db-3')])).length, 1);
});

test('J3 nothing is told of hosts that nobody asked for', () => {
  const engine = new Engine({ workloads: shop, policy: [rules, guard], modes: [], tiers: [], now: 0 });
  assert.deepEqual(told(engine.apply([put({ ...shop[0], labels: { role: 'db' } })])), []);
  assert.deepEqual(told(engine.apply([put({ ...guard, state: 'disabled' })])), []);
});

test('R6 while a reference is missing there is no ruleset, and after it was given there is', () => {
  const engine = opened([ruleset('r', [rule('p', 'allow tcp/443', ['list:partners', 'role=web'])])]);
  const refused = engine.content('web-1');
  assert.equal(isProblem(refused) ? refused.code : 'compiled', 'unknown-ip-list');
  const partners = ipList('partners', ['192.0.2.0/24']);
  engine.apply([put(partners)]);
  assert.deepEqual(engine.problems, []);
  const documents = [...shop, partners, ruleset('r', [rule('p', 'allow tcp/443', ['list:partners', 'role=web'])])];
  assert.deepEqual(engine.content('web-1'), compileHost(worldOf(documents), 'web-1'));
});

test('X1 X2 a rule expires when time comes to it', () => {
  const soon = ruleset('soon', [rule('ssh', 'allow tcp/22', ['any', 'role=db'], { expires: 100, at: 'destination' })]);
  const engine = opened([rules, soon]);
  assert.equal(engine.nextExpiry, 100);
  assert.deepEqual(told(engine.apply([{ kind: 'time', now: 99 }])), []);
  assert.deepEqual(told(engine.apply([{ kind: 'time', now: 100 }])), ['ask: db-1 db-2']);
  assert.equal(engine.nextExpiry, null);
});

for (const [name, code] of [
  ['web-9', 'unknown-workload'],
  ['printer', 'no-enforcer'],
] as const)
  test(`"${name}" has no ruleset: ${code}`, () => {
    const problem = opened().content(name);
    assert.equal(isProblem(problem) ? problem.code : 'compiled', code);
  });
