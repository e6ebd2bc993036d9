import assert from 'node:assert/strict';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { ProofStatement, SignedStatement } from '@bulkhead/wire/proof.ts';
import { openStore } from '../store/open-store.ts';
import { eventually } from '../testkit/eventually.ts';
import type { FakeAgent } from '../testkit/fake-agent.ts';
import { enrolAgent, provision, shopPolicy, threeHosts } from '../testkit/shop.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';
import { type Probed, ProofBook } from './proof-book.ts';
import { alarmText, probeCounts, wrongProbes } from './standing.ts';

async function shop(context: TestContext) {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, shopPolicy);
  return { controller, ...agents };
}

const proofOf = async ({ api }: TestController, name: string) => (await api('GET', `/hosts/${name}`)).body.proof;
const standing = async (controller: TestController, name: string) => (await proofOf(controller, name)).proven;
const proven = (controller: TestController, name: string, state: string) =>
  eventually(`${name} to be ${state}`, async () => {
    const found = await standing(controller, name);
    return found.state === state ? found : null;
  });

test('PR1 PR2 PR3 PR6 PR7 the four are shown with their times, and the summary names who is not proven', async (context) => {
  const { controller, web } = await shop(context);
  const before = await standing(controller, 'web');
  assert.deepEqual([before.state, before.reason], ['not proven', 'its agent has made no statement yet']);
  web.prove();
  await proven(controller, 'web', 'proven');
  const { intended, applied, proven: found, sequence } = await proofOf(controller, 'web');
  assert.equal(intended.generation, web.held?.generation);
  assert.deepEqual([applied.generation, found.generation], [intended.generation, intended.generation]);
  for (const at of [intended.at, applied.at, found.at, found.whole])
    assert.ok(Date.now() - Date.parse(at) < 10_000, at);
  assert.deepEqual([found.depth, found.slice, sequence], ['everything', { first: 0, count: 1, of: 1 }, 1]);
  const { hosts } = (await controller.api('GET', '/status')).body;
  assert.deepEqual([hosts.fresh, hosts.freshSeconds], [1, 30]);
  const names = hosts.notProven.map((host: { name: string; state: string }) => `${host.name} ${host.state}`);
  assert.deepEqual(names, ['db not proven', 'other not proven']);
});

const doubts: readonly (readonly [title: string, change: Partial<ProofStatement>, reason: RegExp])[] = [
  ['PR3 PR6 another generation', { generation: 1 }, /generation \d+ is intended, generation 1 is what it speaks of/],
  ['PR3 PR6 another hash', { hash: 'ab'.repeat(32) }, /is intended/],
  [
    'PR6 a kernel that differs',
    { outcome: 'differs', reason: 'chain input lacks' },
    /the kernel differs: chain input lacks/,
  ],
  ['PR6 a kernel that was not read', { outcome: 'unread', reason: 'no nft' }, /the kernel was not read: no nft/],
];
for (const [title, change, reason] of doubts) {
  test(`${title} is no proof, whatever was proven before`, async (context) => {
    const { controller, web } = await shop(context);
    web.prove();
    await proven(controller, 'web', 'proven');
    web.prove(change);
    const found = await proven(controller, 'web', 'not proven');
    assert.match(found.reason, reason);
    assert.ok(Date.now() - Date.parse(found.since) < 20_000);
    web.prove();
    await proven(controller, 'web', 'proven');
  });
}

const signedBy = (agent: FakeAgent, { text }: SignedStatement): SignedStatement => ({
  text,
  signature: sign('sha256', Buffer.from(text), createPrivateKey(agent.credentials.key)).toString('base64'),
});

const refusals: readonly (readonly [
  title: string,
  make: (web: FakeAgent, db: FakeAgent) => SignedStatement,
  reason: RegExp,
])[] = [
  [
    'a signature of another key',
    (web, db) => signedBy(db, web.statement()),
    /its signature is not that of its certificate/,
  ],
  [
    'a text that was changed',
    (web) => ({ ...web.statement(), text: web.statement({ restored: 1 }).text }),
    /signature is not/,
  ],
  ['no signature', (web) => ({ ...web.statement(), signature: '' }), /signature is not/],
  ['a statement of another host', (_, db) => db.statement(), /each host speaks for itself/],
  ['another certificate', (web) => web.statement({ certificate: 'ab'.repeat(32) }), /names another certificate/],
  ['a workload that is no guest', (web) => web.statement({ workload: 'db' }), /it is none of its guests/],
  [
    'a text that is not canonical',
    (web) => signedBy(web, { text: `${web.statement().text} `, signature: '' }),
    /canonical form/,
  ],
  ['a number that was used', (web) => web.statement({ sequence: 1 }), /a higher number is needed/],
];
for (const [title, make, reason] of refusals) {
  test(`PR16 ${title} is refused, counted and audited, and the session goes on`, async (context) => {
    const { controller, web, db } = await shop(context);
    web.prove();
    await proven(controller, 'web', 'proven');
    web.say({ kind: 'proof', proof: make(web, db) });
    const found = await proven(controller, 'web', 'not proven');
    assert.match(found.reason, reason);
    assert.equal((await proofOf(controller, 'web')).refused.count, 1);
    const { items } = (await controller.api('GET', '/audit')).body;
    const entries = items.filter(({ action }: { action: string }) => action === 'proof.refused');
    assert.deepEqual(
      entries.map(({ actor }: { actor: string }) => actor),
      ['agent:web'],
    );
    assert.equal(web.closed, null);
    web.prove();
    await proven(controller, 'web', 'proven');
  });
}

test('PR17 a statement that does not follow from the one before is a gap, and proves what it says', async (context) => {
  const { controller, web } = await shop(context);
  web.prove();
  web.prove();
  await eventually('both', async () => (await proofOf(controller, 'web')).sequence === 2);
  assert.deepEqual((await proofOf(controller, 'web')).gaps, []);
  web.prove({ sequence: 9, previous: createHash('sha256').update('lost').digest('hex') });
  await eventually('the third', async () => (await proofOf(controller, 'web')).sequence === 9);
  const { gaps, proven: found } = await proofOf(controller, 'web');
  assert.deepEqual([gaps.length, found.state], [1, 'proven']);
});

test('PR18 statements outlive a restart, one of each hour and the latest, and are exported with their certificates', async (context) => {
  const { controller, web } = await shop(context);
  for (let i = 0; i < 3; i++) web.prove();
  await eventually('all three', async () => (await proofOf(controller, 'web')).sequence === 3);
  const first = (await controller.api('GET', '/proofs')).body.items;
  assert.deepEqual(
    first.map(({ latest }: { latest: boolean }) => latest),
    [false, true],
  );
  assert.match(first[0].certificate, /BEGIN CERTIFICATE/);
  assert.equal((await controller.api('GET', `/proofs?since=${Date.now() + 60_000}`)).body.items.length, 0);
  await controller.stop();
  const again = await testController(context, controller.directory);
  const kept = await proofOf(again, 'web');
  assert.equal(kept.sequence, 3);
  const numbers = (await again.api('GET', '/proofs')).body.items.map(
    ({ text }: { text: string }) => JSON.parse(text).sequence,
  );
  assert.equal(numbers.at(-1), 3);
});

test('PR18 a clock that differs by more than five minutes is shown', async (context) => {
  const { controller, web } = await shop(context);
  web.prove({ at: Date.now() - 3_600_000 });
  await proven(controller, 'web', 'proven');
  const { clockAheadMilliseconds } = await proofOf(controller, 'web');
  assert.ok(Math.abs(clockAheadMilliseconds + 3_600_000) < 10_000);
});

const cell = (change: Partial<Probed>): Probed => ({
  ...{ from: 'web', to: 'db', address: '10.0.0.2', service: 'tcp/22', at: 1 },
  ...{ expected: 'closed', found: 'closed', seen: 'no answer' },
  ...change,
});

test('PR4 PR24 PR25 a cell that must be closed and is open is an alarm until it is closed; undecided is neither', async (context) => {
  const store = await openStore(temporaryDirectory(context), () => 1000);
  context.after(() => store.close());
  const alarms: string[] = [];
  const book = await ProofBook.load({
    ...{ store, clock: () => 1000, refused: () => {}, changed: () => {} },
    alarm: (workload, probed) => alarms.push(`${workload}: ${alarmText(probed)}`),
  });
  book.probed(cell({}));
  book.probed(cell({ service: 'tcp/23', found: 'undecided' }));
  assert.deepEqual(probeCounts(book.entry('db').probed, 'closed'), { tried: 2, asExpected: 1, undecided: 1 });
  assert.deepEqual(wrongProbes(book.entry('db')), []);
  const open = cell({ found: 'open', seen: 'connected' });
  book.probed(open);
  book.probed(open);
  assert.deepEqual(wrongProbes(book.entry('db')), [open]);
  assert.deepEqual(alarms, ['db: tcp/22 at 10.0.0.2 must be closed from web and is open: connected'], 'said once');
  book.probed(cell({}));
  assert.deepEqual(wrongProbes(book.entry('db')), []);
  book.probed(cell({ expected: 'open', service: 'tcp/80' }));
  assert.equal(wrongProbes(book.entry('db')).length, 1, 'one that must be open and is closed');
  await book.flush();
  const again = await ProofBook.load({
    ...{ store, clock: () => 1000, refused: () => {}, changed: () => {} },
    alarm: () => {},
  });
  assert.deepEqual(again.entry('db').probed, book.entry('db').probed);
});

test('another host under the same name has proven nothing', async (context) => {
  const { controller, web } = await shop(context);
  web.prove();
  await proven(controller, 'web', 'proven');
  await controller.api('DELETE', '/workloads/web');
  const next = await enrolAgent(controller, 'web', { role: 'web' });
  await next.connect(['10.0.0.1']);
  await eventually('it to hold something', () => next.held !== null);
  assert.equal((await standing(controller, 'web')).state, 'not proven');
  next.prove();
  await proven(controller, 'web', 'proven');
});
