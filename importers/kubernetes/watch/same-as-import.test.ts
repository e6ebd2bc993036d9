import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadDocument } from '@bulkhead/model/documents.ts';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { filesOf, importText } from '../testkit.ts';
import { workloadOfNode, workloadOfPod } from './cluster-workload.ts';
import { keepNamespace, keepNode, keepPod } from './kept-objects.ts';
import { type ReadObject, readList } from './read-object.ts';

const where = { cluster: 'prod', network: 'main', prefix: null };
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'red' } } };
const ips = (...texts: string[]) => texts.map((ip) => ({ ip }));
const ports = (...some: object[]) => [{ name: 'c', ports: some }];
const node = (type: string, address: string) => ({ type, address });

type Case = { readonly what: string; readonly metadata?: object; readonly spec?: object; readonly status?: object };

const pods: readonly Case[] = [
  { what: 'nothing said' },
  { what: 'one address', status: { podIP: '10.0.0.1' } },
  { what: 'both families', status: { podIP: '10.0.0.1', podIPs: ips('10.0.0.1', 'fd00::1') } },
  { what: 'the other family first', status: { podIP: 'fd00::1', podIPs: ips('fd00::1', '10.0.0.1') } },
  { what: 'a list in another order', status: { podIP: 'fd00::1', podIPs: ips('10.0.0.1', 'fd00::1') } },
  { what: 'a list without the other', status: { podIP: '10.0.0.9', podIPs: ips('10.0.0.1', 'fd00::1') } },
  { what: 'a list alone', status: { podIPs: ips('fd00::2', '10.0.0.2') } },
  { what: 'an address twice', status: { podIPs: ips('10.0.0.2', '10.0.0.2') } },
  { what: 'an empty address', status: { podIP: '' } },
  { what: 'a node', spec: { nodeName: 'n1' } },
  { what: 'a node of no name yet', spec: { nodeName: '' } },
  { what: 'labels', metadata: { labels: { role: 'web', 'app.kubernetes.io/name': 'x' } } },
  { what: 'succeeded', status: { phase: 'Succeeded', podIP: '10.0.0.1' } },
  { what: 'failed', status: { phase: 'Failed', podIP: '10.0.0.1' } },
  { what: 'running', status: { phase: 'Running', podIP: '10.0.0.1' } },
  {
    what: 'on its way out',
    metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 },
    status: { phase: 'Running', podIP: '10.0.0.1' },
  },
  { what: 'in the network of its host', spec: { hostNetwork: true, nodeName: 'n1' }, status: { podIP: '10.0.0.1' } },
  { what: 'a named port', spec: { containers: ports({ name: 'http', containerPort: 8080 }) } },
  { what: 'a port without a name', spec: { containers: ports({ containerPort: 8080 }) } },
  {
    what: 'a name in several protocols and twice',
    spec: {
      containers: ports(
        { name: 'dns', containerPort: 53, protocol: 'UDP' },
        { name: 'dns', containerPort: 53, protocol: 'TCP' },
        { name: 'dns', containerPort: 54, protocol: 'TCP' },
      ),
    },
  },
  {
    what: 'init containers',
    spec: {
      initContainers: [
        { name: 'a', restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 1 }] },
        { name: 'b', ports: [{ name: 'before', containerPort: 2 }] },
      ],
    },
  },
];

const nodes: readonly Case[] = [
  { what: 'nothing said' },
  { what: 'an address inside', status: { addresses: [node('InternalIP', '192.168.0.1')] } },
  { what: 'an address outside', status: { addresses: [node('ExternalIP', '203.0.113.1')] } },
  {
    what: 'both, and names',
    status: {
      addresses: [
        node('Hostname', 'n1'),
        node('ExternalIP', '203.0.113.1'),
        node('InternalIP', '192.168.0.1'),
        node('InternalIP', 'fd00::1'),
        node('InternalDNS', 'n1.internal'),
      ],
    },
  },
  { what: 'an address twice', status: { addresses: [node('InternalIP', '10.0.0.1'), node('ExternalIP', '10.0.0.1')] } },
  { what: 'labels', metadata: { labels: { zone: 'a' } } },
];

/** As the import has it, null where it makes no workload of that name. */
function imported(objects: readonly object[], name: string) {
  const files = filesOf(importText(objects.map((one) => JSON.stringify(one)).join('\n---\n')));
  const { documents } = parseDocuments(files, { kinds: ['Workload'] });
  const found = documents.find((one): one is WorkloadDocument => one.kind === 'Workload' && one.name === name);
  if (found === undefined) return null;
  const { labels, addresses, ports: named } = found;
  return { name, labels, addresses, ports: named };
}

function readOne(object: object): ReadObject {
  const list = { metadata: { resourceVersion: '1' }, items: [object] };
  return readList(JSON.stringify(list)).objects[0] ?? assert.fail('a list of one has one');
}

for (const { what, metadata, spec = {}, status = {} } of pods)
  test(`a pod with ${what} is the same to a watch as to an import`, () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: 'p', namespace: 'shop' },
      spec,
      status,
    };
    const watched = workloadOfPod(keepPod(readOne(pod)), keepNamespace(readOne(namespace)).labels, where);
    const { part = 'pod', ...workload } = watched ?? {};
    assert.deepEqual([part, watched === null ? null : workload], ['pod', imported([namespace, pod], 'shop/p')]);
  });

for (const { what, metadata, status = {} } of nodes)
  test(`a node with ${what} is the same to a watch as to an import`, () => {
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { ...metadata, name: 'n1' }, status };
    const { part, ...workload } = workloadOfNode({ name: 'n1', ...keepNode(readOne(object)) }, where);
    assert.deepEqual([part, workload], ['node', imported([object], 'n1')]);
  });

test('a pod on its way out is a workload until it is gone, with its address', () => {
  const metadata = { name: 'p', namespace: 'shop', deletionTimestamp: '2026-01-01T00:00:00Z' };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: 'Running', podIP: '10.0.0.1' } };
  assert.deepEqual(imported([namespace, pod], 'shop/p')?.addresses, [{ network: 'main', address: '10.0.0.1' }]);
});
