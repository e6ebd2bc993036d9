import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decidePacket } from '@bulkhead/model/host-ruleset-decision.ts';
import { address } from '@bulkhead/testkit/documents.ts';
import { eventually } from '../testkit/eventually.ts';
import type { FakeAgent } from '../testkit/fake-agent.ts';
import { report } from '../testkit/report.ts';
import {
  addresses,
  allProven,
  finished,
  provision,
  putDraft,
  type Reachable,
  shopPolicy,
  threeHosts,
} from '../testkit/shop.ts';
import { testController } from '../testkit/test-controller.ts';

const tcp = (port: number): number => 6 * 65_536 + port;

/** What the ruleset that an agent holds makes of a connection with another of the three. */
function held(agent: FakeAgent, direction: 'inbound' | 'outbound', peer: string, port: number): string {
  const content = agent.held?.content ?? assert.fail('it holds nothing');
  const where = { local: null, peer: address(addresses[peer] ?? peer), service: tcp(port) };
  const { effective } = decidePacket(content, { direction, ...where });
  return `${effective.verdict} ${effective.rule ?? '-'}`;
}

const settled = ({ api }: Reachable, id: number) =>
  eventually(
    `isolation ${id} to be settled`,
    async () => {
      const { body } = await api('GET', `/isolations/${id}`);
      return body.run?.finishedAt == null ? null : body;
    },
    20_000,
  );

async function isolate(controller: Reachable, body: object) {
  const { status, body: made } = await controller.api('POST', '/isolations', body);
  assert.equal(status, 201, JSON.stringify(made));
  return settled(controller, made.id);
}

const observing = shopPolicy.replaceAll('enforce', 'observe');

test('an isolation closes a workload at both ends in a mode that only observes, and its release opens it again', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, observing);
  assert.equal(held(agents.db, 'inbound', 'other', 22), 'allow -');
  const { run, closed, workloads } = await isolate(controller, { workloads: ['db'], reason: 'odd traffic' });
  assert.deepEqual([run.state, workloads], ['done', ['db']]);
  assert.deepEqual(closed, { isolated: { all: 1, proven: 1, open: [] }, peers: { all: 2, proven: 2, open: [] } });
  assert.equal(held(agents.db, 'inbound', 'web', 5432), 'deny isolation-1/in');
  assert.equal(held(agents.db, 'outbound', '192.0.2.9', 443), 'deny isolation-1/out');
  assert.equal(held(agents.web, 'outbound', 'db', 5432), 'deny isolation-1/in');
  assert.equal(held(agents.other, 'inbound', 'db', 22), 'deny isolation-1/out');
  assert.equal(held(agents.other, 'outbound', 'web', 22), 'allow -');
  const released = await controller.api('POST', '/isolations/1/release', { reason: 'was nothing' });
  assert.equal(released.status, 200);
  const after = await settled(controller, 1);
  assert.deepEqual([after.run.step, after.run.state], ['release', 'done']);
  assert.equal(held(agents.web, 'outbound', 'db', 5432), 'allow shop/web-to-db');
  assert.equal(held(agents.db, 'inbound', 'other', 22), 'allow -');
  const { items } = (await controller.api('GET', '/audit')).body;
  const said = items.map(({ action, subject, detail }: Record<string, unknown>) => [action, subject, detail]);
  const of = { names: ['db'] };
  assert.deepEqual(said.slice(0, 2), [
    ['release', 'isolation 1', { of, reason: 'was nothing' }],
    ['isolate', 'isolation 1', { of, rescue: null, allow: [], reason: 'odd traffic', expiresAt: null }],
  ]);
});

test('a provisioning that waits for a silent host does not hold an isolation up, and goes on behind it', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, observing);
  agents.other.manner = 'silent';
  await putDraft(
    controller,
    'draft',
    shopPolicy.replace('web-to-db', 'renamed').replace('to: role=db', 'to: "role in (db,other)"'),
  );
  const { body } = await controller.api('POST', '/drafts/draft/provision', {});
  await eventually('a host to be waited for', async () => {
    const { hosts } = (await controller.api('GET', `/provisions/${body.version}`)).body;
    return hosts.some(({ state }: { state: string }) => state === 'sent');
  });
  const began = performance.now();
  await controller.api('POST', '/isolations', { workloads: ['db'] });
  await eventually(
    'db and web to be closed',
    async () =>
      held(agents.db, 'inbound', 'web', 5432) === 'deny isolation-1/in' &&
      held(agents.web, 'outbound', 'db', 5432) === 'deny isolation-1/in',
  );
  const took = performance.now() - began;
  assert.ok(took < 1500, `it took ${Math.round(took)} ms; the provisioning alone waits 5 s for each step`);
  agents.other.manner = 'applies';
  await finished(controller, body.version);
  await eventually('the version to be everywhere', () => agents.web.held?.version === body.version);
  assert.equal(held(agents.web, 'outbound', 'db', 5432), 'deny isolation-1/in');
  assert.equal(held(agents.web, 'outbound', 'other', 5432), 'allow shop/renamed');
  assert.equal(held(agents.other, 'inbound', 'db', 22), 'deny isolation-1/out');
});

test('a provisioning keeps what is isolated closed, whatever the version says', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, observing);
  await isolate(controller, { selector: 'role=db' });
  const wide = `${observing}---\nkind: Ruleset\nname: wide\ntier: emergency\nrules: [{name: all, allow: [all], from: "", to: ""}]\n`;
  await provision(controller, wide);
  assert.equal(agents.web.held?.version, 2);
  assert.equal(held(agents.web, 'outbound', 'db', 5432), 'deny isolation-1/in');
  const { intended } = (await controller.api('GET', '/explain?from=web&to=db&service=tcp/5432')).body;
  assert.deepEqual([intended.verdict, intended.inbound.rule], ['deny', 'isolation-1/in']);
  const draft = await putDraft(controller, 'own', 'kind: Ruleset\nname: isolation-1\nrules: []\n');
  assert.deepEqual(
    draft.body.problems.map(({ code }: { code: string }) => code),
    ['reserved-name'],
  );
});

test('where its own agent does not answer, peers close and the answer says what is left', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, observing);
  await controller.api('PUT', '/workloads/printer', { addresses: ['10.0.0.9'] });
  agents.db.manner = 'silent';
  const { run, closed } = await isolate(controller, { workloads: ['db'] });
  assert.deepEqual(closed, { isolated: { all: 1, proven: 0, open: ['db'] }, peers: { all: 2, proven: 2, open: [] } });
  assert.equal(run.state, 'incomplete');
  const open = run.leaks.items.find(({ rule }: { rule: string | null }) => rule === null);
  assert.deepEqual(open.services, ['all']);
  const text = JSON.stringify(open.between);
  assert.ok(!/role=web|role=other/.test(text.replaceAll('"role=db', '')), text);
  // It takes what it was sent after all.
  agents.db.manner = 'applies';
  agents.db.hello();
  await eventually(
    'db to be closed',
    async () => (await controller.api('GET', '/isolations/1')).body.closed.isolated.proven === 1,
  );
  const { items } = (await controller.api('GET', '/isolations/1/leaks')).body;
  assert.ok(
    items.every(({ rule }: { rule: string | null }) => rule !== null),
    JSON.stringify(items),
  );
});

test('cells that must be closed are tried from peers and from the isolated host', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, observing);
  agents.web.tries = () => 'denied';
  agents.db.tries = ({ service }) => (service === tcp(22) ? 'skipped' : 'silent');
  for (const agent of [agents.web, agents.db]) agent.hello();
  await allProven(controller);
  const { run } = await isolate(controller, { workloads: ['db'] });
  const { cells, closed, unknown, open, hosts, silent } = run.probes;
  assert.deepEqual([hosts.sort(), open, silent], [['db', 'web'], [], []]);
  assert.deepEqual([cells, closed + unknown, unknown > 0, closed > 0], [cells, cells, true, true]);
  await controller.api('POST', '/isolations/1/release', {});
  agents.web.tries = ({ service }) => (service === tcp(443) ? 'connected' : 'denied');
  const again = await isolate(controller, { workloads: ['db'] });
  assert.deepEqual(again.run.probes.open, [
    { from: 'web', to: 'db', service: 'tcp/443', outcome: 'connected', rule: null },
  ]);
  assert.equal(again.run.state, 'incomplete');
});

test('an isolation holds after a restart, and ends when it expires', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, observing);
  const expires = new Date(Date.now() + 4000).toISOString();
  await isolate(controller, { workloads: ['db'], allow: ['web tcp/22', 'role=other tcp/23,tcp/24'], expires });
  assert.equal(held(agents.db, 'inbound', 'web', 22), 'allow isolation-1-rescue/allow-1');
  assert.equal(held(agents.db, 'inbound', 'other', 24), 'allow isolation-1-rescue/allow-2');
  await controller.stop();
  const again = await testController(context, controller.directory);
  const known = (await again.api('GET', '/isolations')).body.items;
  assert.deepEqual(
    known.map(({ id, workloads, state }: Record<string, unknown>) => [id, workloads, state]),
    [[1, ['db'], 'done']],
  );
  for (const agent of Object.values(agents)) await agent.connect();
  await eventually('its end', () => held(agents.db, 'inbound', 'other', 22) === 'allow -', 15_000);
  assert.deepEqual((await again.api('GET', '/isolations')).body.items, []);
  const [last] = (await again.api('GET', '/isolations?all=true')).body.items;
  assert.deepEqual([last.id, last.releasedBy], [1, 'controller']);
});

test('isolations overlap, the same order is one, and each is released alone', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, observing);
  await isolate(controller, { workloads: ['db'] });
  const same = await controller.api('POST', '/isolations', { workloads: ['db'] });
  assert.deepEqual([same.status, same.body.id], [200, 1]);
  await isolate(controller, { selector: 'role in (db,other)' });
  await controller.api('POST', '/isolations/1/release', {});
  await settled(controller, 1);
  assert.equal(held(agents.web, 'outbound', 'db', 5432), 'deny isolation-2/in');
  assert.equal((await controller.api('POST', '/isolations/1/release', {})).status, 404);
});

const glass = `${observing}---
kind: Ruleset
name: glass
tier: rescue
rules: [{name: ssh, allow: [tcp/22], from: role=web, to: role=db}, {name: kvm, allow: [tcp/5900], from: role=web, to: role=db}]
`;

test('a look ahead says in numbers what is cut and what goes on', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, glass);
  agents.web.batch([report(addresses.web ?? '', addresses.db ?? '')]);
  agents.web.batch([report(addresses.web ?? '', addresses.other ?? '')]);
  await eventually('the edges', async () => (await controller.api('GET', '/edges')).body.items.length === 2);
  const ahead = await controller.api('POST', '/isolations/preview', { workloads: ['db'], rescue: ['glass/ssh'] });
  assert.equal(ahead.status, 200, JSON.stringify(ahead.body));
  const { workloads, peers, edges, stays } = ahead.body;
  assert.deepEqual(
    [workloads, peers],
    [[{ name: 'db', managed: true, connected: true }], { managed: 2, connected: 2, unmanaged: 0 }],
  );
  assert.deepEqual(
    [edges.cut, edges.items.map(({ from, to }: Record<string, string>) => `${from} ${to}`)],
    [1, ['web db']],
  );
  const rules = stays.items.map(({ rule }: { rule: string }) => rule);
  assert.ok(rules.includes('glass/ssh') && !rules.includes('glass/kvm'), rules.join());
  assert.deepEqual((await controller.api('GET', '/isolations')).body.items, []);
});

for (const [what, body, status, code] of [
  ['nobody', {}, 400, 'invalid-request'],
  ['by name and by labels', { workloads: ['db'], selector: 'role=db' }, 400, 'invalid-request'],
  ['somebody unknown', { workloads: ['nobody'] }, 404, 'not-found'],
  ['a selector that matches nobody', { selector: 'role=nobody' }, 400, 'invalid-request'],
  ['a selector that is none', { selector: 'role=(' }, 400, 'bad-filter'],
  ['rescue that there is not', { workloads: ['db'], rescue: ['glass'] }, 400, 'invalid-request'],
  ['access for nobody', { workloads: ['db'], allow: ['tcp/22'] }, 400, 'invalid-request'],
  ['access to no service', { workloads: ['db'], allow: ['web ssh'] }, 400, 'invalid-request'],
  ['access for a misspelt workload', { workloads: ['db'], allow: ['wbe tcp/22'] }, 400, 'invalid-request'],
  ['until yesterday', { workloads: ['db'], expires: '2020-01-01T00:00:00Z' }, 400, 'invalid-request'],
] as const) {
  test(`an order is refused for ${what}`, async (context) => {
    const controller = await testController(context);
    await threeHosts(controller);
    const refused = await controller.api('POST', '/isolations', body);
    assert.deepEqual([refused.status, refused.body.code], [status, code], JSON.stringify(refused.body));
    assert.deepEqual((await controller.api('GET', '/isolations?all=true')).body.items, []);
  });
}

test('between two waves everything is closed, also where the wave has not come, and no wave is blamed for it', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  const wider = shopPolicy.replace('from: role=web', 'from: "role in (web,other)"');
  await provision(controller, wider);
  await allProven(controller);
  const [db = '', web = ''] = [addresses.db, addresses.web];
  agents.db.batch([report(db, web, { direction: 'inbound' })]);
  await eventually('the report to be stored', () => agents.db.acknowledged > 0);
  await putDraft(controller, 'narrower', shopPolicy);
  const { body } = await controller.api('POST', '/drafts/narrower/provision', { waves: { watch: 3 } });
  await eventually('the first wave to be watched', async () => {
    const { waves } = (await controller.api('GET', `/provisions/${body.version}`)).body;
    return waves.waves.some(({ state }: { state: string }) => state === 'watching');
  });
  const waiting = held(agents.other, 'outbound', 'db', 5432) === 'allow shop/web-to-db' ? agents.other : agents.db;
  await isolate(controller, { workloads: ['web'] });
  assert.equal(held(agents.web, 'outbound', 'db', 5432), 'deny isolation-1/out');
  assert.equal(held(agents.db, 'inbound', 'web', 5432), 'deny isolation-1/out');
  const peer = waiting === agents.other ? 'db' : 'other';
  const direction = waiting === agents.other ? 'outbound' : 'inbound';
  assert.equal(held(waiting, direction, peer, 5432), 'allow shop/web-to-db', 'its wave has not come');
  assert.match(held(waiting, direction, 'web', 5432), /^deny isolation-1/);
  const denied = { effective: 'deny', intended: 'deny', effectiveRule: 'isolation-1/out' } as const;
  agents.db.batch([report(db, web, { direction: 'inbound', ...denied, generation: agents.db.held?.generation ?? 0 })]);
  const { state } = await finished(controller, body.version);
  assert.equal(state, 'done');
  await eventually('the last wave', () => held(waiting, direction, peer, 5432).startsWith('deny'));
  assert.match(held(waiting, direction, 'web', 5432), /^deny isolation-1/);
});
