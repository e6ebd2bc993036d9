import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { ControllerMessage } from '@bulkhead/wire/messages.ts';
import { type AgentLink, Hosts } from '../agents/hosts.ts';
import { openStore } from '../store/open-store.ts';
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
async function oneHost(context: TestContext) {
  const store = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => store.close());
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
  return { deliveries, hosts, link, answer, generations };
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
