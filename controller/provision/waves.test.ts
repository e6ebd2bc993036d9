import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { eventually } from '../testkit/eventually.ts';
import type { FakeAgent } from '../testkit/fake-agent.ts';
import { report } from '../testkit/report.ts';
import { addresses, allProven, finished, provision, putDraft, shopPolicy, threeHosts } from '../testkit/shop.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

const open = shopPolicy.replace('from: role=web', 'from: "role in (web,other)"');
const [web = '', db = '', other = ''] = [addresses.web, addresses.db, addresses.other];
type Agents = Record<'web' | 'db' | 'other', FakeAgent>;

type Asked = Readonly<Record<string, unknown>>;

/** `other` may reach `db` and does, until a draft takes that away: then `db` narrows, as the canary, and `other` after it. */
async function used(context: TestContext) {
  const controller = await testController(context);
  const agents = await threeHosts(controller);
  await provision(controller, open);
  await allProven(controller);
  agents.db.batch([report(db, other, { direction: 'inbound' }), report(db, web, { direction: 'inbound' })]);
  await eventually('the report to be stored', () => agents.db.acknowledged > 0);
  await putDraft(controller, 'narrower', shopPolicy);
  return { controller, agents };
}

async function begin({ api }: TestController, { accept, ...waves }: Asked): Promise<number> {
  const asked = { waves: { watch: 1, ...waves }, ...(accept !== undefined && { accept }) };
  const { status, body } = await api('POST', '/drafts/narrower/provision', asked);
  assert.equal(status, 202, JSON.stringify(body));
  return body.version;
}

const denied = (local: string, peer: string, agent: FakeAgent) =>
  report(local, peer, {
    direction: 'inbound',
    effective: 'deny',
    intended: 'deny',
    generation: agent.held?.generation ?? 0,
  });

const wave = ({ api }: TestController, version: number, number: number, state: string) =>
  eventually(`wave ${number} to be ${state}`, async () => {
    const { waves } = (await api('GET', `/provisions/${version}`)).body;
    return waves.waves.some((one: { wave: number; state: string }) => one.wave === number && one.state === state);
  });

/** Who the canary says it denied once it is narrowed, and what becomes of the version. */
const cases: readonly (readonly [string, Asked, string, 'done' | 'rolled-back'])[] = [
  ['W10 W22 a flow that passed before and is denied now', {}, other, 'rolled-back'],
  ['W11 a flow that nobody tried before', {}, '192.0.2.66', 'done'],
  ['W12 W13 a flow that was foreseen and accepted so', { accept: 'foreseen' }, other, 'done'],
  [
    'W13 a flow that was accepted by name',
    { accept: [{ from: 'other', to: 'db', service: 'tcp/5432' }] },
    other,
    'done',
  ],
  [
    'W13 another flow was accepted',
    { accept: [{ from: 'other', to: 'db', service: 'tcp/5433' }] },
    other,
    'rolled-back',
  ],
  ['W14 a flow that the newer version allows, with all accepted', { accept: 'foreseen' }, web, 'rolled-back'],
  ['W14 the same, accepted by name', { accept: [{ from: 'web', to: 'db', service: 'tcp/5432' }] }, web, 'rolled-back'],
  ['W20 one flow, within a budget of one', { budget: 1 }, other, 'done'],
  ['W20 one flow of two in use, within half of them', { budgetShare: 0.5 }, other, 'done'],
  ['W20 one flow of two in use, beyond a third of them', { budgetShare: 0.34 }, other, 'rolled-back'],
  ['W3 nobody watches', { watch: 0 }, other, 'done'],
];

for (const [title, waves, from, state] of cases) {
  test(`${title}: ${state}`, async (context) => {
    const { controller, agents } = await used(context);
    const before = agents.other.held?.generation;
    const version = await begin(controller, waves);
    await eventually('the canary', () => agents.db.held?.version === version);
    agents.db.batch([denied(db, from, agents.db)]);
    const record = await finished(controller, version);
    assert.equal(record.state, state, JSON.stringify(record.waves));
    if (state === 'done') assert.equal(agents.other.held?.version, version);
    else assert.equal(agents.other.held?.generation, before, 'the rest never got it');
    await allProven(controller);
  });
}

test('W22 W23 what is taken back says why, and hosts hold what they held', async (context) => {
  const { controller, agents } = await used(context);
  const [before] = [agents.db.held?.hash];
  const version = await begin(controller, {});
  await eventually('the canary', () => agents.db.held?.version === version);
  assert.notEqual(agents.db.held?.hash, before);
  agents.db.batch([{ ...denied(db, other, agents.db), count: 7, effectiveRule: null }]);
  const { waves } = await finished(controller, version);
  const { rolledBack } = waves;
  assert.deepEqual(
    [rolledBack.version, rolledBack.equals, rolledBack.flows, rolledBack.allowed, rolledBack.failed],
    [version + 1, version - 1, 1, 0, []],
  );
  assert.equal(rolledBack.reason, '1 flow that passed before is denied now, the budget is 0');
  const example = { from: 'other', to: 'db', service: 'tcp/5432', reporter: 'db', rule: null, foreseen: true };
  const ends = { from: 'role=other', to: 'role=db', service: 'tcp/5432' };
  assert.deepEqual(rolledBack.groups, [{ ...ends, flows: 1, attempts: 7, examples: [example] }]);
  await finished(controller, version + 1);
  await allProven(controller);
  assert.equal(agents.db.held?.hash, before);
  const { items } = (await controller.api('GET', '/versions')).body;
  const [newest, , former] = items;
  assert.deepEqual([newest.current, newest.createdBy, newest.hash], [true, 'controller', former.hash]);
  assert.match(newest.note, /^rolls back version 2 to what version 1 says: 1 flow that passed before/);
  const audit = (await controller.api('GET', '/audit')).body.items;
  assert.ok(audit.some((entry: { action: string; actor: string }) => entry.action === 'roll-back'));
});

test('W11 a flow that was denied before does not count', async (context) => {
  const { controller, agents } = await used(context);
  const far = '192.0.2.66';
  agents.db.batch([denied(db, far, agents.db)]);
  await eventually('the report to be stored', () => agents.db.acknowledged > 1);
  const version = await begin(controller, {});
  await eventually('the canary', () => agents.db.held?.version === version);
  agents.db.batch([denied(db, far, agents.db)]);
  assert.equal((await finished(controller, version)).state, 'done');
});

test('W21 a canary that fails is taken back, unless as many may', async (context) => {
  const { controller, agents } = await used(context);
  agents.db.manner = 'fails';
  const version = await begin(controller, {});
  const { state, waves } = await finished(controller, version);
  assert.deepEqual([state, waves.rolledBack.failed], ['rolled-back', ['db']]);
  assert.equal(waves.rolledBack.reason, '1 host of wave 1 failed, 0 may: db: it did not load');
  agents.db.manner = 'applies';
  await finished(controller, version + 1);
  await putDraft(controller, 'narrower', shopPolicy);
  agents.db.manner = 'fails';
  const again = await begin(controller, { failures: 1 });
  assert.equal((await finished(controller, again)).state, 'incomplete');
  assert.equal(agents.other.held?.version, again);
});

test('W21 a host that goes back to what it had after it had answered', async (context) => {
  const { controller, agents } = await used(context);
  const version = await begin(controller, { watch: 5 });
  await wave(controller, version, 1, 'watching');
  const { generation = 0, hash = '' } = agents.db.held ?? {};
  const problem = 'rolled back: no new connection to the controller';
  agents.db.say({ kind: 'applied', applied: { generation, hash, proven: false, problem, milliseconds: 1 } });
  const { state } = await finished(controller, version);
  // It says so for the ruleset it was sent: that is the one that did not prove itself.
  assert.equal(state, 'rolled-back');
});

test('W4 an address that comes during a pause reaches hosts whose wave has not come', async (context) => {
  const { controller, agents } = await used(context);
  await putDraft(controller, 'narrower', open.replace('tcp/5432', 'tcp/5433'));
  const version = await begin(controller, { watch: 30 });
  await wave(controller, version, 1, 'watching');
  agents.db.inventory([db, '10.0.0.22']);
  const holds = (agent: FakeAgent) => agent.held?.content.addresses.some(({ address }) => address === '10.0.0.22');
  await eventually('the address', () => holds(agents.web) && holds(agents.other), 5000);
  const both = agents.other.held?.content.classes
    .flatMap(({ services }) => services)
    .map(({ first }) => first % 65_536);
  assert.deepEqual(
    both?.filter((port) => port === 5432 || port === 5433).sort(),
    [5432, 5433],
    'its wave has not come',
  );
  const next = await provisionNext(controller);
  assert.equal((await finished(controller, next)).state, 'done');
});

/** W24: it ends the pause of the one before. */
async function provisionNext(controller: TestController): Promise<number> {
  await putDraft(controller, 'next', open);
  const { status, body } = await controller.api('POST', '/drafts/next/provision', { waves: null });
  assert.equal(status, 202);
  return body.version;
}

test('W24 a version that comes during a pause decides, and is taken back to what held before both', async (context) => {
  const { controller, agents } = await used(context);
  const former = agents.db.held?.hash;
  const first = await begin(controller, { watch: 60 });
  await wave(controller, first, 1, 'watching');
  await putDraft(controller, 'narrower', shopPolicy.replace('tcp/5432', 'tcp/5433'));
  const second = await begin(controller, { watch: 5 });
  assert.equal((await finished(controller, first)).state, 'incomplete');
  await wave(controller, second, 1, 'watching');
  agents.db.batch([denied(db, web, agents.db)]);
  const record = await finished(controller, second);
  assert.deepEqual([record.state, record.waves.rolledBack.equals], ['rolled-back', first - 1]);
  await finished(controller, second + 1);
  await allProven(controller);
  assert.equal(agents.db.held?.hash, former);
});

test('W5 half of the hosts are away: nobody waits for them, and they get what is in force', async (context) => {
  const { controller, agents } = await used(context);
  agents.other.cut();
  agents.web.cut();
  const isAway = async (name: string) => !(await controller.api('GET', `/hosts/${name}`)).body.connected;
  await eventually('two hosts to be away', async () => (await isAway('other')) && (await isAway('web')));
  const began = Date.now();
  const version = await begin(controller, { watch: 1 });
  const { state, hosts, waves } = await finished(controller, version);
  assert.ok(Date.now() - began < 4000, 'one pause, for the hosts that are there');
  const states = hosts.map((host: { workload: string; state: string }) => `${host.workload} ${host.state}`).sort();
  assert.deepEqual([state, states], ['done', ['db applied', 'other away']]);
  assert.deepEqual(
    waves.waves.map(({ state: each }: { state: string }) => each),
    ['passed', 'passed'],
  );
  await agents.other.connect();
  await agents.web.connect();
  await allProven(controller);
  assert.equal(agents.other.held?.version, version);
});

for (const [title, isDenied] of [
  ['W25 a controller that is started again in a pause goes on with the waves', false],
  ['W25 a controller that is started again in a pause takes back what was denied while it was away', true],
] as const)
  test(title, async (context) => {
    const { controller: first, agents } = await used(context);
    const before = agents.other.held?.generation;
    const version = await begin(first, { watch: 4 });
    await wave(first, version, 1, 'watching');
    await first.stop();
    const second = await testController(context, first.directory);
    assert.equal(agents.other.held?.generation, before);
    for (const agent of Object.values(agents) as Agents[keyof Agents][]) await agent.connect();
    if (isDenied) agents.db.batch([denied(db, other, agents.db)]);
    const { state } = await finished(second, version);
    assert.equal(state, isDenied ? 'rolled-back' : 'done');
    if (isDenied) await finished(second, version + 1);
    await allProven(second);
    assert.equal(agents.other.held?.version, isDenied ? 1 : version);
  });
