import assert from 'node:assert/strict';
import test from 'node:test';
import type { StuckFlow } from '@bulkhead/sensors/nflog/stuck-flows.ts';
import { ForeignDrops } from './foreign-drops.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { FakeKernel } from './testkit/fake-kernel.ts';

const flow: StuckFlow = {
  protocol: 'tcp',
  source: '10.0.0.2',
  destination: '10.0.0.1',
  sourcePort: 4000,
  destinationPort: 80,
  rule: 'shop/web-to-api',
};

function host(older: readonly string[] = []) {
  let now = 0;
  const [kernel, problems] = [new FakeKernel(), new Problems(silentLog)];
  const drops = new ForeignDrops({ kernel, problems, clock: () => now, olderTables: () => older });
  const pass = (milliseconds: number) => {
    now += milliseconds;
    drops.tidy();
  };
  return { kernel, problems, drops, pass };
}

for (const [title, dropper, older, said] of [
  [
    'a rule that was seen',
    'the rule "drop" of chain in',
    [],
    /allows: 10\.0\.0\.2 to 10\.0\.0\.1 tcp\/80, by the rule/,
  ],
  ['what cannot be traced', null, ['filter'], /by what cannot be traced, the older iptables with its table filter$/],
  ['nobody', null, [], /^$/],
] as const)
  test(`what drops a flow: ${title}`, async () => {
    const { kernel, problems, drops } = host(older);
    kernel.dropper = dropper;
    await drops.found(flow);
    assert.match(problems.texts().join(), said);
  });

test('many stuck flows are one look, and the next comes after a rest', async () => {
  const { kernel, drops, pass } = host();
  await Promise.all([drops.found(flow), drops.found(flow)]);
  await drops.found(flow);
  assert.equal(kernel.traces, 1);
  pass(10_000);
  await drops.found(flow);
  assert.equal(kernel.traces, 2);
});

test('what is not seen for ten minutes is over', async () => {
  const { kernel, problems, drops, pass } = host();
  kernel.dropper = 'somebody';
  await drops.found(flow);
  pass(400_000);
  await drops.found(flow);
  pass(400_000);
  assert.equal(problems.texts().length, 1);
  pass(200_000);
  assert.deepEqual(problems.texts(), []);
});

test('however many droppers there are, the list of problems stays short', async () => {
  const { kernel, problems, drops, pass } = host();
  for (let i = 0; i < 20; i++) {
    kernel.dropper = `rule ${i}`;
    await drops.found(flow);
    pass(10_000);
  }
  assert.equal(problems.texts().length, 8);
});
