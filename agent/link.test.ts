import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { fakeFiles } from '@bulkhead/sensors/procfs/file-tree.ts';
import { ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';
import { encodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import type { ProbeOrder } from '@bulkhead/wire/messages.ts';
import { DecisionBook } from './decision-book.ts';
import { Enforcement } from './enforcement.ts';
import { Guests } from './guests.ts';
import type { Identity } from './identity.ts';
import { Link } from './link.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { RulesetFile } from './ruleset-file.ts';
import { Spool } from './spool.ts';
import { FakeController, type FakeOptions } from './testkit/fake-controller.ts';
import { FakeGuestKernels } from './testkit/fake-guest-kernels.ts';
import { FakeKernel, refusedByKernel } from './testkit/fake-kernel.ts';
import { delta, guestRuleset, ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { trialsAt } from './testkit/trials.ts';

const health = {
  counted: 0,
  received: 0,
  lost: 0,
  spooledBatches: 0,
  droppedBatches: 0,
  restored: 0,
  agentBytes: 1,
  helperBytes: 1,
  problems: [],
};

/** An agent without telemetry and timers, in session with a fake controller. */
async function connected(t: TestContext, options: FakeOptions = {}, change: Partial<Identity> = {}) {
  const fake = await new FakeController(options).listen();
  const client = fake.certify('web-1', 'spiffe://bulkhead/workload/web-1');
  const directory = temporaryDirectory(t);
  const warnings: string[] = [];
  const log = (level: string, message: string, fields: object = {}) => {
    if (level !== 'info') warnings.push(`${message} ${JSON.stringify(fields)}`);
    fake.wake();
  };
  const problems = new Problems(log);
  const kernel = new FakeKernel();
  const file = new RulesetFile(join(directory, 'ruleset.json'), problems);
  const counters = { retired: () => {}, wiped: () => {} };
  const decisions = new DecisionBook();
  const tried = trialsAt(join(directory, 'undo.nft'), kernel);
  const kept = { kernel, file, problems, log: silentLog, clock: Date.now, counters, decisions };
  const enforcement = new Enforcement({ ...kept, trials: tried.trials });
  const kernels = new FakeGuestKernels();
  const startWatchdog = async () => refusedByKernel;
  const guests = new Guests({
    ...{ folder: directory, problems, log: silentLog, clock: Date.now, counters },
    privileged: { guests: kernels, startWatchdog },
  });
  const spool = new Spool(join(directory, 'spool'), problems);
  const identity = {
    key: client.key,
    certificate: client.certificate,
    authority: fake.authority.certificate,
    workload: 'web-1',
    pairing: 'key-1',
    controller: fake.endpoint,
    ...change,
  };
  const texts: Record<string, string> = {};
  const files = fakeFiles(texts);
  const listeners = () => new ListenerTable([]);
  const changed = () => {};
  const lacking: string[] = [];
  const lacks = () => lacking;
  const reset: number[] = [];
  const connections = {
    endDenied: async ({ generation }: HostRuleset) => {
      reset.push(generation);
      fake.wake();
    },
  };
  const parts = {
    ...{ identity, enforcement, guests, connections, spool, problems, log },
    ...{ random: () => 0, files, listeners, changed, lacks },
  };
  const probe = async ({ id, cells }: ProbeOrder) => ({
    id,
    results: cells.map((cell) => ({ ...cell, outcome: 'silent' as const, rule: null, milliseconds: 1 })),
  });
  const link = new Link({ ...parts, names: () => undefined, health: () => health, probe });
  t.after(() => {
    link.stop();
    fake.close();
  });
  link.open();
  const ofGuests = { guests, kernels, texts, lacking };
  return {
    fake,
    link,
    kernel,
    spool,
    enforcement,
    problems,
    warnings,
    identity,
    reset,
    attempts: tried.attempts,
    ...ofGuests,
  };
}

const batch = (spool: Spool) =>
  spool.append(encodeFlowBatch({ sequence: spool.nextSequence, reports: [] }), spool.received);
const sequences = (fake: FakeController) => fake.batches.map(({ sequence }) => sequence);

test('a session opens with hello, inventory and health', async (t) => {
  const { fake } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  assert.deepEqual(
    fake.messages.map(({ kind }) => kind),
    ['hello', 'inventory', 'health'],
  );
  const [hello] = fake.said('hello');
  assert.deepEqual([hello?.agent, hello?.held, hello?.capabilities.level], ['web-1', null, 'no process']);
  assert.equal(fake.peer, 'URI:spiffe://bulkhead/workload/web-1');
});

test('denied connections are ended for what was applied and asked for it, and what failed is made up for', async (t) => {
  const { fake, reset, kernel } = await connected(t);
  await fake.until(() => fake.said('hello').length > 0);
  fake.send({ kind: 'ruleset', ruleset: ruleset(1), live: 'reset' });
  fake.send({ kind: 'ruleset', ruleset: ruleset(1), live: 'reset' });
  fake.send({ kind: 'delta', delta: delta(ruleset(1), ruleset(2, [])), live: 'drain' });
  fake.send({ kind: 'ruleset', ruleset: ruleset(3) });
  await fake.until(() => fake.said('applied').length === 4 && reset.length > 0);
  assert.deepEqual(reset, [1]);
  kernel.failure = refusedByKernel;
  fake.send({ kind: 'ruleset', ruleset: ruleset(4), live: 'reset' });
  await fake.until(() => fake.said('applied').length === 5);
  fake.send({ kind: 'ruleset', ruleset: ruleset(5) });
  await fake.until(() => reset.length === 2);
  fake.send({ kind: 'ruleset', ruleset: ruleset(6) });
  await fake.until(() => fake.said('applied').length === 7);
  assert.deepEqual(reset, [1, 5]);
});

test('rulesets and deltas are applied and answered in order', async (t) => {
  const { fake, kernel } = await connected(t);
  await fake.until(() => fake.said('hello').length > 0);
  const next = ruleset(2, ['10.0.1.11', 'fd00::1']);
  fake.send({ kind: 'ruleset', ruleset: ruleset(1) });
  fake.send({ kind: 'delta', delta: delta(ruleset(1), next) });
  await fake.until(() => fake.said('applied').length === 2);
  const answers = fake
    .said('applied')
    .map(({ applied }) => [applied.generation, applied.hash, applied.proven, applied.problem]);
  assert.deepEqual(answers, [
    [1, ruleset(1).hash, true, null],
    [2, next.hash, true, null],
  ]);
  assert.deepEqual(kernel.ruleset, next);
});

test('a trial asks for the controller of the session and for who the message names', async (t) => {
  const { fake, attempts } = await connected(t);
  await fake.until(() => fake.said('hello').length > 0);
  const reach = [{ address: '10.0.0.5' as Address, port: 5432 }];
  fake.send({ kind: 'ruleset', ruleset: ruleset(1), trial: { seconds: 3, reach } });
  await fake.until(() => fake.said('applied').length === 1);
  assert.deepEqual(attempts, [`127.0.0.1:${fake.endpoint.port}`, '10.0.0.5:5432']);
});

test('cells are tried when the controller asks, and the hello says that they can be', async (t) => {
  const { fake } = await connected(t);
  await fake.until(() => fake.said('hello').length > 0);
  assert.ok(fake.said('hello')[0]?.capabilities.covers?.includes('probes'));
  const cell = { address: '10.0.0.5' as Address, service: 6 * 65_536 + 22 };
  fake.send({ kind: 'probe', probe: { id: 9, cells: [cell] } });
  await fake.until(() => fake.said('probed').length === 1);
  const results = [{ ...cell, outcome: 'silent', rule: null, milliseconds: 1 }];
  assert.deepEqual(fake.said('probed')[0]?.probed, { id: 9, results });
});

test('a delta on another base is answered with what is held', async (t) => {
  const { fake, kernel } = await connected(t);
  await fake.until(() => fake.said('hello').length > 0);
  fake.send({ kind: 'ruleset', ruleset: ruleset(3) });
  fake.send({ kind: 'delta', delta: delta(ruleset(2), ruleset(4, [])) });
  await fake.until(() => fake.said('hello').length === 2);
  assert.equal(fake.said('hello')[1]?.held?.generation, 3);
  assert.equal(kernel.numbers?.generation, 3);
});

const appliedOf = (fake: FakeController) =>
  fake.said('applied').map(({ workload, applied }) => [workload ?? 'host', applied.generation, applied.problem]);

test('rulesets of guests are applied at places of their own, and answered by name', async (t) => {
  const { fake, kernel, kernels } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  const [hello] = fake.said('hello');
  assert.deepEqual([hello?.guests, hello?.capabilities.covers], [[], ['forwarded traffic', 'probes']]);
  const guest = guestRuleset('shop-7', ['10.9.0.2']);
  fake.send({ kind: 'ruleset', ruleset: ruleset(1) });
  fake.send({ kind: 'guests', workloads: ['shop-7'] });
  fake.send({ kind: 'ruleset', ruleset: guest });
  await fake.until(() => fake.said('applied').length === 2);
  assert.deepEqual(appliedOf(fake).sort(), [
    ['host', 1, null],
    ['shop-7', 1, null],
  ]);
  assert.deepEqual([kernel.ruleset, kernels.holds()], [ruleset(1), ['1: 10.9.0.2']]);
  fake.drop();
  await fake.until(() => fake.said('hello').length === 2);
  const { generation, hash, revision } = guest;
  assert.deepEqual(fake.said('hello')[1]?.guests, [{ workload: 'shop-7', held: { generation, hash, revision } }]);
});

test('what is proven of a guest is said when it changes, of that guest', async (t) => {
  const { fake, link, guests, kernels } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  fake.send({ kind: 'guests', workloads: ['shop-7', 'shop-8'] });
  for (const [name, address] of [
    ['shop-7', '10.9.0.2'],
    ['shop-8', '10.9.0.3'],
  ] as const)
    fake.send({ kind: 'ruleset', ruleset: guestRuleset(name, [address]) });
  await fake.until(() => fake.said('applied').length === 2);
  link.sendProof();
  kernels.at(2).forgetful = true;
  kernels.at(2).ruleset = ruleset(1);
  await guests.check('everything');
  link.sendProof();
  await fake.until(() => fake.said('applied').length === 3);
  const last = fake.said('applied')[2];
  assert.deepEqual([last?.workload, last?.applied.proven, last?.applied.generation], ['shop-8', false, 1]);
});

test('a delta for a guest that nothing is held for is answered with a hello', async (t) => {
  const { fake } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  fake.send({ kind: 'guests', workloads: ['shop-7'] });
  fake.send({ kind: 'delta', workload: 'shop-7', delta: delta(ruleset(2), ruleset(4, [])) });
  await fake.until(() => fake.said('hello').length === 2);
  assert.deepEqual(fake.said('applied'), []);
});

test('a ruleset of a guest that was not named is refused by the host', async (t) => {
  const { fake, kernels } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  fake.send({ kind: 'ruleset', ruleset: guestRuleset('shop-7', ['10.9.0.2']) });
  await fake.until(() => fake.said('applied').length === 1);
  assert.match(`${appliedOf(fake)[0]?.[2]}`, /it is for "shop-7", one for "web-1" is needed/);
  assert.deepEqual(kernels.holds(), []);
});

test('a ruleset for some addresses is not taken for one of the host', async (t) => {
  const { fake, kernel } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  fake.send({ kind: 'ruleset', ruleset: guestRuleset('web-1', ['10.9.0.2']) });
  await fake.until(() => fake.said('applied').length === 1);
  assert.match(`${appliedOf(fake)[0]?.[2]}`, /it says which addresses it is for, a host's own is needed/);
  assert.equal(kernel.ruleset, null);
});

test('what nftables of the host refuses is said as soon as it is known', async (t) => {
  const { fake, link, lacking } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  lacking.push('fib lookups');
  link.sendInventory();
  await fake.until(() => fake.said('hello').length === 2);
  const [before, after] = fake.said('hello').map(({ capabilities }) => capabilities.absent.join());
  assert.doesNotMatch(before ?? '', /fib/);
  assert.match(after ?? '', /^new rules, because nftables here refuses fib lookups,/);
});

test('a bridge whose traffic is not seen is said as soon as it is there', async (t) => {
  const { fake, link, texts } = await connected(t);
  await fake.until(() => fake.said('health').length > 0);
  link.sendInventory();
  texts['/sys/class/net/docker0/bridge/bridge_id'] = '8000.0';
  link.sendInventory();
  link.sendInventory();
  await fake.until(() => fake.said('hello').length > 1);
  const [first, second, ...more] = fake.said('hello').map(({ capabilities }) => capabilities.absent.length);
  assert.deepEqual([(second ?? 0) - (first ?? 0), more], [2, []]);
});

const text = encodeHostRuleset(ruleset(9, []));
for (const [name, frame, problem] of [
  ['an older generation', JSON.stringify({ kind: 'ruleset', ruleset: encodeHostRuleset(ruleset(4, [])) }), /5 is held/],
  [
    "another host's ruleset",
    JSON.stringify({ kind: 'ruleset', ruleset: encodeHostRuleset({ ...ruleset(9), workload: 'db-1' }) }),
    /for "db-1"/,
  ],
  [
    'a ruleset with another hash',
    JSON.stringify({ kind: 'ruleset', ruleset: text.replace('"generation":9', '"generation":9,"x":1') }),
    /Cannot read/,
  ],
  [
    'a ruleset whose content was changed',
    JSON.stringify({ kind: 'ruleset', ruleset: text.replace('role=web', 'role=api') }),
    /its content has/,
  ],
  ['a ruleset that is cut off', JSON.stringify({ kind: 'ruleset', ruleset: text.slice(0, -5) }), /not JSON/],
  ['a frame that is cut off', '{"kind":"rules', /not JSON/],
  ['a frame of an unknown kind', '{"kind":"reboot"}', /kind/],
] as const)
  test(`${name} is refused, said, and changes nothing`, async (t) => {
    const { fake, kernel } = await connected(t);
    await fake.until(() => fake.said('hello').length > 0);
    fake.send({ kind: 'ruleset', ruleset: ruleset(5) });
    fake.sendText(frame);
    await fake.until(() => fake.said('applied').length === 2);
    const applied = fake.said('applied')[1]?.applied;
    assert.deepEqual([applied?.generation, applied?.hash, applied?.proven], [5, ruleset(5).hash, true]);
    assert.match(applied?.problem ?? '', problem);
    assert.deepEqual(kernel.ruleset, ruleset(5));
  });

test('a kernel that refuses is said with what is held instead', async (t) => {
  const { fake, kernel } = await connected(t);
  await fake.until(() => fake.said('hello').length > 0);
  kernel.failure = refusedByKernel;
  fake.send({ kind: 'ruleset', ruleset: ruleset(5) });
  await fake.until(() => fake.said('applied').length === 1);
  const applied = fake.said('applied')[0]?.applied;
  assert.deepEqual([applied?.generation, applied?.proven, applied?.problem], [0, false, refusedByKernel.message]);
});

test('batches go out eight at a time and go away with the acknowledgement', async (t) => {
  const { fake, link, spool } = await connected(t);
  for (let i = 0; i < 12; i++) batch(spool);
  await fake.until(() => fake.batches.length === 8);
  link.sendBatches();
  fake.send({ kind: 'ack', sequence: 5 });
  await fake.until(() => fake.batches.length === 12);
  assert.deepEqual([sequences(fake), spool.length], [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 7]);
});

test('after a reconnect exactly what was not acknowledged is sent again, and the session is resumed', async (t) => {
  const { fake, link, spool, enforcement } = await connected(t, { acknowledgedLater: 2 });
  await enforcement.replace('web-1', ruleset(7));
  for (let i = 0; i < 4; i++) batch(spool);
  link.sendBatches();
  await fake.until(() => fake.batches.length === 4);
  fake.drop();
  await fake.until(() => fake.batches.length === 6);
  assert.deepEqual([sequences(fake), spool.length], [[1, 2, 3, 4, 3, 4], 2]);
  assert.deepEqual([fake.sessions, fake.resumed], [2, 1]);
  assert.equal(fake.peer, 'URI:spiffe://bulkhead/workload/web-1');
  assert.equal(fake.said('hello').at(-1)?.held?.generation, 7);
});

test('a renewed identity opens the session anew, not resumed, and touches neither rules nor batches', async (t) => {
  const { fake, link, kernel, spool, enforcement, identity, warnings } = await connected(t, { acknowledgedLater: 2 });
  await enforcement.replace('web-1', ruleset(7));
  for (let i = 0; i < 4; i++) batch(spool);
  link.sendBatches();
  await fake.until(() => fake.batches.length === 4);
  const first = fake.peerSerial;
  const client = fake.certify('web-1', 'spiffe://bulkhead/workload/web-1');
  link.renewed({ ...identity, key: client.key, certificate: client.certificate });
  await fake.until(() => fake.batches.length === 6);
  assert.deepEqual([fake.sessions, fake.resumed, sequences(fake)], [2, 0, [1, 2, 3, 4, 3, 4]]);
  assert.equal(fake.peerSerial, new X509Certificate(client.certificate).serialNumber);
  assert.notEqual(fake.peerSerial, first);
  assert.deepEqual([kernel.replaced, kernel.ruleset, warnings], [1, ruleset(7), []]);
  assert.equal(fake.said('hello').at(-1)?.held?.generation, 7);
  fake.drop();
  await fake.until(() => fake.sessions === 3);
  assert.equal(fake.peerSerial, new X509Certificate(client.certificate).serialNumber);
});

test('a renewed identity is used at once while no session comes about', async (t) => {
  const body = '{"code":"certificate-revoked"}';
  const { fake, link, identity, warnings } = await connected(t, { refuseSession: { status: 403, body } });
  await fake.until(() => warnings.length > 0);
  link.renewed({ ...identity });
  await fake.until(() => warnings.length > 1);
  link.renewed({ ...identity });
  link.stop();
  assert.equal(fake.sessions, 0);
});

test('a session that is refused says why', async (t) => {
  const body = '{"code":"certificate-revoked"}';
  const { fake, warnings, problems } = await connected(t, { refuseSession: { status: 403, body } });
  await fake.until(() => warnings.length > 0);
  assert.match(warnings[0] ?? '', /refused with 403: .*certificate-revoked/);
  assert.match(problems.texts().join(), /^Cannot open a session as "web-1": .* 403: .*certificate-revoked/);
});

test('what the controller refuses in session becomes a problem until it welcomes again', async (t) => {
  const { fake, problems } = await connected(t);
  await fake.until(() => fake.said('hello').length > 0);
  fake.send({ kind: 'refused', code: 'unknown-agent', message: 'Cannot find "web-1"' });
  await fake.until(() => problems.texts().length > 0);
  assert.match(problems.texts().join(), /Cannot find "web-1"/);
  fake.drop();
  await fake.until(() => problems.texts().length === 0);
  assert.equal(fake.sessions, 2);
});

test('a controller that takes us for somebody else gets nothing', async (t) => {
  const { fake, spool, problems } = await connected(t, { welcome: { workload: 'db-1', acknowledged: 0 } });
  batch(spool);
  await fake.until(() => problems.texts().length > 0);
  assert.deepEqual([fake.batches, fake.said('health')], [[], []]);
});

for (const [name, options, change] of [
  ['with the certificate of a workload', { uri: 'spiffe://bulkhead/workload/db-1' }, {}],
  ['of another authority', {}, { authority: new FakeController().authority.certificate }],
] as const)
  test(`a server ${name} is not talked to`, async (t) => {
    const { fake, warnings } = await connected(t, options, change);
    await fake.until(() => warnings.length > 0);
    assert.deepEqual([fake.messages, fake.sessions], [[], 0]);
  });
