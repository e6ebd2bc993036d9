import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '../testkit/eventually.ts';
import type { FakeAgent } from '../testkit/fake-agent.ts';
import { report } from '../testkit/report.ts';
import { addresses, enrolAgent, provision, shopPolicy } from '../testkit/shop.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

const covers = ['forwarded traffic'];

/** `web` and `db`, whose agents enforce for guests, and the shop's policy in force. */
async function twoHosts(context: TestContext) {
  const controller = await testController(context);
  const agents = await Promise.all(['web', 'db'].map((name) => enrolAgent(controller, name, { role: name })));
  const [web, db] = agents as [FakeAgent, FakeAgent];
  for (const agent of [web, db]) {
    agent.covers = covers;
    await agent.connect([addresses[agent.credentials.workload] ?? '']);
  }
  await eventually('rulesets', () => web.held !== null && db.held !== null);
  await provision(controller, shopPolicy);
  return { controller, web, db };
}

const put = ({ api }: TestController, name: string, more: object) =>
  api('PUT', `/workloads/${name}`, { labels: { role: 'web' }, addresses: ['10.9.0.2'], mode: 'enforce', ...more });
const get = async ({ api }: TestController, path: string) => (await api('GET', path)).body;
const peersOf = (agent: FakeAgent) => agent.held?.content.addresses.map(({ address }) => address) ?? [];

test('a guest is declared, and the agent of its host gets its ruleset and answers for it', async (context) => {
  const { controller, web, db } = await twoHosts(context);
  const { status, body } = await put(controller, 'shop-7', { host: 'web' });
  assert.deepEqual([status, body.kind, body.host, body.managed], [201, 'guest', 'web', false]);
  const ruleset = await eventually('its ruleset', () => web.guests.get('shop-7'));
  assert.deepEqual([ruleset.content.local, ruleset.workload, web.told], [['10.9.0.2'], 'shop-7', ['shop-7']]);
  assert.deepEqual([db.guests.size, db.told], [0, []]);
  await eventually('the database to know it as any web host', () => peersOf(db).includes('10.9.0.2' as never));
  const host = await eventually('it to be proven', async () => {
    const found = await get(controller, '/hosts/shop-7');
    return found.proven ? found : null;
  });
  assert.deepEqual([host.host, host.connected, host.notEnforced, host.problems], ['web', true, null, []]);
  assert.equal(host.mode.inbound, 'enforce');
  const view = await get(controller, '/workloads/web');
  assert.deepEqual([view.kind, view.host, view.guests], ['managed', null, ['shop-7']]);
  const seen = await get(controller, '/status');
  assert.deepEqual(
    [seen.workloads.managed, seen.workloads.guests, seen.guests],
    [2, 1, { proven: 1, notEnforced: [] }],
  );
  const audit = await get(controller, '/audit?limit=1000');
  const entry = audit.items.find(({ subject }: { subject: string }) => subject === 'shop-7');
  assert.deepEqual([entry.action, entry.detail.host], ['workload.put', 'web']);
});

test('what changes for a guest is a delta on top of what is held for it, and its own addresses a whole ruleset', async (context) => {
  const { controller, db } = await twoHosts(context);
  await put(controller, 'shop-db', { host: 'db', labels: { role: 'db' } });
  await eventually('its ruleset', () => db.guests.get('shop-db'));
  const before = db.received.length;
  await put(controller, 'nas', { mode: 'observe', addresses: ['10.7.0.1'] });
  await eventually('the delta', () =>
    db.received.slice(before).some((message) => message.kind === 'delta' && message.workload === 'shop-db'),
  );
  const peers = () => db.guests.get('shop-db')?.content.addresses.map(({ address }) => `${address}`) ?? [];
  await eventually('the peer', () => peers().includes('10.7.0.1'));
  await put(controller, 'shop-db', { host: 'db', labels: { role: 'db' }, addresses: ['10.9.0.3', '10.9.0.2'] });
  await eventually('its addresses', () => `${db.guests.get('shop-db')?.content.local}` === '10.9.0.2,10.9.0.3');
});

test('a guest that moves is let go by one host and enforced by the other', async (context) => {
  const { controller, web, db } = await twoHosts(context);
  await put(controller, 'shop-7', { host: 'web' });
  const first = await eventually('its ruleset', () => web.guests.get('shop-7'));
  await put(controller, 'shop-7', { host: 'db' });
  const second = await eventually('it at the other host', () => db.guests.get('shop-7'));
  await eventually('it to be gone', () => web.guests.size === 0);
  assert.deepEqual([web.told, db.told, second.content], [[], ['shop-7'], first.content]);
  await eventually('it to be proven', async () => (await get(controller, '/hosts/shop-7')).proven);
  assert.deepEqual((await get(controller, '/status')).refusals, {});
});

for (const [title, change] of [
  ['removed', ({ api }: TestController) => api('DELETE', '/workloads/shop-7')],
  ['unmanaged from now on', (controller: TestController) => put(controller, 'shop-7', {})],
] as const)
  test(`a guest that is ${title} is let go`, async (context) => {
    const { controller, web } = await twoHosts(context);
    await put(controller, 'shop-7', { host: 'web' });
    await eventually('its ruleset', () => web.guests.get('shop-7'));
    await change(controller);
    await eventually('it to be gone', () => web.guests.size === 0);
    assert.deepEqual([web.told, (await controller.api('GET', '/hosts/shop-7')).status], [[], 404]);
  });

test('the guest of a host that is removed stays, and why nothing enforces for it is said', async (context) => {
  const { controller, web } = await twoHosts(context);
  await put(controller, 'shop-7', { host: 'web' });
  await eventually('its ruleset', () => web.guests.get('shop-7'));
  await controller.api('DELETE', '/workloads/web');
  await eventually('the session to end', () => web.closed);
  const host = await get(controller, '/hosts/shop-7');
  assert.deepEqual([host.connected, host.host], [false, 'web']);
  assert.match(host.notEnforced, /^Cannot enforce for "shop-7": its host "web" is not in the estate/);
  assert.deepEqual((await get(controller, '/status')).guests, { proven: 0, notEnforced: ['shop-7'] });
  const draft = await controller.api('PUT', '/drafts/more', { files: [{ path: 'a.yaml', text: shopPolicy }] });
  assert.equal(draft.status, 200, 'a policy can still be changed');
  assert.equal((await controller.api('POST', '/drafts/more/provision', {})).status, 202);
});

test('an older agent is sent nothing of guests, and that is said', async (context) => {
  const { controller, web } = await twoHosts(context);
  web.cut();
  web.covers = [];
  const before = web.received.length;
  await put(controller, 'shop-7', { host: 'web' });
  await web.connect();
  const host = await eventually('the reason', async () => {
    const found = await get(controller, '/hosts/shop-7');
    return found.notEnforced === null ? null : found;
  });
  assert.match(host.notEnforced, /the agent of "web" does not cover forwarded traffic, a newer one is needed$/);
  assert.deepEqual([host.connected, host.proven, host.problems], [false, false, [host.notEnforced]]);
  const kinds = new Set(web.received.slice(before).map(({ kind }) => kind));
  assert.ok(!kinds.has('guests'), [...kinds].join());
  assert.equal(web.guests.size, 0);
});

test('after a reconnect an agent that holds everything is sent nothing anew', async (context) => {
  const { controller, web } = await twoHosts(context);
  await put(controller, 'shop-7', { host: 'web' });
  await eventually('it to be proven', async () => (await get(controller, '/hosts/shop-7')).proven);
  const before = web.received.length;
  web.cut();
  await eventually('it to be away', async () => !(await get(controller, '/hosts/shop-7')).connected);
  await web.connect();
  await eventually('it to be back', async () => (await get(controller, '/hosts/shop-7')).connected);
  const kinds = web.received.slice(before).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['welcome', 'guests']);
});

test('a kernel that refuses a guest is said of the guest, not of its host', async (context) => {
  const { controller, web } = await twoHosts(context);
  web.manner = 'fails';
  await put(controller, 'shop-7', { host: 'web' });
  const guest = await eventually('the problem', async () => {
    const found = await get(controller, '/hosts/shop-7');
    return found.problems.length > 0 ? found : null;
  });
  assert.deepEqual([guest.problems, guest.proven], [['it did not load'], false]);
  const host = await get(controller, '/hosts/web');
  assert.deepEqual([host.problems, host.proven], [[], true]);
});

test('what a host says of a guest that is not its own changes nothing, is counted, and ends no session', async (context) => {
  const { controller, web, db } = await twoHosts(context);
  await put(controller, 'shop-7', { host: 'web' });
  await eventually('it to be proven', async () => (await get(controller, '/hosts/shop-7')).proven);
  const before = await get(controller, '/hosts/shop-7');
  const applied = { generation: 99, hash: 'ab'.repeat(32), proven: false, problem: 'x', milliseconds: 1 };
  for (const workload of ['shop-7', 'web', 'nobody']) db.say({ kind: 'applied', workload, applied });
  await eventually('the count', async () => (await get(controller, '/status')).refusals['guest-elsewhere'] === 3);
  web.say({ kind: 'applied', workload: 'shop-7', applied });
  await eventually('the other count', async () => (await get(controller, '/status')).refusals['generation-unknown']);
  assert.deepEqual(await get(controller, '/hosts/shop-7'), {
    ...before,
    lastSeen: (await get(controller, '/hosts/shop-7')).lastSeen,
  });
  assert.deepEqual([web.closed, db.closed], [null, null]);
});

test('reports of a host about its guests are reports of the guests', async (context) => {
  const { controller, web, db } = await twoHosts(context);
  await put(controller, 'shop-7', {
    host: 'web',
    addresses: ['10.9.0.2', { network: 'bridge', address: '172.17.0.2' }],
  });
  await eventually('its ruleset', () => web.guests.get('shop-7'));
  web.batch([report('10.9.0.2', '10.0.0.2'), report('172.17.0.2', '10.0.0.3')]);
  db.batch([report('10.9.0.2', '10.0.0.1')]);
  const edges = await eventually('edges', async () => {
    const { items } = await get(controller, '/edges?from=shop-7');
    return items.length > 1 ? items : null;
  });
  const ends = edges.map(({ to }: { to: { name?: string; address?: string } }) => to.name ?? to.address).sort();
  assert.deepEqual(ends, ['10.0.0.3', 'db']);
  await eventually('the count', async () => (await get(controller, '/hosts/db')).reports.foreign === 1);
  assert.equal((await get(controller, '/hosts/web')).reports.foreign, 0);
});

test('a host of guests is a managed workload, and says so', async (context) => {
  const { controller } = await twoHosts(context);
  await put(controller, 'nas', { mode: 'observe' });
  await put(controller, 'shop-7', { host: 'web', addresses: [] });
  for (const [name, host, status, why] of [
    ['shop-8', 'nobody', 409, 'there is no workload of that name'],
    ['shop-8', 'nas', 409, 'no agent runs there'],
    ['shop-8', 'shop-7', 409, 'it runs on "web" itself'],
    ['shop-8', 'shop-8', 409, 'it is the same workload'],
    ['web', 'db', 409, 'its agent says what it is'],
    ['shop-8', 'web', 201, ''],
    ['shop-8', 'db', 200, ''],
  ] as const) {
    const answer = await put(controller, name, { host, addresses: [] });
    assert.equal(answer.status, status, `${name} on ${host}: ${JSON.stringify(answer.body)}`);
    assert.ok((answer.body.detail ?? '').includes(why), answer.body.detail);
  }
});

test('a table of workloads changes what a guest is and not where it runs', async (context) => {
  const { controller, web } = await twoHosts(context);
  await put(controller, 'shop-7', { host: 'web' });
  await eventually('its ruleset', () => web.guests.get('shop-7'));
  const text = 'name,addresses,role\nshop-7,10.9.0.9,db\nnas,10.7.0.1,store\n';
  const imported = await controller.api('POST', '/workloads/import', text, { 'content-type': 'text/csv' });
  assert.deepEqual([imported.status, imported.body], [200, { imported: 2 }]);
  await eventually('its new address', () => `${web.guests.get('shop-7')?.content.local}` === '10.9.0.9');
  const [guest, nas] = [await get(controller, '/workloads/shop-7'), await get(controller, '/workloads/nas')];
  assert.deepEqual([guest.host, guest.fallbackMode, guest.labels], ['web', 'enforce', { role: 'db' }]);
  assert.deepEqual([nas.host, nas.kind], [null, 'unmanaged']);
});

test('after a restart of the controller guests are as they were', async (context) => {
  const { controller, web } = await twoHosts(context);
  await put(controller, 'shop-7', { host: 'web' });
  await eventually('it to be proven', async () => (await get(controller, '/hosts/shop-7')).proven);
  await controller.stop();
  const again = await testController(context, controller.directory);
  const away = await get(again, '/hosts/shop-7');
  assert.deepEqual([away.host, away.connected, away.generation.applied !== null], ['web', false, true]);
  const before = web.received.length;
  await web.connect();
  await eventually('it to be back', async () => (await get(again, '/hosts/shop-7')).connected);
  assert.ok(!web.received.slice(before).some(({ kind }) => kind === 'ruleset'));
});
