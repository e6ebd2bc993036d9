import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { AddressDelta, HostRulesetContent, PeerAddress } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import type { ControllerMessage } from '@bulkhead/wire/messages.ts';
import { type AgentLink, Hosts } from '../agents/hosts.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { Deliveries, type Target, trialSeconds } from './deliveries.ts';

const allow = { verdict: 'allow', rule: null, tier: null } as const;
const content: HostRulesetContent = {
  ...{ identities: [], addresses: [], prefixes: [], classes: [] },
  decisions: [{ number: 0, effective: allow, intended: allow }],
  ends: [{ addresses: [], inbound: { cells: [], miss: 0 }, outbound: { cells: [], miss: 0 } }],
};
const target = { workload: 'web', content, hash: contentHash(content), version: 1, change: null };

const database = { address: addressFromBits(4, 0x0a000005n), port: 5432 };

/** One connected host, what it was sent, and a way for it to answer for the generation it was last sent. */
async function oneHost(context: TestContext, slowed: (store: Store) => Store = (store) => store) {
  const opened = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => opened.close());
  const store = slowed(opened);
  const sent: ControllerMessage[] = [];
  const link: AgentLink = { workload: 'web', held: null, send: (message) => sent.push(message), close: () => {} };
  const hosts = new Hosts(
    () => 0,
    () => {},
  );
  hosts.connect(link);
  const noticed: string[] = [];
  const reach = () => [database];
  const deliveries = await Deliveries.load({
    aimed: () => {},
    store,
    hosts,
    noticed: ({ code }) => noticed.push(code),
    reach,
  });
  const answer = (said: { readonly problem: string | null }) => {
    const { generation } = deliveries.meant('web');
    const held = said.problem === null ? { generation, hash: target.hash } : { generation: 0, hash: '0'.repeat(64) };
    return deliveries.applied(link, { ...held, ...said, proven: said.problem === null, milliseconds: 1 });
  };
  const generations = () => sent.map((message) => (message.kind === 'ruleset' ? message.ruleset.generation : null));
  return { deliveries, hosts, link, answer, generations, noticed, sent, store: opened };
}

test('what a host failed to load is sent to it again, until it has', async (context) => {
  const { deliveries, answer, generations } = await oneHost(context);
  await deliveries.aim([target]);
  deliveries.retry();
  assert.deepEqual(generations(), [1], 'it may still be at it');
  await answer({ problem: 'no memory' });
  deliveries.retry();
  assert.deepEqual(generations(), [1, 1]);
  deliveries.retry();
  assert.deepEqual(generations(), [1, 1], 'one at a time');
  await answer({ problem: null });
  deliveries.retry();
  assert.deepEqual(generations(), [1, 1]);
});

test('nothing is sent again to a host that is away', async (context) => {
  const { deliveries, hosts, link, answer, generations } = await oneHost(context);
  await deliveries.aim([target]);
  await answer({ problem: 'no memory' });
  hosts.disconnect(link);
  deliveries.retry();
  assert.deepEqual(generations(), [1]);
});

/** A host that is sent its first generation, and one that is sent a higher number because it holds what nobody sent. */
const firsts: readonly (readonly [
  title: string,
  meant: readonly (typeof target)[],
  act: (host: Awaited<ReturnType<typeof oneHost>>) => Promise<unknown>,
])[] = [
  ['aimed at', [], ({ deliveries }) => deliveries.aim([target])],
  [
    'overtaken',
    [target],
    ({ deliveries, link }) => {
      link.held = { generation: 100, revision: 7, hash: target.hash };
      return deliveries.hello(link);
    },
  ],
];

for (const [title, meant, act] of firsts)
  test(`a host that is ${title} is sent nothing before its generation is on disk`, async (context) => {
    const disk = Promise.withResolvers<void>();
    let [isSlow, waiting] = [false, 0];
    const slowed = (store: Store): Store => ({
      ...store,
      transaction: async (work) => {
        if (isSlow) {
          waiting++;
          await disk.promise;
        }
        return store.transaction(work);
      },
    });
    const host = await oneHost(context, slowed);
    await host.deliveries.aim(meant);
    const before = host.generations().length;
    isSlow = true;
    const sent = act(host);
    // Long enough for anything that does not wait for the disk: the store answers within these turns.
    while (waiting === 0) await setImmediate();
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    assert.deepEqual([waiting, host.generations().length], [1, before]);
    disk.resolve();
    await sent;
    const { generation } = host.deliveries.meant('web');
    assert.deepEqual(host.generations().slice(before), [generation]);
    assert.equal((await host.store.hostStates.get('web'))?.generation, generation);
  });

const peers = (count: number, shift = 0): readonly PeerAddress[] =>
  Array.from({ length: count }, (_, index) => ({
    address: addressFromBits(4, 0x0a000000n + BigInt(index + shift)),
    identity: 1,
  }));
const withPeers = (addresses: readonly PeerAddress[]): HostRulesetContent => ({
  ...content,
  identities: [{ id: 1, name: 'role=web' }],
  addresses,
});
const aimAt = (goal: HostRulesetContent, change: Target['change'] = null): Target => ({
  ...{ workload: 'web', content: goal, hash: contentHash(goal), version: 2 },
  change,
});

test('a host that says it holds what nobody can have sent is left alone, and named', async (context) => {
  const { deliveries, link, noticed, sent } = await oneHost(context);
  await deliveries.aim([target]);
  const before = [deliveries.meant('web'), sent.length];
  link.held = { generation: Number.MAX_SAFE_INTEGER, revision: 7, hash: target.hash };
  await deliveries.hello(link);
  assert.deepEqual([deliveries.meant('web'), sent.length], before);
  assert.deepEqual(noticed, ['generation-impossible']);
});

/** Peers that come one after the other, as the compiler tells of them or found by comparing. */
for (const told of [true, false])
  test(`peers that come one by one are sent and stored one by one, ${told ? 'told' : 'found'}, and read back`, async (context) => {
    const { deliveries, link, store, hosts, sent } = await oneHost(context);
    let base = withPeers(peers(50));
    await deliveries.aim([{ ...aimAt(base), version: 1 }]);
    await deliveries.applied(link, { ...deliveries.meant('web'), proven: true, problem: null, milliseconds: 1 });
    const [whole] = [(await store.hostStates.get('web'))?.ruleset.length ?? 0];
    for (let count = 51; count <= 55; count++) {
      const next = withPeers(peers(count));
      const delta = { added: next.addresses.slice(-1), removed: [] };
      await deliveries.aim([aimAt(next, told ? { base, delta, narrows: false } : null)]);
      const [message] = sent.slice(-1);
      assert.ok(message?.kind === 'delta');
      assert.deepEqual(message.delta.addresses, delta);
      base = next;
    }
    const record = await store.hostStates.get('web');
    assert.equal(record?.ruleset.length, whole, 'the whole one was written once');
    assert.equal(record?.amendments.length, 5);
    const again = await Deliveries.load({ aimed: () => {}, store, hosts, noticed: () => {}, reach: () => [] });
    assert.deepEqual([again.meant('web'), again.version('web')], [deliveries.meant('web'), 2]);
    assert.deepEqual(again.content('web'), base);
  });

test('amendments that outgrow what they amend are stored as one, and what was sent before is as good as ever', async (context) => {
  const { deliveries, store, hosts } = await oneHost(context);
  const kinds = new Set<number>();
  for (let shift = 0; shift < 30; shift++) {
    await deliveries.aim([aimAt(withPeers(peers(20, shift)))]);
    const { amendments = [], ruleset = '' } = (await store.hostStates.get('web')) ?? {};
    assert.ok(2 * JSON.stringify(amendments.map(({ delta }) => delta)).length <= ruleset.length + 100, `${shift}`);
    kinds.add(amendments.length);
  }
  assert.ok(kinds.has(0) && kinds.size > 2, `${[...kinds]}`);
  const again = await Deliveries.load({ aimed: () => {}, store, hosts, noticed: () => {}, reach: () => [] });
  assert.deepEqual(again.content('web'), withPeers(peers(20, 29)));
});

const spoiled: readonly (readonly [what: string, delta: AddressDelta])[] = [
  ['removes what is not there', { added: [], removed: [{ address: addressFromBits(4, 1n), identity: 1 }] }],
  ['is no delta', null as never],
  ['has no addresses', { added: [{ address: 'x', identity: 1 }], removed: [] } as never],
  ['leads somewhere else', { added: [{ address: addressFromBits(4, 1n), identity: 1 }], removed: [] }],
];
for (const [what, delta] of spoiled)
  test(`an amendment that ${what} leaves nothing to build on: the next ruleset is whole and narrows`, async (context) => {
    const { deliveries, store, hosts, sent } = await oneHost(context);
    await deliveries.aim([aimAt(withPeers(peers(9)))]);
    const { hash } = deliveries.meant('web');
    const spoilt = { workload: 'web', generation: 2, revision: 1, hash, version: 2, delta: JSON.stringify(delta) };
    await store.hostStates.amended(spoilt);
    const again = await Deliveries.load({ aimed: () => {}, store, hosts, noticed: () => {}, reach: () => [] });
    assert.equal(again.content('web'), null);
    await again.aim([aimAt(withPeers(peers(9)))]);
    assert.equal(sent.at(-1)?.kind, 'ruleset');
    assert.deepEqual([again.meant('web').generation, again.meant('web').revision], [3, 2]);
  });

test('addresses that lose what they had narrow, told or found', async (context) => {
  const deny = { verdict: 'deny', rule: null, tier: null } as const;
  const cell = { identity: 1, class: 0, decision: 1 };
  const guarded = (count: number): HostRulesetContent => ({
    ...withPeers(peers(count)),
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound: { cells: [cell], miss: 0 }, outbound: { cells: [], miss: 0 } }],
  });
  const { deliveries } = await oneHost(context);
  await deliveries.aim([aimAt(guarded(9))]);
  const { revision } = deliveries.meant('web');
  await deliveries.aim([aimAt(guarded(10))]);
  assert.equal(deliveries.meant('web').revision, revision, 'one more loses nothing');
  await deliveries.aim([aimAt(guarded(8))]);
  assert.equal(deliveries.meant('web').revision, revision + 1);
});

test('what takes something away is tried out, what only adds or must hold at any price is not', async (context) => {
  const { deliveries, link, sent } = await oneHost(context);
  const holds = () =>
    deliveries.applied(link, { ...deliveries.meant('web'), proven: true, problem: null, milliseconds: 1 });
  const deny = { verdict: 'deny', rule: null, tier: null } as const;
  const cells = [{ identity: 1, class: 0, decision: 1 }];
  const guarded = (count: number): HostRulesetContent => ({
    ...withPeers(peers(count)),
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound: { cells, miss: 0 }, outbound: { cells: [], miss: 0 } }],
  });
  const trial = { seconds: trialSeconds, reach: [database] };
  for (const [title, goal, untried, expected, kept] of [
    ['the first ruleset', guarded(9), false, trial, true],
    ['an address more', guarded(10), false, null, true],
    ['an address less', guarded(9), false, trial, false],
    ['an address more than what was not taken', guarded(10), false, trial, true],
    ['what must hold at any price', guarded(5), true, null, true],
  ] as const) {
    await deliveries.aim([{ ...aimAt(goal), ...(untried && { untried }) }]);
    const message = sent.at(-1);
    assert.ok(message?.kind === 'ruleset' || message?.kind === 'delta');
    assert.deepEqual(message.trial, expected, title);
    if (kept) await holds();
  }
  link.held = null;
  await deliveries.aim([{ ...aimAt(guarded(4)), untried: true }]);
  await deliveries.hello(link);
  const again = sent.at(-1);
  assert.equal(again?.kind === 'ruleset' ? again.trial : undefined, null, 'sent once more, it is still not tried out');
});

test('what is told of another content than the host was sent is not believed', async (context) => {
  const { deliveries, sent } = await oneHost(context);
  await deliveries.aim([aimAt(withPeers(peers(9)))]);
  const goal = withPeers(peers(8));
  // By itself this would say that nothing is taken away.
  const change = { base: withPeers(peers(9)), delta: { added: [], removed: [] }, narrows: false };
  await deliveries.aim([aimAt(goal, change)]);
  const [message] = sent.slice(-1);
  assert.ok(message?.kind === 'delta');
  assert.deepEqual(message.delta.addresses, { added: [], removed: peers(9).slice(-1) });
});
