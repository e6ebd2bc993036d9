import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { anp, askAbout, banp, filesOf, importText, np, testdata } from './testkit.ts';

const cluster = readFileSync(join(testdata, 'small-cluster.yaml'), 'utf8');
const every = 'subject: {namespaces: {}}';
const out = 'policyTypes: [Egress]';

/** Documents beside the small cluster, and what the decisions are then, separated by semicolons. */
type Row = readonly [title: string, documents: readonly string[], verdicts: string];

const rows: readonly Row[] = [
  [
    'KN15 a pod and its own node',
    [np('podSelector: {}, policyTypes: [Ingress, Egress]')],
    'allow n1 -> shop/web tcp/10250; allow shop/web -> n1 tcp/10250; deny n2 -> shop/web tcp/10250; deny shop/web -> n2 tcp/10250',
  ],
  [
    'KN15 what administrators deny to nodes is denied to the own node',
    [
      anp(
        5,
        `${every}, egress: [{action: Deny, to: [{nodes: {}}], ports: [{portNumber: {protocol: TCP, port: 10250}}]}]`,
      ),
      np('podSelector: {}, policyTypes: [Egress]'),
    ],
    'deny shop/web -> n1 tcp/10250; deny bank/vault -> n1 tcp/10250; allow shop/web -> n1 tcp/80; deny shop/web -> n2 tcp/80; allow n1 -> shop/web tcp/10250',
  ],
  [
    'KN15 what is passed on meets it',
    [
      anp(5, `${every}, egress: [{action: Pass, to: [{nodes: {}}]}, {action: Deny, to: [{nodes: {}}]}]`),
      np('podSelector: {}, policyTypes: [Egress]'),
    ],
    'allow shop/web -> n1 tcp/10250; deny shop/web -> n2 tcp/10250; allow bank/vault -> n2 tcp/1',
  ],
  [
    'KA8 a pod that nothing isolates meets what the baseline denies of its own node, and an isolated one does not',
    [
      banp(`${every}, egress: [{action: Deny, to: [{nodes: {}}]}]`),
      np(`podSelector: {matchLabels: {app: web}}, ${out}`),
    ],
    'allow shop/web -> n1 tcp/1; deny shop/web -> n2 tcp/1; deny shop/db -> n2 tcp/1; deny bank/vault -> n1 tcp/1; allow n1 -> bank/vault tcp/1',
  ],
  [
    'KA8 isolation in ingress is none in egress',
    [banp(`${every}, egress: [{action: Deny, to: [{networks: [192.168.0.0/24]}]}]`), np('podSelector: {}')],
    'deny shop/web -> n1 tcp/1; allow n1 -> shop/web tcp/1; deny n2 -> shop/web tcp/1',
  ],
  [
    'KA8 policies of several namespaces isolate, with the same pods and with others',
    [
      banp(`${every}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0, "::/0"]}]}]`),
      np(`podSelector: {matchLabels: {app: web}}, ${out}`),
      np(`podSelector: {matchLabels: {app: web}}, ${out}`, 'q', 'bank'),
      np(`podSelector: {matchLabels: {tier: back}}, ${out}`, 'r'),
    ],
    'allow shop/web -> n1 tcp/1; allow bank/web -> n2 tcp/1; allow shop/db -> n2 tcp/1; deny bank/vault -> n1 tcp/1; deny shop/db -> n1 tcp/1',
  ],
  [
    'KA8 a policy for all pods of its namespace isolates those of the others there, too',
    [
      banp(`${every}, egress: [{action: Deny, to: [{nodes: {}}]}]`),
      np(`podSelector: {matchLabels: {app: web}}, ${out}`),
      np(`podSelector: {}, ${out}`, 'q'),
    ],
    'allow shop/web -> n1 tcp/1; allow shop/db -> n2 tcp/1; deny bank/web -> n2 tcp/1',
  ],
  [
    'KA8 a baseline that denies pods alone leaves the own node to all',
    [banp(`${every}, egress: [{action: Deny, to: [{namespaces: {}}]}, {action: Allow, to: [{nodes: {}}]}]`)],
    'allow bank/vault -> n1 tcp/1; deny bank/vault -> shop/web tcp/1',
  ],
];

for (const [title, documents, verdicts] of rows)
  test(title, () => {
    const ask = askAbout(filesOf(importText([cluster, ...documents].join('\n---\n'))));
    for (const expectation of verdicts.split('; ')) {
      const [, verdict, line = ''] = /^(allow|deny) (.+)$/.exec(expectation) ?? [];
      assert.equal(ask(line), verdict, line);
    }
  });

test('KA8 few selectors say which pods are isolated', () => {
  const documents = [
    banp(`${every}, egress: [{action: Deny, to: [{nodes: {}}]}]`),
    np(`podSelector: {matchLabels: {app: web}}, ${out}`),
    np(`podSelector: {}, ${out}`, 'q'),
    np(`podSelector: {}, ${out}`, 'r', 'bank'),
    np('podSelector: {}', 's', 'other'),
  ];
  const { policy } = importText([cluster, ...documents].join('\n---\n'));
  const [, rule = ''] = /name: prod:own-node\n[\s\S]*?name: egress-0\n([\s\S]*?)\n---/.exec(policy ?? '') ?? [];
  assert.match(rule, /from: kubernetes:cluster=prod,namespace:kubernetes.io\/metadata.name in \(bank,shop\)\n/);
});
