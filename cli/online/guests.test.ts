import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../testkit.ts';
import { type Answers, FakeController } from './testkit.ts';

const host = (name: string, more: object) => ({
  ...{ name, mode: { inbound: 'enforce', outbound: 'enforce' }, connected: true, lastSeen: '2026-01-01T12:00:00.000Z' },
  ...{ generation: { intended: 4, applied: 4, proven: 4 }, proven: true, counted: 100, received: 100, lost: 0 },
  ...{ capabilities: { level: 'no process', absent: ['process'] }, problems: [] },
  ...more,
});
const guestOf = (name: string) => ({
  ...{ name: 'shop-7', kind: 'guest', managed: false, host: name, notEnforced: null, fallbackMode: 'enforce' },
  ...{ labels: { role: 'shop', env: 'prod' }, ownLabels: { role: 'shop' } },
  addresses: [{ network: 'main', address: '172.18.0.5' }],
});
const withGuests = {
  ...{ version: { number: 2, state: 'done' }, started: '2026-01-01T12:00:00.000Z', now: '2026-01-01T12:05:00.000Z' },
  ...{ setupNeeded: false, consoleAddress: null, agentAddresses: ['10.0.0.5:8444'], authority: 'abc' },
  workloads: { managed: 2, unmanaged: 1, guests: 3 },
  guests: { proven: 2, notEnforced: ['shop-8'] },
  hosts: { connected: 2, proven: 2, away: [], withProblems: [] },
  reports: { counted: 200, received: 200, lost: 0, droppedBatches: 0, missingBatches: 0 },
  ...{
    disk: { state: 'ok' },
    refusals: {},
    duplicateAddresses: [],
    memoryBytes: 200 * 1048576,
    absent: ['process and user rules'],
  },
};

type Case = {
  readonly words: readonly string[];
  readonly code: number;
  readonly answers: Answers;
  readonly golden?: string;
};

const cases: readonly Case[] = [
  {
    words: ['workload', 'list'],
    code: 0,
    answers: {
      'GET /workloads': {
        body: {
          items: [
            guestOf('web-1'),
            { ...guestOf('web-9'), name: 'shop-8', notEnforced: 'Cannot enforce for "shop-8": its host is gone' },
            { name: 'web-1', managed: true, kind: 'managed', host: null, labels: { role: 'web' }, addresses: [] },
          ],
          next: null,
        },
      },
    },
    golden: 'workloads-guests.txt',
  },
  {
    words: ['hosts'],
    code: 0,
    answers: {
      'GET /hosts': {
        body: {
          items: [
            host('web-1', { host: null }),
            host('shop-7', { host: 'web-1', counted: null, received: null, lost: null, capabilities: null }),
            host('shop-8', { host: 'web-9', connected: false, lastSeen: null, proven: false, problems: ['no agent'] }),
          ],
          next: null,
        },
      },
    },
    golden: 'hosts-guests.txt',
  },
  { words: ['status'], code: 0, answers: { 'GET /status': { body: withGuests } }, golden: 'status-guests.txt' },
  { words: ['workload', 'set', 'shop-7'], code: 2, answers: {}, golden: 'workload-set-nothing.txt' },
  { words: ['workload', 'set', 'nobody', '--host', 'web-1'], code: 2, answers: {} },
];

for (const { words, code, answers, golden } of cases)
  test(`bulkhead ${words.join(' ')} ends with ${code}${golden === undefined ? '' : ` and reads like ${golden}`}`, async () => {
    const ran = await new FakeController(answers).run(words);
    assert.equal(ran.code, code, ran.stderr);
    const errors = ran.stderr === '' ? '' : `-- standard error\n${ran.stderr}`;
    if (golden !== undefined) assertGolden(golden, `$ bulkhead ${words.join(' ')}\n${ran.stdout}${errors}`);
  });

for (const [title, words, body] of [
  ['another host', ['--host', 'web-2'], { host: 'web-2', mode: 'enforce' }],
  ['another mode', ['--mode', 'test'], { host: 'web-1', mode: 'test' }],
  ['no host', ['--no-host'], {}],
] as const)
  test(`of a guest ${title} is set, and the rest of it stays`, async () => {
    const controller = new FakeController({
      'GET /workloads/shop-7': { body: guestOf('web-1') },
      'PUT /workloads/shop-7': { body: {} },
    });
    assert.equal((await controller.run(['workload', 'set', 'shop-7', ...words])).code, 0);
    const put = controller.asked.find(({ method }) => method === 'PUT');
    const kept = { labels: { role: 'shop' }, addresses: guestOf('web-1').addresses };
    assert.deepEqual(JSON.parse(put?.body ?? ''), { ...kept, ...body });
  });

test('a guest is added with its host', async () => {
  const controller = new FakeController({ 'PUT /workloads/shop-7': { status: 201, body: {} } });
  const words = ['workload', 'add', 'shop-7', '--host', 'web-1', '--address', '172.18.0.5', '--mode', 'test'];
  const { code, stdout } = await controller.run(words);
  assert.deepEqual([code, stdout], [0, 'workload shop-7: no labels, 172.18.0.5, on web-1\n']);
  const said = { labels: {}, addresses: ['172.18.0.5'], host: 'web-1', mode: 'test' };
  assert.deepEqual(JSON.parse(controller.asked[0]?.body ?? ''), said);
});
