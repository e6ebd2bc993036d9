import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { ControllerMessage } from '@bulkhead/wire/messages.ts';
import { type AgentLink, Hosts } from '../agents/hosts.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { Deliveries } from './deliveries.ts';

const allow = { verdict: 'allow', rule: null, tier: null } as const;
const content: HostRulesetContent = {
  ...{ identities: [], addresses: [], prefixes: [], classes: [] },
  decisions: [{ number: 0, effective: allow, intended: allow }],
  ends: [{ addresses: [], inbound: { cells: [], miss: 0 }, outbound: { cells: [], miss: 0 } }],
};
const target = { workload: 'web', content, hash: contentHash(content), version: 1 };

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
  const deliveries = await Deliveries.load({ store, hosts, noticed: () => {} });
  const answer = (said: { readonly problem: string | null }) => {
    const { generation } = deliveries.meant('web');
    const held = said.problem === null ? { generation, hash: target.hash } : { generation: 0, hash: '0'.repeat(64) };
    return deliveries.applied(link, { ...held, ...said, proven: said.problem === null, milliseconds: 1 });
  };
  const generations = () => sent.map((message) => (message.kind === 'ruleset' ? message.ruleset.generation : null));
  return { deliveries, hosts, link, answer, generations, store: opened };
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
