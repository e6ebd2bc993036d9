import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControllerMessage } from '@bulkhead/wire/messages.ts';
import { eventually } from '../testkit/eventually.ts';
import { report } from '../testkit/report.ts';
import {
  addresses,
  allProven,
  enrolAgent,
  finished,
  provision,
  putDraft,
  shopPolicy,
  threeHosts,
} from '../testkit/shop.ts';
import { testController } from '../testkit/test-controller.ts';

const otherPolicy = shopPolicy.replace('from: role=web', 'from: role=other').replace('web-to-db', 'other-to-db');

test('a change that opens and closes is widened everywhere before it is narrowed anywhere', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  for (const agent of Object.values(agents)) agent.received.length = 0;
  const revisions = Object.fromEntries(
    Object.entries(agents).map(([name, agent]) => [name, agent.held?.revision ?? 0]),
  );
  const { state, hosts } = await provision(controller, otherPolicy);
  assert.equal(state, 'done');
  assert.ok(hosts.every((host: { state: string }) => host.state === 'applied'));
  // db both gains and loses a peer: two contents. web only loses, other only gains: one each.
  const hashOf = (message: ControllerMessage) =>
    message.kind === 'delta' ? message.delta.hash : message.kind === 'ruleset' ? message.ruleset.hash : '';
  const steps = (name: 'web' | 'db' | 'other') => new Set(agents[name].rulesets().map(hashOf)).size;
  assert.deepEqual([steps('web'), steps('db'), steps('other')], [1, 2, 1]);
  const bumped = (name: 'web' | 'db' | 'other') => (agents[name].held?.revision ?? 0) - (revisions[name] ?? 0);
  // The policy before may have been less than a second ago.
  await eventually('one revision where something was taken away', () => bumped('web') === 1 && bumped('db') === 1);
  assert.equal(bumped('other'), 0);
  await allProven(controller);
});

test('LC5 LC8 a version says reset, and changes of the estate under it do not', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  agents.db.received.length = 0;
  const { version } = await provision(controller, otherPolicy, { asked: { connections: 'reset' } });
  const asked = () => agents.db.rulesets().map((message) => ('live' in message ? message.live : null));
  assert.ok(asked().includes('reset'), 'db loses a peer');
  assert.equal((await controller.api('GET', `/provisions/${version}`)).body.connections, 'reset');
  await allProven(controller);
  agents.db.received.length = 0;
  agents.other.inventory(['10.0.0.33']);
  await eventually('the estate to change', () => agents.db.rulesets().length > 0);
  assert.ok(!asked().includes('reset'));
});

test('a host that does not answer holds nobody up for ever, and is named', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  agents.other.manner = 'silent';
  agents.web.manner = 'fails';
  const { state, hosts } = await provision(controller, shopPolicy);
  const states = Object.fromEntries(
    hosts.map((host: { workload: string; state: string }) => [host.workload, host.state]),
  );
  assert.deepEqual([state, states], ['incomplete', { db: 'applied', other: 'timeout', web: 'failed' }]);
  const web = (await controller.api('GET', '/hosts/web')).body;
  assert.deepEqual([web.proven, web.problems], [false, ['it did not load']]);
});

test('a host that is away gets the version when it comes back', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  agents.web.cut();
  await eventually('web to be away', async () => !(await controller.api('GET', '/hosts/web')).body.connected);
  const { state, hosts } = await provision(controller, shopPolicy);
  assert.equal(state, 'done');
  assert.equal(hosts.find((host: { workload: string }) => host.workload === 'web').state, 'away');
  await agents.web.connect();
  await allProven(controller);
  assert.equal(agents.web.held?.version, 1);
  const later = (await controller.api('GET', '/provisions/1')).body.hosts;
  assert.ok(later.every((host: { state: string }) => host.state === 'applied'));
});

test('a new address is one delta, and only to hosts that name its segment', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  await allProven(controller);
  for (const agent of Object.values(agents)) agent.received.length = 0;
  agents.web.inventory(['10.0.0.1', '10.0.0.11']);
  await eventually('a delta', () => agents.db.rulesets().length > 0);
  await allProven(controller);
  const [message] = agents.db.rulesets();
  assert.ok(message?.kind === 'delta');
  assert.deepEqual(
    message.delta.addresses.added.map(({ address }) => address),
    ['10.0.0.11'],
  );
  assert.equal(message.delta.revision, message.delta.base.revision, 'opening to one more address judges nothing again');
  assert.deepEqual([agents.db.rulesets().length, agents.other.rulesets().length], [1, 0]);
});

test('a host that enrols becomes reachable on the hosts that name its labels', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  await allProven(controller);
  for (const agent of Object.values(agents)) agent.received.length = 0;
  const second = await enrolAgent(controller, 'web-2', { role: 'web' });
  await second.connect(['10.0.0.12']);
  await eventually('a delta', () => agents.db.rulesets().length > 0);
  await allProven(controller);
  assert.deepEqual(
    agents.db.rulesets().map(({ kind }) => kind),
    ['delta'],
  );
  assert.deepEqual([agents.web.rulesets().length, agents.other.rulesets().length], [0, 0]);
});

test('labels are drafted: they hold once provisioned and go with the version that is restored', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  await provision(controller, shopPolicy, { labels: [{ workload: 'other', key: 'role', value: 'web' }] });
  const labels = async () => (await controller.api('GET', '/workloads/other')).body.labels;
  assert.deepEqual(await labels(), { role: 'web' });
  const asked = { from: 'other', to: 'db', service: 'tcp/5432' };
  const explained = await controller.api('GET', `/explain?${new URLSearchParams(asked)}`);
  assert.equal(explained.body.intended.verdict, 'allow');
  assert.equal(explained.body.intended.inbound.rule, 'shop/web-to-db');
  const restored = await controller.api('POST', '/versions/1/restore?provision=true');
  assert.deepEqual([restored.status, restored.body], [202, { version: 3 }]);
  await finished(controller, 3);
  assert.deepEqual(await labels(), { role: 'other' });
  await allProven(controller);
  assert.equal(agents.db.held?.version, 3);
});

test('a label change is a delta to the hosts that name the workload, and nothing to the others', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  await allProven(controller);
  for (const agent of Object.values(agents)) agent.received.length = 0;
  await provision(controller, shopPolicy, { labels: [{ workload: 'other', key: 'role', value: 'web' }] });
  await allProven(controller);
  const [message, ...more] = agents.db.rulesets();
  assert.ok(message?.kind === 'delta');
  assert.deepEqual(
    [message.delta.addresses.added.map(({ address }) => address), message.delta.addresses.removed, more],
    [[addresses.other], [], []],
  );
  const kinds = (name: 'web' | 'other') => agents[name].rulesets().map(({ kind }) => kind);
  assert.deepEqual(
    [kinds('web'), kinds('other')],
    [[], ['ruleset']],
    'what the host itself may do is more than addresses',
  );
});

test('a preview says what opens, which hosts change, and which observed edges are touched; and changes nothing', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  agents.other.batch([report(addresses.other ?? '', addresses.db ?? '')]);
  agents.web.batch([report(addresses.web ?? '', addresses.db ?? '')]);
  await eventually('both edges', async () => (await controller.api('GET', '/edges')).body.items.length === 2);
  const tests = '---\n{kind: Test, name: paths, allow: ["web -> db tcp/5432"], deny: ["other -> db tcp/22"]}\n';
  await putDraft(controller, 'd', shopPolicy + tests);
  const { status, body } = await controller.api('POST', '/drafts/d/preview');
  assert.equal(status, 200);
  assert.deepEqual(
    [body.sound, body.diff.opened.cells, body.diff.closed.cells > 0 || body.effective.closed.cells > 0],
    [true, 1, true],
  );
  assert.deepEqual(body.hosts.map((host: { workload: string }) => host.workload).sort(), ['db', 'other', 'web']);
  const touched = body.flows.items.map(({ from, was, becomes }: { from: string; was: object; becomes: object }) => [
    from,
    was,
    becomes,
  ]);
  assert.deepEqual(touched.sort(), [
    ['other', { effective: 'allow', intended: 'deny' }, { effective: 'deny', intended: 'deny' }],
    ['web', { effective: 'allow', intended: 'deny' }, { effective: 'allow', intended: 'allow' }],
  ]);
  assert.deepEqual(
    body.tests.map((line: { passed: boolean }) => line.passed),
    [true, true],
  );
  assert.equal((await controller.api('GET', '/versions')).body.items.length, 1);
});

test('provisioning is refused when the base has moved or the text has errors, and then nothing has changed', async (context) => {
  const controller = await testController(context);
  await threeHosts(controller);
  await putDraft(controller, 'first', shopPolicy);
  await putDraft(controller, 'second', otherPolicy);
  assert.equal((await controller.api('POST', '/drafts/first/provision', {})).status, 202);
  await finished(controller, 1);
  const moved = await controller.api('POST', '/drafts/second/provision', {});
  assert.deepEqual([moved.status, moved.body.code], [409, 'base-moved']);
  const broken = await putDraft(controller, 'third', shopPolicy.replace('tcp/5432', 'tcp/9-1'));
  assert.deepEqual([broken.status, broken.body.sound], [200, false]);
  const [problem] = broken.body.problems;
  assert.deepEqual([problem.place.file, problem.place.line], ['shop.yaml', 4]);
  const refused = await controller.api('POST', '/drafts/third/provision', {});
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.problems.length > 0],
    [422, 'draft-has-problems', true],
  );
  assert.equal((await controller.api('GET', '/versions')).body.items.length, 2);
  assert.equal((await controller.api('GET', '/drafts/third')).body.files[0].text.includes('tcp/9-1'), true);
});

test('after a restart nobody is sent anything twice, and numbers go on where they were', async (context) => {
  const first = await testController(context);
  const agents = await threeHosts(first);
  await provision(first, shopPolicy);
  await allProven(first);
  const held = agents.db.held;
  await first.stop();
  const second = await testController(context, first.directory);
  for (const agent of Object.values(agents)) agent.received.length = 0;
  for (const agent of Object.values(agents)) await agent.connect();
  await allProven(second);
  assert.deepEqual(
    Object.values(agents).flatMap((agent) => agent.rulesets()),
    [],
  );
  await provision(second, otherPolicy);
  assert.ok((agents.db.held?.generation ?? 0) > (held?.generation ?? 0));
  assert.ok((await second.api('GET', '/hosts/db')).body.gaps.length > 0, 'the restart is a gap');
});

test('a delta that the host cannot use is followed by the whole ruleset', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  await allProven(controller);
  const before = agents.db.held;
  assert.ok(before !== null);
  agents.db.received.length = 0;
  // Its state went back while it was connected, so the next delta does not fit.
  agents.db.held = { ...before, generation: before.generation - 1 };
  agents.web.inventory(['10.0.0.1', '10.0.0.21']);
  await eventually('the whole ruleset', () => agents.db.rulesets().at(-1)?.kind === 'ruleset');
  await allProven(controller);
  assert.ok(agents.db.held?.content.addresses.some(({ address }) => address === '10.0.0.21'));
});

test('a rule is taken away when it expires, without anybody asking', async (context) => {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  const expires = new Date(Date.now() + 1500).toISOString();
  await provision(controller, shopPolicy.replace('from: role=web', `expires: "${expires}", from: role=web`));
  const { version, revision } = agents.db.held ?? assert.fail('nothing is held');
  assert.ok(agents.db.held?.content.addresses.some(({ address }) => address === addresses.web));
  await eventually('the rule to expire', () => (agents.db.held?.revision ?? 0) > revision);
  assert.ok(Date.now() >= Date.parse(expires));
  assert.ok(!agents.db.held?.content.addresses.some(({ address }) => address === addresses.web));
  assert.equal(agents.db.held?.version, version, 'no version was made for it');
  await allProven(controller);
});

test('a policy that asks more of a host than it may hold is refused, with the numbers and what would help', async (context) => {
  const controller = await testController(context, undefined, ['--host-elements', '1000']);
  await threeHosts(controller);
  for (let farm = 0; farm < 12; farm++) {
    const addresses = Array.from({ length: 100 }, (_, n) => `10.9.${farm}.${n}`);
    const body = { labels: { role: 'web' }, addresses };
    assert.ok((await controller.api('PUT', `/workloads/farm-${farm}`, body)).status < 300);
  }
  assert.equal((await putDraft(controller, 'large', shopPolicy)).status, 200);
  const seen = (await controller.api('POST', '/drafts/large/preview', {})).body;
  assert.equal(seen.sound, false);
  assert.match(
    seen.problems.at(-1).message,
    /^Cannot enforce on host "db": its ruleset would hold 1\d{3} elements and/,
  );
  const { size } = seen.hosts.find((host: { workload: string }) => host.workload === 'web');
  assert.ok(size.elements > 0 && size.bytes > 0);
  const refused = await controller.api('POST', '/drafts/large/provision', {});
  assert.deepEqual([refused.status, refused.body.code], [422, 'host-too-large']);
  assert.match(refused.body.detail, /12\d\d of them are addresses: rules for fewer workloads are needed/);
  assert.equal((await controller.api('GET', '/versions')).body.items.length, 1);
  const content = { base: 0, files: [{ path: 'shop.yaml', text: shopPolicy }] };
  assert.equal((await controller.api('POST', '/provisions', content)).body.code, 'host-too-large');
  assert.ok((await controller.api('GET', '/hosts/db')).body.size.elements > 0);
});
