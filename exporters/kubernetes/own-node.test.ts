import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, Rule } from '@bulkhead/model/documents.ts';
import { rule, ruleset, tiers, workload } from '@bulkhead/testkit/documents.ts';
import { exportKubernetes } from './export.ts';
import { isOwnNodeRule } from './own-node.ts';
import { cluster, db, inTier, inward, named, pods, web } from './testkit.ts';

type Ends = string | readonly string[];

const nodes = `${cluster},!${named}`;
const everyNode = `none:${nodes},kubernetes:node`;

const estate: readonly Document[] = [
  workload('shop/web', `${cluster},${named}=shop,kubernetes:node=n1,role=web`, ['10.1.0.1']),
  workload('shop/db', `${cluster},${named}=shop,kubernetes:node=n2,role=db`, ['10.1.0.2']),
  workload('n1', `${cluster},kubernetes:node=n1,node:zone=a`, ['10.0.0.1'], { enforced: false }),
  workload('n2', `${cluster},kubernetes:node=n2`, ['10.0.0.2', 'fd00::2'], { enforced: false }),
];
const order = tiers('guardrail', 'admin:admin-1,admin-2', 'middle', 'application', 'baseline', 'last');

const each = { each: ['kubernetes:cluster', 'kubernetes:node'] };
const own = (tier: string, going = pods, coming = pods): Document =>
  ruleset(
    'own',
    [
      rule('in', 'allow all', [nodes, coming], { at: 'destination' }),
      rule('out', 'allow all', [going, nodes], { at: 'source' }),
    ],
    { tier, ...each },
  );
const out = (name: string, what: string, ends: readonly [string, string]): Rule =>
  rule(name, what, ends, { at: 'source' });
const open = inTier('last', inward('in', 'allow all', ['any', pods]), out('out', 'allow all', [pods, 'any']));
const isolated = inTier('application', out('i', 'deny all', [web, 'any']));

/** Beside the estate and the order of tiers; what is refused as `own-node`, by name. */
const cases: readonly (readonly [title: string, documents: readonly Document[], refused: readonly string[]])[] = [
  ['a rule for all and nothing that denies', [own('guardrail')], []],
  ['a rule in the last tier', [own('last')], []],
  ['no rule where all are isolated', [inTier('application', inward('a', 'allow tcp/1', [db, web]))], ['prod:own-node']],
  ['no rule where nobody is isolated', [open], []],
  ['no rule, and a deny of everything, which is then no isolation', [open, isolated], []],
  ['a rule for the pod that is isolated, and for no other', [open, isolated, own('middle', web)], []],
  ['a rule for another pod than the one that is denied everything', [open, isolated, own('middle', db)], []],
  ['a rule for some in ingress, where all are isolated', [own('middle', pods, web)], ['prod:own-node']],
  ['a deny of everything before the rule', [open, isolated, own('baseline')], []],
  [
    'a deny of everything in ingress, and no rule',
    [open, inTier('application', inward('i', 'deny all', ['any', web]))],
    ['prod:own-node'],
  ],
  [
    'a deny of nodes before the rule',
    [open, inTier('guardrail', out('d', 'deny tcp/10250', [pods, everyNode])), own('middle')],
    [],
  ],
  [
    'a deny of nodes in the tier of the rule is before it',
    [open, inTier('middle', out('d', 'deny tcp/10250', [pods, everyNode])), own('middle')],
    [],
  ],
  [
    'a deny of nodes behind the rule',
    [open, own('guardrail'), inTier('middle', out('d', 'deny tcp/10250', [pods, everyNode]))],
    ['middle/d'],
  ],
  [
    'a deny behind the rule of other nodes than the pod is on',
    [open, own('guardrail'), inTier('middle', out('d', 'deny tcp/1', [db, `${everyNode},node:zone=a`]))],
    [],
  ],
  [
    'a deny behind the rule of addresses that no node has',
    [open, own('guardrail'), inTier('middle', out('d', 'deny tcp/1', [pods, '10.0.0.128/25']))],
    [],
  ],
  [
    'a deny behind the rule of an address that a node has',
    [open, own('guardrail'), inTier('middle', out('d', 'deny tcp/1', [pods, 'fd00::/64']))],
    ['middle/d'],
  ],
  [
    'a deny behind the rule that nothing behind allows is not written',
    [own('guardrail'), inTier('middle', out('d', 'deny tcp/1', [pods, '10.0.0.0/24']))],
    [],
  ],
  [
    'a deny behind the rule that is worked into what stands behind it',
    [
      own('guardrail'),
      inTier('middle', out('d', 'deny tcp/1', [pods, '10.0.0.0/24'])),
      inTier('application', out('a', 'allow tcp/1', [pods, '10.0.0.0/16'])),
    ],
    [],
  ],
  [
    'a deny of anyone in ingress before the rule',
    [inTier('guardrail', inward('d', 'deny tcp/1', ['any', web])), own('middle')],
    ['guardrail/d'],
  ],
  [
    'a deny of anyone in ingress behind the rule',
    [own('guardrail'), inTier('middle', inward('d', 'deny tcp/1', ['any', web]))],
    [],
  ],
  [
    'a pass by the rule',
    [
      open,
      inTier('admin-1', out('p', 'pass tcp/1', [pods, '10.0.0.0/24'])),
      own('admin-2'),
      inTier('admin-2', out('d', 'deny tcp/1', [web, db])),
    ],
    ['admin-1/p'],
  ],
  [
    'a pass that meets the rule',
    [
      open,
      inTier('admin-1', out('p', 'pass tcp/1', [pods, everyNode])),
      inTier('admin-2', out('d', 'deny tcp/1-2', [pods, everyNode])),
      own('middle'),
    ],
    [],
  ],
  [
    'a baseline that denies the own node to whom nothing isolates',
    [open, isolated, own('middle'), inTier('baseline', out('d', 'deny tcp/1', [pods, everyNode]))],
    ['baseline/d'],
  ],
  [
    'a baseline that denies the own node, and the rule for the isolated ones',
    [open, isolated, own('middle', web), inTier('baseline', out('d', 'deny tcp/1', [pods, everyNode]))],
    [],
  ],
];

const ask = (documents: readonly Document[], acceptOwnNode = false) =>
  exportKubernetes([...estate, order, ...documents], { cluster: 'prod', now: 0, acceptOwnNode });

for (const [title, documents, refused] of cases)
  test(`EX39: ${title}`, () => {
    const { manifests, refusals } = ask(documents);
    const names = refusals.map(({ code, message }) => `${code} ${/"([^"]*)"/.exec(message)?.[1]}`);
    assert.deepEqual(
      [...new Set(names)],
      refused.map((name) => `own-node ${name}`),
    );
    assert.equal(manifests === null, refused.length > 0);
    assert.notEqual(ask(documents, true).manifests, null, 'EX5: somebody may accept the difference');
  });

test('EX33 EX39: a deny of everything before the rule denies the own node, so it is no isolation', () => {
  const yaml = (documents: readonly Document[]): string =>
    ask(documents)
      .manifests?.map((one) => one.yaml)
      .join('') ?? '';
  const before = yaml([open, inTier('guardrail', out('d', 'deny all', [web, 'any'])), own('middle')]);
  assert.match(before, /kind: AdminNetworkPolicy[\s\S]*networks:\n +- 0\.0\.0\.0\/0\n +- ::\/0/);
  assert.doesNotMatch(before, /kind: NetworkPolicy/);
  const behind = yaml([open, own('guardrail'), inTier('middle', out('d', 'deny all', [web, 'any']))]);
  assert.match(behind, /kind: NetworkPolicy/);
  assert.doesNotMatch(behind, /kind: AdminNetworkPolicy/);
});

test('EX5 EX39: pods whose node the estate has get no note, others one in all', () => {
  const isolation = [open, own('middle'), isolated, inTier('last', inward('deny', 'deny all', ['any', web]))];
  const noted = (documents: readonly Document[], acceptOwnNode = false) =>
    ask(documents, acceptOwnNode)
      .notes.filter(({ code }) => code === 'no-nodes')
      .map(({ message }) => /\d+ of its \d+ pods/.exec(message)?.[0]);
  const elsewhere = workload('shop/late', `${cluster},${named}=shop,kubernetes:node=n3`, ['10.1.0.3']);
  assert.deepEqual(noted(isolation), []);
  assert.deepEqual(noted([...isolation, elsewhere]), ['1 of its 3 pods']);
  assert.deepEqual(noted([...isolation, elsewhere], true), [], 'somebody accepted the difference');
});

/** Whether the rule is the one that a cluster has of itself. */
const shapes: readonly (readonly [title: string, from: Ends, to: Ends, is: boolean])[] = [
  ['nodes to pods', nodes, pods, true],
  ['pods to nodes', pods, nodes, true],
  ['some pods', nodes, [web, db], true],
  ['anyone or nodes to pods', ['any', nodes], pods, false],
  ['pods or nodes to pods', [pods, nodes], pods, false],
  ['addresses or nodes to pods', ['10.0.0.0/24', nodes], pods, false],
  ['nodes to anyone', nodes, 'any', false],
  ['nodes to pods or nodes', nodes, [pods, nodes], false],
  ['nodes to workloads with or without a namespace', nodes, cluster, false],
  ['nodes to nodes', nodes, nodes, false],
  ['nodes outside the scope to pods', `none:${nodes}`, pods, false],
];
for (const [title, from, to, is] of shapes)
  test(`EX39 the rule between a pod and its own node: ${title}${is ? '' : ' is another'}`, () => {
    const one = rule('r', 'allow all', [from, to]);
    assert.equal(isOwnNodeRule(ruleset('own', [one], each), one), is);
  });
