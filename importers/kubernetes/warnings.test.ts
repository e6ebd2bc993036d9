import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importText, testdata } from './testkit.ts';

const cluster = readFileSync(join(testdata, 'small-cluster.yaml'), 'utf8');
const lone = '{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: lost}}';
const np = (spec: string): string =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {${spec}}}`;
const anp = (name: string, priority: number, rules = ''): string =>
  `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: ${name}}, spec: {priority: ${priority}, subject: {namespaces: {}}, ${rules}}}`;
const service = (spec: string, name = 's'): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: {${spec}}}`;
const team = 'namespaceSelector: {matchLabels: {team: a}}';
const named = (name: string, more = ''): string =>
  `namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${name}${more}}}`;
const both = 'clusterIP: 10.96.0.9, selector: {tier: x}';

/** Documents beside the small cluster, and what is said of them: the code and, in it, the name. */
const rows: readonly (readonly [title: string, documents: readonly string[], said: readonly string[]])[] = [
  ['KI3 nothing is to be said', [], []],
  [
    'KW10 a namespace that no file declares',
    [lone, np(`ingress: [{from: [{${team}}]}]`)],
    ['undeclared-namespace "lost"'],
  ],
  ['KW10 nobody asks for its labels', [lone, np('ingress: [{from: [{namespaceSelector: {}}]}]')], []],
  ['KW10 only its name is asked for', [lone, np(`ingress: [{from: [{${named('lost')}}]}]`)], []],
  ['KW10 another name is asked for', [lone, np(`ingress: [{from: [{${named('bank', ', team: b')}}]}]`)], []],
  [
    'KW10 its name and more',
    [lone, np(`ingress: [{from: [{${named('lost', ', team: b')}}]}]`)],
    ['undeclared-namespace "lost"'],
  ],
  [
    'KW10 nothing of it is a workload',
    ['{apiVersion: v1, kind: Service, metadata: {name: a, namespace: lost}}', np(`ingress: [{from: [{${team}}]}]`)],
    [],
  ],
  ['KA2 equal priorities', [anp('one', 5), anp('two', 5), anp('three', 6)], ['equal-priority one, two']],
  [
    'KA5 labels of a node that no file declares',
    [
      '{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: shop}, spec: {nodeName: n9}}',
      anp('one', 5, 'egress: [{action: Deny, to: [{nodes: {matchLabels: {zone: a}}}]}]'),
    ],
    ['undeclared-node n9'],
  ],
  [
    'KA5 hosts follow no names for pods',
    [anp('one', 5, 'egress: [{action: Allow, to: [{domainNames: [a.example]}]}]')],
    ['domain-not-followed "one"'],
  ],
  [
    'KI8 bits beyond the length',
    [np('ingress: [{from: [{ipBlock: {cidr: 10.0.0.7/8}}]}]')],
    ['host-bits "10.0.0.7/8"'],
  ],
  [
    'KN12 a named port in a block',
    [np('egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: http}]}]')],
    ['named-port-in-block "shop/p egress 0"'],
  ],
  [
    'KS3 a name that no pod has',
    [service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: http}]')],
    ['service-left-out shop/s'],
  ],
  [
    'KS3 a name of several numbers',
    [
      service('clusterIP: 10.96.0.9, selector: {here: "y"}, ports: [{port: 80, targetPort: http}]'),
      ...[1, 2].map(
        (n) =>
          `{apiVersion: v1, kind: Pod, metadata: {name: p${n}, namespace: shop, labels: {here: "y"}}, spec: {containers: [{ports: [{name: http, containerPort: ${n}}]}]}}`,
      ),
    ],
    ['service-left-out shop/s'],
  ],
  [
    'KS3 an address that a workload has',
    [service('clusterIP: 10.96.0.9, externalIPs: [192.168.0.1], selector: {app: db}, ports: [{port: 80}]')],
    ['service-left-out 192.168.0.1'],
  ],
  [
    'KS3 an address that another Service has',
    [service(`${both}, ports: [{port: 80}]`), service(`${both}, ports: [{port: 80}, {port: 81}]`, 't')],
    ['service-left-out shop/t'],
  ],
  [
    'KS4 nothing is no warning',
    [
      service('clusterIP: None, selector: {app: db}, ports: [{port: 80, targetPort: http}]'),
      service('type: ExternalName, externalName: example.org', 't'),
      service('clusterIP: 10.96.0.9, ports: [{port: 80}]', 'u'),
    ],
    [],
  ],
  [
    'KS5 some of the pods behind a Service',
    [
      service('clusterIP: 10.96.0.9, selector: {}, ports: [{port: 80}]'),
      '{apiVersion: v1, kind: Service, metadata: {name: all, namespace: shop}, spec: {clusterIP: 10.96.0.8, selector: {any: "y"}, ports: [{port: 80}]}}',
      ...['web', 'db'].map(
        (app) =>
          `{apiVersion: v1, kind: Pod, metadata: {name: ${app}2, namespace: shop, labels: {any: "y", app: ${app}}}}`,
      ),
      np('egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]'),
    ],
    ['service-in-part shop/all'],
  ],
  [
    'KS6 a rule to a port of a Service that its pods do not serve',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: sql}]'),
      np('egress: [{ports: [{port: 80}]}]'),
    ],
    ['service-by-address shop/s'],
  ],
  [
    'KS6 a block around the address of a Service',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: sql}]'),
      np('egress: [{to: [{ipBlock: {cidr: 10.96.0.0/12}}]}]'),
    ],
    ['service-by-address shop/s'],
  ],
  [
    'KS6 a block around the address and the pods',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: sql}]'),
      np('egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]'),
    ],
    [],
  ],
  [
    'KS6 a block without the address',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: sql}]'),
      np('egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}]'),
    ],
    [],
  ],
  [
    'KW12 an address of two pods',
    ['{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: shop}, status: {podIP: 10.0.0.1}}'],
    ['shared-address Pod shop/web and Pod shop/x'],
  ],
  [
    'KW12 an address of a pod that is over',
    ['{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: shop}, status: {phase: Failed, podIP: 10.0.0.1}}'],
    [],
  ],
];

for (const [title, documents, said] of rows)
  test(title, () => {
    const { problems, estate } = importText([cluster, ...documents].join('\n---\n'));
    assert.notEqual(estate, null);
    assert.equal(problems.length, said.length, problems.map(({ message }) => message).join('\n'));
    for (const [index, text] of said.entries()) {
      const [, code, name = ''] = /^(\S+) (.*)$/.exec(text) ?? [];
      assert.deepEqual([problems[index]?.severity, problems[index]?.code], ['warning', code]);
      assert.ok(problems[index]?.message.includes(name), `${problems[index]?.message} says ${name}`);
      assert.notEqual(problems[index]?.place, null);
    }
  });
