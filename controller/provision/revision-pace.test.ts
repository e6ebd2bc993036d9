import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { LiveMode } from '@bulkhead/model/words.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import type { ControllerMessage } from '@bulkhead/wire/messages.ts';
import { type AgentLink, Hosts } from '../agents/hosts.ts';
import { openStore } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { Deliveries, type Target } from './deliveries.ts';
import { revisionInterval } from './revision-pace.ts';

const allow = { verdict: 'allow', rule: null, tier: null } as const;
const deny = { verdict: 'deny', rule: null, tier: null } as const;

/** Peers may connect, others not: with fewer of them it narrows, with more it widens. */
const content = (peers: number): HostRulesetContent => ({
  identities: [{ id: 1, name: 'peers' }],
  addresses: Array.from({ length: peers }, (_, i) => ({
    address: addressFromBits(4, BigInt(0x0a000001 + i)),
    identity: 1,
  })),
  prefixes: [],
  classes: [],
  decisions: [
    { number: 0, effective: deny, intended: deny },
    { number: 1, effective: allow, intended: allow },
  ],
  ends: [
    {
      addresses: [],
      inbound: { cells: [{ identity: 1, class: 0, decision: 1 }], miss: 0 },
      outbound: { cells: [], miss: 0 },
    },
  ],
});

/** A connected host, and the time in our hands. */
async function host(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const store = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => store.close());
  const sent: ControllerMessage[] = [];
  const link: AgentLink = { workload: 'web', held: null, send: (message) => sent.push(message), close: () => {} };
  const hosts = new Hosts(
    () => 0,
    () => {},
  );
  hosts.connect(link);
  let now = 5000;
  const parts = { store, hosts, noticed: () => {}, aimed: () => {}, reach: () => [], clock: () => now };
  const deliveries = await Deliveries.load(parts);
  context.after(() => deliveries.stop());
  const aim = (peers: number, more: Partial<Target> = {}) => {
    const given = content(peers);
    return deliveries.aim([
      { workload: 'web', content: given, hash: contentHash(given), version: 1, change: null, ...more },
    ]);
  };
  const pass = async (milliseconds: number) => {
    now += milliseconds;
    context.mock.timers.tick(milliseconds);
    // In turn behind whatever the timers began.
    await deliveries.aim([]);
  };
  const revisions = () =>
    sent.map(
      (message) =>
        (message.kind === 'delta' ? message.delta : message.kind === 'ruleset' ? message.ruleset : null)?.revision,
    );
  return { deliveries, parts, link, sent, aim, pass, revisions };
}

test('LC2 one revision a second, however many changes narrow; new connections are judged by each at once', async (context) => {
  const { aim, pass, revisions, sent, deliveries } = await host(context);
  for (const peers of [20, 19, 18, 17, 16]) await aim(peers);
  assert.deepEqual(revisions(), [1, 2, 2, 2, 2]);
  assert.equal(deliveries.meant('web').hash, contentHash(content(16)));
  await pass(revisionInterval - 1);
  assert.equal(sent.length, 5);
  await pass(1);
  assert.deepEqual(revisions(), [1, 2, 2, 2, 2, 3]);
  const last = sent.at(-1);
  assert.deepEqual(last?.kind === 'delta' ? last.delta.addresses : null, { added: [], removed: [] });
  await pass(5 * revisionInterval);
  assert.equal(sent.length, 6, 'and none after that');
});

test('LC1 LC2 changes that are a second apart have a revision each', async (context) => {
  const { aim, pass, revisions } = await host(context);
  for (const peers of [20, 19, 18]) {
    await aim(peers);
    await pass(revisionInterval);
  }
  assert.deepEqual(revisions(), [1, 2, 3]);
});

test('LC1 LC2 widening has none, and what is owed stays owed over it', async (context) => {
  const { aim, pass, revisions } = await host(context);
  for (const peers of [20, 21, 19, 18, 25]) await aim(peers);
  assert.deepEqual(revisions(), [1, 1, 2, 2, 2]);
  await pass(revisionInterval);
  assert.deepEqual(revisions(), [1, 1, 2, 2, 2, 3]);
});

for (const [mode, after] of [
  ['drain', [1, 2, 2]],
  ['revalidate', [1, 2, 2]],
  ['reset', [1, 2, 3]],
] as readonly (readonly [LiveMode, readonly number[]])[])
  test(`LC2 LC4 LC5 a second narrowing at once with ${mode}: revisions ${after}`, async (context) => {
    const { aim, pass, revisions, sent } = await host(context);
    await aim(20);
    await aim(19);
    await aim(18, { live: mode });
    assert.deepEqual(revisions(), after);
    await pass(2 * revisionInterval);
    assert.deepEqual(revisions(), mode === 'revalidate' ? [...after, 3] : after);
    const said = sent.map((message) => ('live' in message ? message.live : null));
    assert.deepEqual(said.filter((live) => live === 'reset').length, mode === 'reset' ? 1 : 0);
  });

test('LC6 what must hold at any price waits for nothing', async (context) => {
  const { aim, revisions } = await host(context);
  for (const peers of [20, 19]) await aim(peers);
  await aim(18, { untried: true });
  assert.deepEqual(revisions(), [1, 2, 3]);
});

test('LC3 a controller that is started again in between sends what was owed', async (context) => {
  const { aim, parts, link, sent, revisions } = await host(context);
  for (const peers of [20, 19, 18]) await aim(peers);
  assert.deepEqual(revisions(), [1, 2, 2]);
  const again = await Deliveries.load(parts);
  await again.hello(link);
  assert.deepEqual(revisions(), [1, 2, 2, 3]);
  assert.deepEqual([sent.at(-1)?.kind, again.meant('web').generation], ['ruleset', 4]);
});

test('LC3 one that ends in peace sends what is owed before it does', async (context) => {
  const { aim, deliveries, revisions } = await host(context);
  for (const peers of [20, 19, 18]) await aim(peers);
  await deliveries.stop();
  assert.deepEqual(revisions(), [1, 2, 2, 3]);
});

test('LC7 a host that comes back is asked to end connections of what it was away for, also by another controller', async (context) => {
  const { aim, parts, link, sent, deliveries } = await host(context);
  await aim(20);
  await parts.store.provisions.put({
    ...{ version: 1, state: 'done', startedAt: 0, finishedAt: 0, hosts: [] },
    waves: { former: 0, settings: null, live: 'reset', waves: [], rolledBack: null },
  });
  await aim(19, { live: 'reset' });
  const again = await Deliveries.load(parts);
  await again.hello(link);
  const last = sent.at(-1);
  assert.equal(last?.kind === 'ruleset' ? last.live : null, 'reset');
  await again.applied(link, { ...again.meant('web'), proven: true, problem: null, milliseconds: 1 });
  link.held = null;
  await again.hello(link);
  const told = sent.at(-1);
  assert.equal(told?.kind === 'ruleset' ? told.live : null, undefined);
  await deliveries.stop();
});
