import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadDocument } from '@bulkhead/model/documents.ts';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { formatServiceRange } from '@bulkhead/net/service-space.ts';
import type { ImportOptions } from './import.ts';
import { filesOf, importText } from './testkit.ts';

const pod = (name: string, { meta = '', spec = '', status = '' } = {}): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: shop, ${meta}}, spec: {${spec}}, status: {${status}}}`;
const maker = (kind: string, name: string, { meta = '', spec = '', template = '', status = '' } = {}): string =>
  `{apiVersion: apps/v1, kind: ${kind}, metadata: {name: ${name}, namespace: shop, ${meta}}, spec: {${spec} template: {metadata: {labels: {app: ${name}}}, spec: {${template}}}}, status: {${status}}}`;
const job = (name: string, parts: Parameters<typeof maker>[2] = {}): string =>
  maker('Job', name, parts).replace('apps/v1', 'batch/v1');
const cronJob = (name: string, spec = ''): string =>
  `{apiVersion: batch/v1, kind: CronJob, metadata: {name: ${name}, namespace: shop}, spec: {${spec} jobTemplate: {spec: {template: {metadata: {labels: {app: ${name}}}}}}}}`;
const owned = (kind: string, name: string): string => `ownerReferences: [{kind: ${kind}, name: ${name}}]`;
const ports = (text: string): string => `containers: [{name: c, ports: [${text}]}]`;

function workloadsOf(documents: readonly string[], options: Partial<ImportOptions> = {}): readonly WorkloadDocument[] {
  const files = filesOf(importText(documents.join('\n---\n'), options));
  return parseDocuments(files, { kinds: ['Workload'] }).documents.filter((document) => document.kind === 'Workload');
}

/** What becomes of objects: the names of the workloads. */
const named: readonly (readonly [title: string, documents: readonly string[], names: string])[] = [
  ['KW1 a pod', [pod('a')], 'shop/a'],
  [
    'KW3 a pod that is over',
    [
      pod('a', { status: 'phase: Succeeded' }),
      pod('b', { status: 'phase: Failed' }),
      pod('c', { status: 'phase: Pending' }),
    ],
    'shop/c',
  ],
  [
    'KW3 KW9 a pod in the host’s network is its node',
    [pod('a', { spec: 'hostNetwork: true, nodeName: n1', status: 'hostIP: 192.168.0.1' })],
    'n1',
  ],
  [
    'KW4 a kind without pods',
    [maker('Deployment', 'web'), maker('StatefulSet', 'db'), maker('DaemonSet', 'log'), maker('ReplicaSet', 'rs')],
    'shop/db shop/log shop/rs shop/web',
  ],
  [
    'KW4 a ReplicationController, a Job and a CronJob',
    [maker('ReplicationController', 'rc').replace('apps/v1', 'v1'), job('once'), cronJob('daily')],
    'shop/daily shop/once shop/rc',
  ],
  [
    'KW4 a kind whose pods are there',
    [maker('StatefulSet', 'db'), pod('db-0', { meta: owned('StatefulSet', 'db') })],
    'shop/db-0',
  ],
  [
    'KW4 through what it makes',
    [
      maker('Deployment', 'web'),
      maker('ReplicaSet', 'web-abc', { meta: owned('Deployment', 'web') }),
      pod('web-abc-1', { meta: owned('ReplicaSet', 'web-abc') }),
    ],
    'shop/web-abc-1',
  ],
  [
    'KW4 through what no file holds',
    [
      maker('Deployment', 'web'),
      pod('web-abc-1', { meta: `labels: {pod-template-hash: abc}, ${owned('ReplicaSet', 'web-abc')}` }),
    ],
    'shop/web-abc-1',
  ],
  [
    'KW4 a CronJob through a Job that no file holds',
    [cronJob('daily'), pod('daily-28-x', { meta: owned('Job', 'daily-28') })],
    'shop/daily-28-x',
  ],
  [
    'KW4 another one’s pods are not its own',
    [maker('Deployment', 'web'), pod('x', { meta: owned('ReplicaSet', 'webs-abc') })],
    'shop/web shop/x',
  ],
  [
    'KW4 the first of a line stands for all',
    [maker('Deployment', 'web'), maker('ReplicaSet', 'web-abc', { meta: owned('Deployment', 'web') })],
    'shop/web',
  ],
  [
    'KW4 a line that comes back to itself',
    [
      maker('Deployment', 'web', { meta: owned('ReplicaSet', 'web') }),
      maker('ReplicaSet', 'web', { meta: owned('Deployment', 'web') }),
      pod('a', { meta: owned('ReplicaSet', 'web') }),
    ],
    'shop/a',
  ],
  [
    'KW4 finished pods are the pods of their Job',
    [job('once'), pod('once-1', { meta: owned('Job', 'once'), status: 'phase: Succeeded' })],
    '',
  ],
  [
    'KW5 scaled to nothing',
    [maker('Deployment', 'web', { spec: 'replicas: 0,' }), maker('StatefulSet', 'db', { spec: 'replicas: 1,' })],
    'shop/db',
  ],
  ['KW5 suspended', [job('once', { spec: 'suspend: true,' }), cronJob('daily', 'suspend: true,')], ''],
  [
    'KW5 finished',
    [
      job('once', { status: 'conditions: [{type: Complete, status: "True"}]' }),
      job('twice', { status: 'conditions: [{type: Failed, status: "False"}]' }),
    ],
    'shop/twice',
  ],
  [
    'KW3 a kind whose pods are in the host’s network',
    [maker('DaemonSet', 'log', { template: 'hostNetwork: true' })],
    '',
  ],
  [
    'KW6 two kinds of one name',
    [maker('Deployment', 'web'), maker('StatefulSet', 'web')],
    'shop/web/deployment shop/web/statefulset',
  ],
  ['KW6 a pod keeps its name', [maker('Deployment', 'web'), pod('web')], 'shop/web shop/web/deployment'],
  [
    'KW8 a node, named like an address',
    ['{apiVersion: v1, kind: Node, metadata: {name: n1}}', '{apiVersion: v1, kind: Node, metadata: {name: 10.0.0.7}}'],
    'n1 node-10.0.0.7',
  ],
  [
    'KI9 without a namespace',
    [
      '{apiVersion: v1, kind: Pod, metadata: {name: a}}',
      '{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: ""}}',
    ],
    'default/a default/b',
  ],
  [
    'KI1 lists',
    [
      '{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: PodList, items: [{metadata: {name: b}}]}]}',
      '{apiVersion: v1, kind: PodList, items: null}',
    ],
    'default/a default/b',
  ],
];

for (const [title, documents, names] of named)
  test(title, () =>
    assert.equal(
      workloadsOf(documents)
        .map(({ name }) => name)
        .sort()
        .join(' '),
      names,
    ),
  );

const read = ([first]: readonly WorkloadDocument[]): Record<string, unknown> => ({
  labels: { ...first?.labels },
  addresses: first?.addresses.map(({ network, address }) => `${network} ${address}`),
  ports: Object.entries(first?.ports ?? {}).map(
    ([name, ranges]) => `${name} ${ranges.map(formatServiceRange).join(' ')}`,
  ),
  enforced: first?.enforced,
});

test('KW1 KW2 a pod’s labels, addresses and node', () => {
  const documents = [
    pod('a', {
      meta: 'labels: {app: web}',
      spec: 'nodeName: n1',
      status: 'podIPs: [{ip: 10.0.0.1}, {ip: "FD00::1"}], podIP: 10.0.0.1',
    }),
    '{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a, app: x, kubernetes.io/metadata.name: lie}}}',
    '{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {zone: east}}}',
  ];
  const [node, ...pods] = workloadsOf(documents, { network: 'site-b' });
  assert.deepEqual(read(pods), {
    labels: {
      app: 'web',
      'kubernetes:cluster': 'prod',
      'kubernetes:node': 'n1',
      'namespace:app': 'x',
      'namespace:kubernetes.io/metadata.name': 'shop',
      'namespace:team': 'a',
    },
    addresses: ['site-b 10.0.0.1', 'site-b fd00::1'],
    ports: [],
    enforced: true,
  });
  assert.deepEqual(node?.labels, { 'kubernetes:cluster': 'prod', 'kubernetes:node': 'n1', 'node:zone': 'east' });
});

test('KW8 a node is unmanaged and has the addresses that are some', () => {
  const status =
    'status: {addresses: [{type: Hostname, address: 10.9.9.9}, {type: ExternalIP, address: 192.0.2.1}, {type: InternalIP, address: 10.0.0.1}, {type: InternalDNS, address: n1.internal}]}';
  const node = read(workloadsOf([`{apiVersion: v1, kind: Node, metadata: {name: n1}, ${status}}`]));
  assert.deepEqual([node.addresses, node.enforced], [['main 192.0.2.1', 'main 10.0.0.1'], false]);
});

test('KW9 a node that only pods speak of', () => {
  const at = (host: string): { spec: string; status: string } => ({ spec: 'nodeName: n1', status: `hostIP: ${host}` });
  const [node] = workloadsOf([pod('b', at('192.168.0.2')), pod('a', at('192.168.0.1'))]);
  assert.equal(node?.name, 'n1');
  assert.deepEqual(
    node?.addresses.map(({ address }) => address),
    ['192.168.0.1', '192.168.0.2'],
  );
});

test('KW7 named ports: of containers and of init containers that always run, the first of a name and protocol', () => {
  const first = '{name: dns, containerPort: 53, protocol: UDP}, {name: dns, containerPort: 53}, {containerPort: 9}';
  const second = '{name: c2, ports: [{name: dns, containerPort: 54}, {name: http, containerPort: 80}]}';
  const init =
    '{name: i1, restartPolicy: Always, ports: [{name: side, containerPort: 1}]}, {name: i2, ports: [{name: gone, containerPort: 2}]}';
  const spec = `containers: [{name: c1, ports: [${first}]}, ${second}], initContainers: [${init}]`;
  assert.deepEqual(read(workloadsOf([pod('a', { spec })])).ports, ['dns tcp/53 udp/53', 'http tcp/80', 'side tcp/1']);
});

test('KW7 of the template where there are no pods', () => {
  const template = ports('{name: http, containerPort: 8080}');
  assert.deepEqual(read(workloadsOf([maker('Deployment', 'web', { template })])).ports, ['http tcp/8080']);
});

test('KW4 a Job’s pods have the labels that its controller gives them', () => {
  const { labels } = read(workloadsOf([job('once')])) as { labels: Record<string, string> };
  assert.equal(labels['job-name'], 'once');
  assert.equal(labels['batch.kubernetes.io/job-name'], 'once');
});

test('KW11 long names', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(100)}.${'c'.repeat(90)}`;
  const names = workloadsOf([
    pod(long, { spec: `nodeName: ${long}` }),
    pod(`${long.slice(0, -1)}d`, { spec: `nodeName: ${long}` }),
  ]);
  assert.deepEqual(
    names.map(({ name }) => name.length),
    [252, 253, 253],
  );
  assert.equal(new Set(names.map(({ name }) => name)).size, 3);
  for (const { labels } of names) assert.match(labels['kubernetes:node'] ?? '', /^a{52}\.[0-9a-f]{10}$/);
});

const prefixed: readonly (readonly [title: string, documents: readonly string[], names: string])[] = [
  ['KW13 a pod and its node', [pod('a', { spec: 'nodeName: n1', status: 'hostIP: 192.168.0.1' })], 'p/n1 p/shop/a'],
  ['KW13 what stands for pods', [maker('Deployment', 'web')], 'p/shop/web'],
  ['KW13 of several', [maker('Deployment', 'x'), maker('DaemonSet', 'x')], 'p/shop/x/daemonset p/shop/x/deployment'],
  ['KW13 a node named like an address', ['{apiVersion: v1, kind: Node, metadata: {name: 10.0.0.1}}'], 'p/10.0.0.1'],
];
for (const [title, documents, names] of prefixed)
  test(title, () => {
    const workloads = workloadsOf(documents, { namePrefix: 'p' });
    assert.equal(workloads.map(({ name }) => name).join(' '), names);
    for (const { labels } of workloads) assert.equal(labels['kubernetes:cluster'], 'prod');
  });

test('KI9 the namespace of objects that say none', () => {
  const [workload] = workloadsOf(['{apiVersion: v1, kind: Pod, metadata: {name: a}}'], { namespace: 'shop' });
  assert.equal(workload?.name, 'shop/a');
});
