import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeApiServer } from '@bulkhead/importers/kubernetes/watch/fake-api-server.ts';
import { eventually } from '../testkit/eventually.ts';
import { enrolWith, type FakeAgent } from '../testkit/fake-agent.ts';
import { enrolAgent, provision, putDraft } from '../testkit/shop.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

const policy = `kind: Ruleset
name: shop
rules:
  - {name: pods-to-db, allow: [tcp/5432], from: "namespace:team=shop", to: role=db}
  - {name: web-to-db, allow: [tcp/6432], from: "role=web", to: role=db}
---
{kind: Mode, selector: "", inbound: enforce, outbound: enforce}
`;
const sourced = (apply: string, more = '') =>
  `${policy}---\n{kind: LabelSource, name: pods, source: orchestrator, keys: [role], apply: ${apply}${more}}\n`;

const namespace = (name: string, labels: Record<string, string>) => ({ metadata: { name, labels } });
const pod = (namespace: string, name: string, podIP: string, labels: Record<string, string> = { role: 'web' }) => ({
  metadata: { namespace, name, labels },
  spec: { nodeName: 'node-1', containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }] },
  status: { podIP, phase: 'Running' },
});

type Watched = {
  readonly api: FakeApiServer;
  readonly controller: TestController;
  readonly directory: string;
  readonly restart: () => Promise<TestController>;
};

/** A cluster `prod` with one node, two namespaces and two pods of one of them, in a controller that watches it. */
async function watched(context: TestContext, prepare: (api: FakeApiServer) => void = () => {}): Promise<Watched> {
  const api = new FakeApiServer();
  await api.listen();
  context.after(() => api.close());
  api.token = 'token';
  api.put('nodes', {
    metadata: { name: 'node-1', labels: { zone: 'a' } },
    status: { addresses: [{ type: 'InternalIP', address: '10.9.0.1' }] },
  });
  api.put('namespaces', namespace('shop', { team: 'shop' }));
  api.put('namespaces', namespace('bank', { team: 'bank' }));
  api.put('pods', pod('shop', 'web-1', '10.8.0.1'));
  api.put('pods', pod('shop', 'web-2', '10.8.0.2'));
  prepare(api);
  const directory = temporaryDirectory(context);
  const kubeconfig = join(directory, 'prod.kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  const start = () => testController(context, directory, ['--kubernetes', `prod=${kubeconfig}`]);
  const controller = await start();
  await untilWatching(controller);
  return { api, controller, directory, restart: start };
}

const cluster = async ({ api }: TestController, name = 'prod') =>
  (await api('GET', '/status')).body.clusters.find((one: { name: string }) => one.name === name);
const untilWatching = (controller: TestController) =>
  eventually('the cluster to be in the estate', async () => {
    const { state, objects, workloads, refused } = await cluster(controller);
    const { pods, nodes } = objects;
    return state === 'watching' && workloads + refused.count === pods + nodes;
  });

const workload = async ({ api }: TestController, name: string) =>
  (await api('GET', `/workloads/${encodeURIComponent(name)}`)).body;
const names = async ({ api }: TestController): Promise<string[]> =>
  (await api('GET', '/workloads')).body.items.map((item: { name: string }) => item.name);
const untilNames = (controller: TestController, expected: readonly string[]) =>
  eventually(`workloads ${expected.join(' ')}`, async () => String(await names(controller)) === String(expected));
const holds = (agent: FakeAgent, address: string): boolean =>
  agent.held?.content.addresses.some((peer) => peer.address === address) === true;

test('pods and nodes are workloads with the labels of their cluster, and no labels of their own', async (context) => {
  const { controller } = await watched(context);
  assert.deepEqual(await names(controller), ['node-1', 'shop/web-1', 'shop/web-2']);
  const web = await workload(controller, 'shop/web-1');
  const own = {
    'kubernetes:cluster': 'prod',
    'kubernetes:node': 'node-1',
    'namespace:kubernetes.io/metadata.name': 'shop',
    'namespace:team': 'shop',
  };
  assert.deepEqual([web.kind, web.managed, web.labels], ['container', false, own]);
  assert.deepEqual(web.source, { kind: 'kubernetes', cluster: 'prod', part: 'pod', labels: { ...own, role: 'web' } });
  const node = await workload(controller, 'node-1');
  assert.deepEqual(node.labels, { 'kubernetes:cluster': 'prod', 'kubernetes:node': 'node-1', 'node:zone': 'a' });
  assert.equal(node.kind, 'node');
  const { unsetKeys, workloads, problems } = await cluster(controller);
  assert.deepEqual([unsetKeys, workloads, problems], [{ role: 2 }, 3, []]);
  const { workloads: counted } = (await controller.api('GET', '/status')).body;
  assert.deepEqual(counted, { managed: 0, unmanaged: 0, guests: 0, containers: 2, nodes: 1 });
});

test('the address of a new pod is on the hosts that name its labels within a second, as a delta', async (context) => {
  const { api, controller } = await watched(context);
  const db = await enrolAgent(controller, 'db', { role: 'db' });
  await db.connect(['10.0.0.2']);
  await provision(controller, policy);
  await eventually('the pods to be known', () => holds(db, '10.8.0.1') && holds(db, '10.8.0.2'));
  const took: number[] = [];
  for (let index = 0; index < 20; index++) {
    const [address, began] = [`10.8.1.${index}`, performance.now()];
    api.put('pods', pod('shop', `more-${index}`, address));
    await eventually('the new pod to be known', () => holds(db, address), 1000);
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  context.diagnostic(`event to host: median ${took[10]?.toFixed(0)} ms, most ${took.at(-1)?.toFixed(0)} ms`);
  assert.equal(
    db
      .rulesets()
      .slice(-20)
      .every(({ kind }) => kind === 'delta'),
    true,
  );
  api.remove('pods', 'shop/more-3');
  await eventually('the pod to be forgotten', () => !holds(db, '10.8.1.3'), 1000);
  api.put('pods', { ...pod('shop', 'more-4', '10.8.1.4'), status: { podIP: '10.8.1.4', phase: 'Succeeded' } });
  await eventually('a pod that is done to be forgotten', () => !holds(db, '10.8.1.4'), 1000);
  api.put('pods', pod('bank', 'teller', '10.8.2.1'));
  await eventually('a pod of another namespace', async () => (await names(controller)).includes('bank/teller'));
  assert.equal(holds(db, '10.8.2.1'), false);
});

test('another label of a namespace relabels all its pods in one change', async (context) => {
  const { api, controller } = await watched(context);
  const db = await enrolAgent(controller, 'db', { role: 'db' });
  await db.connect(['10.0.0.2']);
  await provision(controller, policy);
  await eventually('the pods to be known', () => holds(db, '10.8.0.1') && holds(db, '10.8.0.2'));
  const before = db.held?.generation ?? 0;
  api.put('namespaces', namespace('shop', { team: 'other' }));
  await eventually('the pods to be gone', () => !holds(db, '10.8.0.1'), 1000);
  assert.deepEqual([holds(db, '10.8.0.2'), db.held?.generation], [false, before + 1]);
  assert.equal((await workload(controller, 'shop/web-2')).labels['namespace:team'], 'other');
});

test('what vanished while the controller was away is gone afterwards; what cannot be asked stays, and says since when', async (context) => {
  const { api, controller, restart } = await watched(context);
  await controller.stop();
  api.remove('pods', 'shop/web-1');
  api.put('pods', pod('shop', 'web-3', '10.8.0.3'));
  const second = await restart();
  await untilNames(second, ['node-1', 'shop/web-2', 'shop/web-3']);
  await second.stop();
  const { port } = api;
  await api.close();
  api.remove('pods', 'shop/web-2');
  const third = await restart();
  await eventually('a failure', async () => (await cluster(third)).failures > 0);
  const away = await cluster(third);
  assert.deepEqual([away.state, away.connectedSince, away.workloads], ['starting', null, 3]);
  assert.ok(Date.parse(away.staleSince) <= Date.now());
  assert.match(away.problems[0], /^Cannot watch cluster "prod": it cannot be reached \(ECONNREFUSED\)$/);
  assert.deepEqual(await names(third), ['node-1', 'shop/web-2', 'shop/web-3']);
  await api.listen(port);
  await untilNames(third, ['node-1', 'shop/web-3']);
  assert.equal((await cluster(third)).staleSince, null);
});

test('a pod or node whose name somebody else has is refused and said, until the name is free', async (context) => {
  const { api, controller } = await watched(context, (server) => server.put('pods', pod('bank', 'teller', '10.8.2.1')));
  await controller.api('PUT', '/workloads/shop%2Fprinter', { addresses: ['10.0.0.7'] });
  await enrolAgent(controller, 'node-2', {});
  api.put('pods', pod('shop', 'printer', '10.8.0.9'));
  api.put('nodes', { metadata: { name: 'node-2' } });
  const refused = await eventually('two refusals', async () => {
    const { refused } = await cluster(controller);
    return refused.count === 2 ? refused.first : null;
  });
  assert.deepEqual(Object.fromEntries(refused.map(({ name, why }: { name: string; why: string }) => [name, why])), {
    'shop/printer': 'an unmanaged workload has this name',
    'node-2': 'it is enrolled as a host, which says what it is',
  });
  assert.equal((await workload(controller, 'shop/printer')).kind, 'unmanaged');
  await controller.api('DELETE', '/workloads/shop%2Fprinter');
  await eventually('the pod to come in', async () => (await workload(controller, 'shop/printer')).kind === 'container');
  assert.equal((await cluster(controller)).refused.count, 1);
});

test('a host that replaces a node by its name is the host from then on', async (context) => {
  const { controller } = await watched(context);
  const { body } = await controller.api('POST', '/pairing-keys', {
    name: 'node-1',
    labels: { role: 'db' },
    replace: true,
  });
  assert.ok(body.key, JSON.stringify(body));
  await enrolWith(join(controller.directory, 'agents.sock'), body.key, 'node-1');
  await eventually('the refusal', async () => (await cluster(controller)).refused.count === 1);
  const host = await workload(controller, 'node-1');
  assert.deepEqual([host.kind, host.labels, host.source], ['managed', { role: 'db' }, null]);
});

const roleOf = async (controller: TestController, name = 'shop/web-1') =>
  (await workload(controller, name)).labels.role;

test('LabelSource: what may be set at once is, as soon as a version says so and as long as it does', async (context) => {
  const { api, controller } = await watched(context);
  await provision(controller, sourced('immediately', ', selector: "namespace:team=shop"'));
  await eventually('the role to be set', async () => (await roleOf(controller)) === 'web');
  api.put('pods', pod('shop', 'web-1', '10.8.0.1', { role: 'api' }));
  await eventually('the role to follow', async () => (await roleOf(controller)) === 'api');
  api.put('pods', pod('bank', 'teller', '10.8.2.1'));
  await eventually('a pod that is not meant', async () => (await names(controller)).includes('bank/teller'));
  assert.equal(await roleOf(controller, 'bank/teller'), undefined);
  assert.deepEqual((await cluster(controller)).unsetKeys, { role: 1 });
  await api.close();
  await provision(controller, policy);
  await eventually(
    'the role to be taken away, cluster or no cluster',
    async () => (await roleOf(controller)) === undefined,
  );
});

const never = `---
{kind: Invariant, name: never, never: {from: "kubernetes:cluster=prod", to: role=db, services: tcp/6432}}
`;
const locked = '---\n{kind: LabelKey, name: role, locked: true}\n';

/** What is in force, what is proposed, and the cells that this opens and closes, one for each of two pods. */
const proposals: readonly (readonly [
  what: string,
  inForce: string,
  proposed: string,
  opened: number,
  closed: number,
])[] = [
  ['a source that is new', policy, sourced('immediately'), 2, 0],
  ['a source that is taken away', sourced('immediately'), policy, 0, 2],
  ['a source of other clusters', policy, sourced('immediately', ', selector: "kubernetes:cluster=test"'), 0, 0],
  ['a source whose labels wait in a draft from now on', sourced('immediately'), sourced('as-draft'), 0, 2],
  ['a source whose labels wait no more', sourced('as-draft'), sourced('immediately'), 2, 0],
  ['a key that is locked', sourced('immediately'), `${sourced('immediately')}${locked}`, 0, 2],
  ['a source that stays', sourced('immediately'), sourced('immediately'), 0, 0],
];

for (const [what, inForce, proposed, opened, closed] of proposals)
  test(`LabelSource: a preview labels pods by what is proposed: ${what}`, async (context) => {
    const { controller } = await watched(context);
    const { api } = controller;
    await enrolAgent(controller, 'db', { role: 'db' });
    await provision(controller, inForce + never);
    const set = inForce === sourced('immediately');
    await eventually('the pods to be labelled', async () => (await roleOf(controller)) === (set ? 'web' : undefined));
    const draft = await putDraft(controller, 'proposed', proposed + never);
    const isSetAfter = opened > 0 || (set && closed === 0);
    assert.deepEqual(
      draft.body.problems.map((problem: { readonly code: string }) => problem.code),
      isSetAfter ? [] : ['selects-nothing'],
    );
    const previews = [
      await api('POST', '/drafts/proposed/preview', {}),
      await api('POST', '/preview', { files: draft.body.files }),
    ];
    for (const { body } of previews) {
      assert.deepEqual([body.diff.opened.cells, body.diff.closed.cells], [opened, closed]);
      assert.deepEqual(
        body.invariants.map((one: { readonly holds: boolean }) => one.holds),
        [!isSetAfter],
      );
    }
    const { body } = await api('POST', '/drafts/proposed/provision', {});
    const [base, ahead] = [body.version - 1, body.version];
    const difference = (await api('GET', `/versions/${base}/diff/${ahead}`)).body;
    assert.deepEqual(
      [difference.opened?.cells, difference.closed?.cells],
      [opened, closed],
      JSON.stringify(difference),
    );
    const after = isSetAfter ? 'web' : undefined;
    await eventually('the pods to be as they were previewed', async () => (await roleOf(controller)) === after);
  });

const draftLabels = async ({ api }: TestController) => (await api('GET', '/drafts/labels-from-prod')).body.labels;
const assigned = (name: string, value: string | null) => ({ workload: name, key: 'role', value });
const untilDraft = (controller: TestController, expected: readonly object[] | undefined) =>
  eventually(
    `draft ${JSON.stringify(expected)}`,
    async () => JSON.stringify(await draftLabels(controller)) === JSON.stringify(expected),
  );

for (const [what, text] of [
  ['as-draft', sourced('as-draft')],
  ['a locked key', `${sourced('immediately')}---\n{kind: LabelKey, name: role, locked: true}\n`],
] as const)
  test(`LabelSource: ${what} waits in a draft that follows the cluster`, async (context) => {
    const { api, controller } = await watched(context);
    await provision(controller, text);
    await untilDraft(controller, [assigned('shop/web-1', 'web'), assigned('shop/web-2', 'web')]);
    assert.equal(await roleOf(controller), undefined);
    api.remove('pods', 'shop/web-2');
    api.put('pods', pod('shop', 'web-1', '10.8.0.1', { role: 'api' }));
    await untilDraft(controller, [assigned('shop/web-1', 'api')]);
    const { body } = await controller.api('POST', '/drafts/labels-from-prod/provision', {});
    assert.equal(typeof body.version, 'number', JSON.stringify(body));
    await eventually('the role to be set', async () => (await roleOf(controller)) === 'api');
    await untilDraft(controller, undefined);
    api.put('pods', pod('shop', 'web-1', '10.8.0.1', {}));
    await untilDraft(controller, [assigned('shop/web-1', null)]);
    assert.equal(await roleOf(controller), 'api', 'until somebody agrees');
  });

test('LabelSource: a draft that a person has changed is left alone, and said to be', async (context) => {
  const { api, controller } = await watched(context);
  await provision(controller, sourced('as-draft'));
  await untilDraft(controller, [assigned('shop/web-1', 'web'), assigned('shop/web-2', 'web')]);
  await putDraft(controller, 'labels-from-prod', sourced('as-draft'), { labels: [assigned('shop/web-1', 'web')] });
  api.remove('pods', 'shop/web-2');
  const [problem] = await eventually('the problem', async () => {
    const { problems } = await cluster(controller);
    return problems.length > 0 ? problems : null;
  });
  assert.match(problem, /its draft was changed by local:root/);
  assert.deepEqual(await draftLabels(controller), [assigned('shop/web-1', 'web')]);
});

const said: readonly (readonly [
  what: string,
  method: string,
  path: string,
  body: unknown,
  status: number,
  text: RegExp,
])[] = [
  ['change a pod', 'PUT', '/workloads/shop%2Fweb-1', { addresses: ['10.0.0.1'] }, 409, /its cluster says what it is/],
  ['remove a pod', 'DELETE', '/workloads/shop%2Fweb-1', undefined, 409, /its cluster says what it is/],
  ['remove a node', 'DELETE', '/workloads/node-1', undefined, 409, /its cluster says what it is/],
  [
    'give a label of a namespace',
    'PUT',
    '/workloads/nas',
    { addresses: [], labels: { 'namespace:team': 'shop' } },
    400,
    /only a cluster/,
  ],
  [
    'give a label of a cluster',
    'POST',
    '/pairing-keys',
    { labels: { 'kubernetes:cluster': 'prod' } },
    400,
    /only a cluster/,
  ],
  [
    'draft one',
    'POST',
    '/drafts',
    { name: 'd', labels: [{ workload: 'x', key: 'node:zone', value: 'a' }] },
    400,
    /only a cluster/,
  ],
];
test('nobody else says what a cluster says', async (context) => {
  const { controller } = await watched(context);
  for (const [what, method, path, body, status, text] of said) {
    const answer = await controller.api(method, path, body);
    assert.equal(answer.status, status, `${what}: ${JSON.stringify(answer.body)}`);
    assert.match(JSON.stringify(answer.body), text, what);
  }
  const csv = await controller.api('POST', '/workloads/import', 'name,addresses\nshop/web-1,10.0.0.1\n', {
    'content-type': 'text/csv',
  });
  assert.equal(csv.status, 409);
});

test('a cluster that nobody watches any more is told, and its workloads can be removed', async (context) => {
  const { controller, directory } = await watched(context);
  await controller.stop();
  const second = await testController(context, directory);
  const left = await cluster(second);
  assert.deepEqual([left.state, left.workloads], ['unwatched', 3]);
  assert.match(left.problems[0], /Nobody watches cluster "prod" any more/);
  assert.equal((await second.api('DELETE', '/workloads/shop%2Fweb-1')).status, 204);
  assert.equal((await cluster(second)).workloads, 2);
});

test('a kubeconfig in the data directory is watched, too', async (context) => {
  const { controller, directory, api } = await watched(context);
  await controller.stop();
  mkdirSync(join(directory, 'kubernetes'));
  writeFileSync(join(directory, 'kubernetes/prod.kubeconfig'), api.kubeconfig());
  const second = await testController(context, directory, ['--kubernetes-network', 'prod=overlay']);
  await untilWatching(second);
  await eventually(
    'the network',
    async () => (await workload(second, 'shop/web-1')).addresses[0].network === 'overlay',
  );
});

test('metrics say how each cluster is doing', async (context) => {
  const { api, controller } = await watched(context);
  const metrics = async () => (await controller.api('GET', '/metrics')).body as string;
  const before = await metrics();
  for (const line of [
    'watching{cluster="prod"} 1',
    'workloads{cluster="prod"} 3',
    'refused{cluster="prod"} 0',
    'relists{cluster="prod"} 0',
  ])
    assert.ok(before.includes(`bulkhead_cluster_${line}`), line);
  assert.ok(!before.includes('stale_since_seconds{'));
  await api.close();
  const after = await eventually('to be stale', async () => {
    const text = await metrics();
    return text.includes('bulkhead_cluster_watching{cluster="prod"} 0') ? text : null;
  });
  assert.match(after, /bulkhead_cluster_stale_since_seconds\{cluster="prod"\} \d+/);
});
