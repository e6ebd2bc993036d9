import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { pause } from './backoff.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { FakeApiServer, type FakeObject } from './fake-api-server.ts';
import { openKubernetesApi } from './open-api.ts';

/** A cluster with namespace `shop` and node `n1`, watched. */
async function watching(
  context: TestContext,
  prepare: (server: FakeApiServer) => void = () => {},
  prefix: string | null = null,
) {
  const server = new FakeApiServer();
  await server.listen();
  server.put('namespaces', { metadata: { name: 'shop', labels: { team: 'shop' } } });
  server.put('nodes', { metadata: { name: 'n1' } });
  prepare(server);
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-watch-'));
  writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig());
  let wake = () => {};
  const api = openKubernetesApi(join(folder, 'kubeconfig'));
  const parts = {
    api,
    clock: Date.now,
    random: Math.random,
    cluster: 'prod',
    network: 'overlay',
    prefix,
    pause: quick,
  };
  const watch = new ClusterWatch(parts, () => wake());
  context.after(async () => {
    await watch.stop();
    await server.close();
    await rm(folder, { recursive: true });
  });
  watch.start();
  const touched = async (): Promise<string[]> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    await promise;
    return [...watch.take()].map(([name, workload]) => (workload === null ? `-${name}` : name));
  };
  return { server, watch, touched };
}

const quick = (_milliseconds: number, signal: AbortSignal) => pause(1, signal);
const place = {
  'kubernetes:cluster': 'prod',
  'namespace:kubernetes.io/metadata.name': 'shop',
  'namespace:team': 'shop',
};
const container = (...ports: object[]) => ({ containers: [{ ports }] });
const at = (...ips: string[]) => ips.map((address) => ({ network: 'overlay', address }));

type PodCase = readonly [
  what: string,
  pod: Omit<FakeObject, 'metadata'> & { readonly metadata?: object },
  expected: object | null,
];
const podCases: readonly PodCase[] = [
  ['no address yet', { status: { phase: 'Pending' } }, { addresses: [] }],
  ['an empty address', { status: { podIP: '' } }, { addresses: [] }],
  ['one address', { status: { podIP: '10.0.0.1' } }, { addresses: at('10.0.0.1') }],
  [
    'two families',
    { status: { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] } },
    { addresses: at('10.0.0.1', 'fd00::1') },
  ],
  ['no address at all', { status: { podIP: 'nowhere' } }, { addresses: [] }],
  ['a node', { spec: { nodeName: 'n1' } }, { labels: { ...place, 'kubernetes:node': 'n1' } }],
  [
    'a named port',
    { spec: container({ name: 'http', containerPort: 8080 }) },
    { ports: { http: [{ first: 401296, last: 401296 }] } },
  ],
  [
    'a name in two protocols',
    { spec: container({ name: 'dns', containerPort: 53 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }) },
    {
      ports: {
        dns: [
          { first: 393269, last: 393269 },
          { first: 1114165, last: 1114165 },
        ],
      },
    },
  ],
  ['a port without a name', { spec: container({ containerPort: 8080 }) }, { ports: {} }],
  [
    'a port of a sidecar',
    { spec: { initContainers: [{ restartPolicy: 'Always', ports: [{ name: 'x', containerPort: 1 }] }] } },
    { ports: { x: [{ first: 393217, last: 393217 }] } },
  ],
  [
    'a port of what ends before',
    { spec: { initContainers: [{ ports: [{ name: 'x', containerPort: 1 }] }] } },
    { ports: {} },
  ],
  ['it succeeded', { status: { phase: 'Succeeded', podIP: '10.0.0.1' } }, null],
  ['it failed', { status: { phase: 'Failed', podIP: '10.0.0.1' } }, null],
  ['it is in the network of its host', { spec: { hostNetwork: true } }, null],
  [
    'it is on its way out, and answers until it is gone',
    {
      metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 },
      status: { phase: 'Running', podIP: '10.0.0.1' },
    },
    { addresses: at('10.0.0.1') },
  ],
  ['fields of other shapes', { spec: { containers: 'none' }, status: 7 }, { addresses: [], ports: {} }],
];
test('pods are workloads, but for those that are over or are their node', async (context) => {
  const { watch, touched } = await watching(context, (server) => {
    for (const [index, [, pod]] of podCases.entries())
      server.put('pods', { ...pod, metadata: { ...pod.metadata, namespace: 'shop', name: `p${index}` } });
  });
  await touched();
  for (const [index, [what, , expected]] of podCases.entries()) {
    const is = watch.workload(`shop/p${index}`);
    if (expected === null) assert.equal(is, null, what);
    else
      assert.deepEqual(
        is,
        { labels: place, addresses: [], ports: {}, ...expected, name: `shop/p${index}`, part: 'pod' },
        what,
      );
  }
});

test('a label that no cluster could give is not taken', async (context) => {
  const labels = { 'namespace:team': 'bank', 'kubernetes:cluster': 'other', role: 'web', bad: '-x-', 'a b': 'c' };
  const { watch, touched } = await watching(context, (server) =>
    server.put('pods', { metadata: { namespace: 'shop', name: 'p', labels } }),
  );
  await touched();
  assert.deepEqual(watch.workload('shop/p')?.labels, { ...place, role: 'web' });
});

test('a change of a namespace touches its pods, and nothing touches others', async (context) => {
  const { server, watch, touched } = await watching(context, (api) => {
    for (const name of ['a', 'b']) api.put('pods', { metadata: { namespace: 'shop', name } });
    api.put('namespaces', { metadata: { name: 'shop-2' } });
    api.put('pods', { metadata: { namespace: 'shop-2', name: 'c' } });
  });
  assert.deepEqual((await touched()).sort(), ['n1', 'shop-2/c', 'shop/a', 'shop/b']);
  const steps: readonly (readonly [() => void, readonly string[]])[] = [
    [() => server.put('namespaces', { metadata: { name: 'shop', labels: { team: 'x' } } }), ['shop/a', 'shop/b']],
    [() => server.remove('pods', 'shop/a'), ['-shop/a']],
    [() => server.put('pods', { metadata: { namespace: 'later', name: 'd' } }), ['-later/d']],
    [() => server.put('namespaces', { metadata: { name: 'later' } }), ['later/d']],
    [() => server.put('nodes', { metadata: { name: 'n1', labels: { zone: 'b' } } }), ['n1']],
    [() => server.remove('nodes', 'n1'), ['-n1']],
  ];
  for (const [step, expected] of steps) {
    const next = touched();
    step();
    assert.deepEqual((await next).sort(), expected);
  }
  assert.deepEqual([...watch.workloads().keys()].sort(), ['later/d', 'shop-2/c', 'shop/b']);
});

const long = `x${'.y'.repeat(120)}`;
test('names that no workload has are others, and are found by those', async (context) => {
  const { server, watch, touched } = await watching(context, (api) => {
    api.put('nodes', { metadata: { name: '10.0.0.9' } });
    api.put('namespaces', { metadata: { name: 'n'.repeat(63) } });
    api.put('pods', { metadata: { namespace: 'n'.repeat(63), name: long } });
  });
  const names = (await touched()).sort();
  assert.deepEqual([names[0], names[2]], ['n1', 'node-10.0.0.9']);
  const [, pod = ''] = names;
  assert.match(pod, /^n{63}\/x[.y]+[0-9a-f]{10}$/);
  assert.ok(pod.length <= 253);
  assert.deepEqual(
    names.map((name) => watch.workload(name)?.name),
    names,
  );
  const next = touched();
  server.remove('pods', `${'n'.repeat(63)}/${long}`);
  assert.deepEqual(await next, [`-${pod}`]);
});

test('a name that another object had is that of its own', async (context) => {
  const { server, watch, touched } = await watching(context, (api) =>
    api.put('nodes', { metadata: { name: '10.0.0.9' } }),
  );
  assert.deepEqual((await touched()).sort(), ['n1', 'node-10.0.0.9']);
  for (const [step, expected] of [
    [() => server.remove('nodes', '10.0.0.9'), '-node-10.0.0.9'],
    [() => server.put('nodes', { metadata: { name: 'node-10.0.0.9', labels: { zone: 'b' } } }), 'node-10.0.0.9'],
  ] as const) {
    const next = touched();
    step();
    assert.deepEqual(await next, [expected]);
  }
  assert.equal(watch.workload('node-10.0.0.9')?.labels['node:zone'], 'b');
});

test('what is out of date is so since the first of its kinds was', () => {
  let now = 0;
  const api = { get: () => assert.fail('nothing is asked before it starts'), refresh: () => {} };
  const where = { cluster: 'prod', network: 'main', prefix: null };
  const watch = new ClusterWatch({ api, clock: () => ++now, random: () => 0, ...where }, () => {});
  const { kinds, staleSince } = watch.health();
  const since = Object.values(kinds).map((kind) => kind.staleSince);
  assert.deepEqual([since, staleSince], [[1, 2, 3], 1]);
});

test('the role in docs/ is what is asked for, and no more', async (context) => {
  const { server, touched } = await watching(context);
  await touched();
  while (server.openWatches < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  const asked = server.requests.map((request) => {
    const { pathname, searchParams } = new URL(request, 'http://fake');
    return `${pathname.replace('/api/v1/', '')} ${searchParams.has('watch') ? 'watch' : 'list'}`;
  });
  const file = new URL('../../../docs/kubernetes-role.yaml', import.meta.url);
  const objects = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());
  const { rules } = objects.find(({ kind }) => kind === 'ClusterRole');
  const granted = rules.flatMap(({ apiGroups, resources, verbs }: Record<string, string[]>) =>
    apiGroups?.flatMap((group) => resources?.flatMap((one) => verbs?.map((verb) => `${group}${one} ${verb}`))),
  );
  assert.deepEqual([...new Set(asked)].sort(), granted.sort());
});

test('the names of a cluster may begin with a prefix', async (context) => {
  const put = (api: FakeApiServer) => api.put('pods', { metadata: { namespace: 'shop', name: 'web-0' } });
  const { server, watch, touched } = await watching(context, put, 'prod');
  assert.deepEqual((await touched()).sort(), ['prod/n1', 'prod/shop/web-0']);
  assert.equal(watch.workload('prod/shop/web-0')?.labels['kubernetes:cluster'], 'prod');
  const next = touched();
  server.remove('pods', 'shop/web-0');
  assert.deepEqual(await next, ['-prod/shop/web-0']);
  assert.deepEqual([...watch.workloads().keys()], ['prod/n1']);
});
