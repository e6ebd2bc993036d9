import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { encodeFlowBatch, flowBatchLimit } from '@bulkhead/wire/flow-batch.ts';
import { clientKey } from '../testkit/client-key.ts';
import { eventually } from '../testkit/eventually.ts';
import { enrolWith, FakeAgent, postEnrol } from '../testkit/fake-agent.ts';
import { report } from '../testkit/report.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

const agentsSocket = ({ directory }: TestController) => `${directory}/agents.sock`;

async function pairingKey(controller: TestController, body: object): Promise<string> {
  const { status, body: answer } = await controller.api('POST', '/pairing-keys', body);
  assert.equal(status, 201);
  return answer.key;
}

async function enrolled(controller: TestController, name: string, labels = {}): Promise<FakeAgent> {
  const key = await pairingKey(controller, { name, labels });
  return new FakeAgent(agentsSocket(controller), await enrolWith(agentsSocket(controller), key, 'some-host'));
}

const refusals = async (controller: TestController) => (await controller.api('GET', '/status')).body.refusals;

async function connected(context: TestContext, name = 'web-1', address = '10.0.0.1') {
  const controller = await testController(context);
  const agent = await enrolled(controller, name);
  await agent.connect([address]);
  await eventually('a ruleset', () => agent.held);
  return { controller, agent };
}

test('a host that enrols gets its name, its labels and a ruleset at once', async (context) => {
  const controller = await testController(context);
  const agent = await enrolled(controller, 'web-1', { role: 'web' });
  assert.equal(agent.credentials.workload, 'web-1');
  await agent.connect(['10.0.0.1', '127.0.0.1', 'fe80::1']);
  await eventually('a ruleset', () => agent.held);
  const host = await eventually('the host to be proven', async () => {
    const { body } = await controller.api('GET', '/hosts/web-1');
    return body.proven && body.addresses.length > 0 ? body : null;
  });
  assert.deepEqual([host.labels, host.addresses, host.mode.inbound], [{ role: 'web' }, ['10.0.0.1'], 'observe']);
  assert.equal(host.generation.proven, agent.held?.generation);
});

test('a pairing key that is not good is refused with its own code, and counted', async (context) => {
  const controller = await testController(context);
  const socket = agentsSocket(controller);
  const good = await pairingKey(controller, { uses: 1 });
  const { csr } = await clientKey();
  const attempt = async (pairingKeyText: string, change: object = {}) => {
    const asked = { pairingKey: pairingKeyText, csr, hostname: 'web-1', ...change };
    const { status, body } = await postEnrol(socket, JSON.stringify(asked));
    return [status, body.code ?? 'enrolled'];
  };
  const [, id = '', secret = '', fingerprint = ''] = good.split('.');
  const wrongSecret = `bh1.${id}.${randomBytes(32).toString('base64url')}.${fingerprint}`;
  const unknown = `bh1.${'0'.repeat(12)}.${secret}.${fingerprint}`;
  const expiring = await pairingKey(controller, { expires: new Date(Date.now() + 300).toISOString() });
  const cases: readonly (readonly [string, object, number, string])[] = [
    ['nonsense', {}, 400, 'pairing-key-malformed'],
    [wrongSecret, {}, 403, 'pairing-key-wrong'],
    [unknown, {}, 403, 'pairing-key-wrong'],
    [good, { hostname: '../etc' }, 400, 'workload-name'],
    [good, { hostname: '10.0.0.1' }, 400, 'workload-name'],
    [good, { csr: csr.slice(0, 200) }, 400, 'csr-invalid'],
    [good, { csr: 5 }, 400, 'wire-field'],
    [good, {}, 200, 'enrolled'],
    [good, { hostname: 'web-2' }, 403, 'pairing-key-used-up'],
  ];
  for (const [text, change, status, code] of cases) assert.deepEqual(await attempt(text, change), [status, code]);
  const again = await pairingKey(controller, {});
  assert.deepEqual(await attempt(again), [409, 'workload-enrolled']);
  assert.deepEqual(await attempt(await pairingKey(controller, { replace: true })), [200, 'enrolled']);
  await eventually(
    'the key to expire',
    async () => (await attempt(expiring, { hostname: 'x' }))[1] === 'pairing-key-expired',
  );
  const counts = await refusals(controller);
  assert.equal(counts['pairing-key-wrong'], 2);
  const audit = await controller.api('GET', '/audit?limit=1000');
  assert.ok(audit.body.items.some((entry: { action: string }) => entry.action === 'enrol.refused'));
  assert.ok(!JSON.stringify(audit.body).includes(secret), 'no secret in the audit log');
});

test('two hosts cannot share the last use of a key', async (context) => {
  const controller = await testController(context);
  const key = await pairingKey(controller, { uses: 1 });
  const { csr } = await clientKey();
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((hostname) =>
      postEnrol(agentsSocket(controller), JSON.stringify({ pairingKey: key, csr, hostname })),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403]);
});

test('bodies that are no enrolment are refused', async (context) => {
  const controller = await testController(context);
  for (const body of ['', '{', '[]', '{"pairingKey":1}', 'x'.repeat(100_000)]) {
    const { status, body: answer } = await postEnrol(agentsSocket(controller), body);
    assert.ok(status === 400 || status === 413, String(status));
    assert.match(answer.code ?? '', /^wire-/);
  }
});

test('a session needs the workload its certificate names, and that one alone', async (context) => {
  const controller = await testController(context);
  const [web, db] = [await enrolled(controller, 'web-1'), await enrolled(controller, 'db-1')];
  await assert.rejects(web.open({}), /403/);
  const foreign = await clientKey();
  await assert.rejects(web.open({ key: foreign.key, certificate: web.credentials.certificate }));
  await web.open(db.credentials);
  web.hello();
  await eventually('the session to end', () => web.closed);
  assert.equal(web.refusal(), 'foreign-workload');
  const counts = await refusals(controller);
  assert.equal(counts['certificate-missing'], 1);
  assert.equal(counts['foreign-workload'], 1);
});

test('a revoked or replaced certificate ends its session and opens no other', async (context) => {
  const { controller, agent } = await connected(context);
  const key = await pairingKey(controller, { name: 'web-1', replace: true });
  const successor = new FakeAgent(agentsSocket(controller), await enrolWith(agentsSocket(controller), key, 'x'));
  await eventually('the old session to end', () => agent.closed);
  assert.equal(agent.refusal(), 'certificate-revoked');
  await assert.rejects(agent.open(), /403/);
  await successor.connect(['10.0.0.1']);
  await eventually('a ruleset', () => successor.held);
  assert.equal((await controller.api('DELETE', '/workloads/web-1')).status, 204);
  await eventually('the session to end', () => successor.closed);
  await assert.rejects(successor.open(), /403/);
});

test('what cannot be read ends the session with a code, and is counted', async (context) => {
  const controller = await testController(context);
  const agent = await enrolled(controller, 'web-1');
  const good = encodeFlowBatch({ sequence: 1, reports: [report('10.0.0.1', '10.0.0.2')] });
  const cases: readonly (readonly [string, () => void, string | null])[] = [
    ['not JSON', () => agent.raw('{'), 'wire-malformed'],
    ['unknown kind', () => agent.raw('{"kind":"shout"}'), 'wire-unknown'],
    ['truncated batch', () => agent.raw(good.subarray(0, good.length - 3)), 'wire-malformed'],
    ['random bytes', () => agent.raw(Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 255)), 'wire-malformed'],
    ['oversized batch', () => agent.raw(new Uint8Array(flowBatchLimit + 1)), null],
    ['another wire version', () => agent.hello({ wire: 99 }), 'wire-version'],
  ];
  for (const [title, act, code] of cases) {
    await agent.connect();
    agent.received.length = 0;
    act();
    await eventually(`the end after ${title}`, () => agent.closed);
    assert.equal(agent.refusal(), code, title);
  }
  const counts = await refusals(controller);
  assert.equal(counts['wire-malformed'], 3);
  assert.equal(counts.WS_ERR_UNSUPPORTED_MESSAGE_LENGTH, 1);
});

test('strangers without end fill neither memory nor the log, and hosts in session notice nothing', async (context) => {
  const { controller, agent } = await connected(context);
  const strangers: Socket[] = [];
  while (strangers.length < 2200) {
    const stranger = connect(agentsSocket(controller)).on('error', () => {});
    await once(stranger, 'connect');
    // The controller takes one a turn, and its queue is short.
    await setImmediate();
    strangers.push(stranger);
  }
  context.after(() => {
    for (const stranger of strangers) stranger.destroy();
  });
  await eventually('refusals', async () => (await refusals(controller))['too-many-connections'] === 200);
  agent.batch([report('10.0.0.1', '10.0.0.2')], 1);
  await eventually('the acknowledgement', () => agent.acknowledged === 1);
  for (const stranger of strangers) stranger.destroy();
  await eventually('a place', () => enrolled(controller, 'web-2').catch(() => null));
});

test('nothing is taken before hello', async (context) => {
  const controller = await testController(context);
  const agent = await enrolled(controller, 'web-1');
  await agent.open();
  agent.batch([report('10.0.0.1', '10.0.0.2')]);
  await eventually('the end', () => agent.closed);
  assert.equal(agent.refusal(), 'hello-first');
  assert.equal((await controller.api('GET', '/flows')).body.items.length, 0);
});

test('reports become edges at once, history when acknowledged, and each batch counts once', async (context) => {
  const { controller, agent } = await connected(context);
  const peer = { labels: { role: 'db' }, addresses: ['10.0.0.2'] };
  assert.equal((await controller.api('PUT', '/workloads/db-1', peer)).status, 201);
  await eventually(
    'the address',
    async () => (await controller.api('GET', '/hosts/web-1')).body.addresses.length === 1,
  );
  const sent = [report('10.0.0.1', '10.0.0.2', { count: 3 }), report('10.0.0.1', '192.0.2.1')];
  agent.batch(sent, 1);
  await eventually('the acknowledgement', () => agent.acknowledged === 1);
  agent.batch(sent, 1);
  agent.batch([report('10.0.0.1', '10.0.0.2')], 3);
  await eventually('the acknowledgement', () => agent.acknowledged === 3);
  const { items } = (await controller.api('GET', '/edges?from=web-1&to=db-1')).body;
  assert.deepEqual([items.length, items[0].attempts, items[0].serviceText], [1, 4, 'tcp/5432']);
  assert.equal((await controller.api('GET', '/flows')).body.items.length, 3);
  const { reports } = (await controller.api('GET', '/hosts/web-1')).body;
  assert.deepEqual([reports.batches, reports.duplicates, reports.missing], [2, 1, 1]);
});

test('a report for the address of another workload is dropped and counted', async (context) => {
  const { controller, agent } = await connected(context);
  const other = { labels: {}, addresses: ['10.0.0.9'] };
  await controller.api('PUT', '/workloads/db-1', other);
  agent.batch([report('10.0.0.9', '10.0.0.2'), report('10.0.0.1', '10.0.0.2')]);
  await eventually('the acknowledgement', () => agent.acknowledged === 1);
  assert.equal((await controller.api('GET', '/hosts/web-1')).body.reports.foreign, 1);
  const { items } = (await controller.api('GET', '/edges')).body;
  assert.deepEqual([items.length, items[0].attempts], [1, 1]);
});

test('a report from a clock that runs ahead counts as of now, and is counted as early', async (context) => {
  const { controller, agent } = await connected(context);
  const sent = Date.now();
  const send = async (last: number, sequence: number) => {
    agent.batch([report('10.0.0.1', '10.0.0.2', { first: last - 10, last })], sequence);
    await eventually('the acknowledgement', () => agent.acknowledged === sequence);
    return (await controller.api('GET', '/hosts/web-1')).body.reports.early;
  };
  assert.equal(await send(sent + 60_000, 1), 0, 'clocks may differ a little');
  assert.equal(await send(sent + 24 * 3_600_000, 2), 1);
  const { items } = (await controller.api('GET', '/flows')).body;
  assert.ok(items.every(({ last }: { last: number | string }) => new Date(last).getTime() <= sent + 60_000));
});

test('a reconnect replaces the old session, and the time away is a gap', async (context) => {
  const { controller, agent } = await connected(context);
  const second = new FakeAgent(agentsSocket(controller), agent.credentials);
  second.held = agent.held;
  await second.connect();
  await eventually('the old session to end', () => agent.closed);
  assert.equal(agent.refusal(), 'replaced');
  second.cut();
  const away = await eventually('the host to be away', async () => {
    const { body } = await controller.api('GET', '/hosts/web-1');
    return body.connected ? null : body;
  });
  assert.equal(away.gaps.at(-1).until, null);
  await agent.connect();
  const back = await eventually('the host to be back', async () => {
    const { body } = await controller.api('GET', '/hosts/web-1');
    return body.connected ? body : null;
  });
  assert.notEqual(back.gaps.at(-1).until, null);
});

test('a host whose state was set back is sent everything again; one that goes back in a session is refused', async (context) => {
  const { controller, agent } = await connected(context);
  const newest = agent.held;
  agent.cut();
  await eventually('the end', () => agent.closed);
  agent.held = null;
  await agent.connect();
  await eventually('the ruleset again', () => agent.held?.hash === newest?.hash);
  assert.equal((await refusals(controller))['generation-set-back'], 1);
  await eventually('its answer', async () => (await controller.api('GET', '/hosts/web-1')).body.proven);
  const older = { generation: 0, hash: newest?.hash ?? '', proven: true, problem: null, milliseconds: 1 };
  agent.say({ kind: 'applied', applied: older });
  await eventually('the session to end', () => agent.closed);
  assert.equal(agent.refusal(), 'generation-older');
});

test('a host that holds more than was ever sent is overtaken, and what was never sent is not believed', async (context) => {
  const { controller, agent } = await connected(context);
  const held = agent.held;
  assert.ok(held !== null);
  agent.cut();
  await eventually('the end', () => agent.closed);
  agent.held = { ...held, generation: 100, revision: 7 };
  await agent.connect();
  await eventually('a higher generation', () => (agent.held?.generation ?? 0) > 100);
  assert.equal(agent.held?.revision, 8);
  assert.equal((await refusals(controller))['generation-ahead'], 1);
  agent.say({
    kind: 'applied',
    applied: { generation: 5000, hash: held.hash, proven: true, problem: null, milliseconds: 1 },
  });
  await eventually('the session to end', () => agent.closed);
  assert.equal(agent.refusal(), 'generation-unknown');
});
