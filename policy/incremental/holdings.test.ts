import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { ipList, rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { compileAll } from '../compile.ts';
import { Engine, type Event } from './engine.ts';
import { allowance, exceeds } from './holdings.ts';
import { hostsOf } from './nodes.ts';
import type { NamedDocument } from './sources.ts';

const spare = 50;
const changes = 800;

/** What comes with the number of the change and goes when it comes again. */
const streams: readonly (readonly [title: string, change: (index: number) => Document])[] = [
  ['ports of a rule', (index) => ruleset('r', [rule('p', `allow tcp/${1 + index}`, ['role=web', 'role=db'])])],
  ['selectors of a rule', (index) => ruleset('r', [rule('p', 'allow tcp/1', [`role=web,app=a${index}`, 'role=db'])])],
  ['a rule more and one less', (index) => ruleset(`r${index % 3}`, rulesOf(index % 7))],
  ['exceptions', (index) => ruleset('r', [rule('p', 'allow tcp/1', ['role=web', `role notin (db,x${index})`])])],
  [
    'an ip list',
    (index) => ipList('partners', [`192.0.${index % 250}.0/24`, `198.51.${Math.floor(index / 250)}.0/24`]),
  ],
  ['prefixes', (index) => ruleset('r', [rule('p', 'allow tcp/1', [`10.${index % 250}.0.0/16`, 'role=web'])])],
  ['values of a label', (index) => workload('w0', `role=web,app=a${index},env=prod`, ['10.0.0.1'])],
  ['combinations for a scope each', (index) => workload('w1', `role=db,app=shop,env=e${index}`, ['10.0.0.2'])],
  ['keys that scopes combine', (index) => ruleset('each', rulesOf(1), { each: ['app', `k${index % 9}`] })],
  ['networks', (index) => at(`site-${index}`)],
];

const rulesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => rule(`p${index}`, `allow tcp/${5000 + index}`, ['role=web', 'role=db']));

function at(network: string): WorkloadDocument {
  const document = workload('w2', 'role=web,app=shop,env=prod', ['10.0.0.3']);
  return { ...document, addresses: document.addresses.map(({ address }) => ({ network, address })) };
}

const first: readonly Document[] = [
  workload('w0', 'role=web,app=shop,env=prod', ['10.0.0.1']),
  workload('w1', 'role=db,app=shop,env=prod', ['10.0.0.2']),
  workload('w2', 'role=web,app=shop,env=prod', ['10.0.0.3']),
  workload('w3', 'role=db,app=shop,env=dev', ['10.0.0.4']),
  ipList('partners', ['192.0.2.0/24']),
  ruleset('lists', [rule('in', 'allow tcp/443', ['list:partners', 'role=web'])]),
  ruleset('scoped', rulesOf(2), { each: ['app', 'env'] }),
];

const keyOf = (document: Document): string => `${document.kind} ${'name' in document ? document.name : ''}`;
const put = (document: Document): Event =>
  document.kind === 'Workload'
    ? { kind: 'workload', document }
    : { kind: 'policy', document: document as NamedDocument };

function opened(): { readonly engine: Engine; readonly documents: Map<string, Document> } {
  const documents = new Map(first.map((document) => [keyOf(document), document]));
  const workloads = first.filter((document) => document.kind === 'Workload');
  const policy = first.filter((document) => document.kind !== 'Workload') as NamedDocument[];
  const engine = new Engine({ workloads, policy, modes: [], tiers: [], now: 0 }, 64, spare);
  for (const { name } of workloads) engine.content(name);
  return { engine, documents };
}

for (const [title, change] of streams)
  test(`J1 ${changes} changes leave at most twice what is used: ${title}`, () => {
    const { engine, documents } = opened();
    let renewals = 0;
    for (let index = 0; index < changes; index++) {
      const before = engine.held;
      const document = change(index);
      documents.set(keyOf(document), document);
      engine.apply([put(document)]);
      const { held } = engine;
      if (held.slots < before.slots || held.terms < before.terms || held.directories < before.directories) renewals++;
      // What is used was looked at before the change, which may add a directory and leave another: a hundred, and twice that.
      const allowed = allowance(engine.used, spare + 400);
      assert.ok(
        !exceeds(held, allowed),
        `change ${index}: ${JSON.stringify(held)}, allowed ${JSON.stringify(allowed)}`,
      );
      for (const name of index % 10 === 0 ? ['w0', 'w1', 'w2', 'w3'] : []) engine.content(name);
      if (index % 200 !== 199) continue;
      for (const [name, content] of compileAll(worldOf([...documents.values()])))
        assert.deepEqual(engine.content(name), content, `change ${index}: ${name}`);
    }
    assert.ok(renewals < changes / 10, `${renewals} times all numbers were given anew`);
  });

test('J2 numbers given anew are told of to nobody, and groups stay the objects that they were', () => {
  const { engine, documents } = opened();
  const names = ['w0', 'w1', 'w2', 'w3'];
  const groups = names.map((name) => engine.follow(name));
  const contents = names.map((name) => engine.content(name));
  let renewals = 0;
  // Nobody runs `role=none`, so nobody's ruleset depends on who may talk to it.
  for (let index = 0; index < 400; index++) {
    const before = engine.held.terms;
    const none = ruleset('none', [rule('p', 'allow tcp/1', [`app=a${index},role=none`, 'role=none'])]);
    const { deltas, groups: other, hosts, gone } = engine.apply([put(none)]);
    assert.deepEqual([deltas.length, other.length, hosts.size, gone.size], [0, 0, 0, 0]);
    if (engine.held.terms < before) renewals++;
  }
  assert.ok(renewals > 1, `${renewals}`);
  assert.deepEqual(
    names.map((name) => engine.content(name)),
    contents,
  );
  for (const [index, name] of names.entries()) assert.equal(engine.follow(name), groups[index]);
  const { deltas } = engine.apply([put(workload('w4', 'role=web,app=shop,env=prod', ['10.0.0.5']))]);
  const told = deltas.flatMap(({ groups: followers }) => [...followers]);
  assert.ok(told.length > 0 && told.every((group) => groups.includes(group)));
  assert.ok(told.flatMap((group) => [...hostsOf(group)]).every((name) => documents.has(`Workload ${name}`)));
});
