import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../testkit.ts';
import { type Answers, FakeController } from './testkit.ts';

const leak = (rule: string | null, services: readonly string[], from: string, to: string) => ({
  ...{ rule, tier: rule === null ? null : 'rescue', services, omitted: 0 },
  between: [{ from, to }],
});
const ahead = {
  workloads: [
    { name: 'db-1', managed: true, connected: true },
    { name: 'db-2', managed: true, connected: false },
    { name: 'nas', managed: false, connected: false },
  ],
  peers: { managed: 12, connected: 11, unmanaged: 2 },
  edges: { cut: 7, attempts: 3120, items: [{ from: 'web-1', to: 'db-1', service: 'tcp/5432' }] },
  stays: { items: [leak('glass/ssh', ['tcp/22'], 'role=jump', 'role=db')] },
};
const host = (workload: string, role: string, state: string, proven: number | null, problem: string | null = null) => ({
  ...{ workload, role, state, proven, problem },
});
const fields = {
  ...{ id: 3, workloads: ['db-1'], names: ['db-1'], selector: null, rescue: null, allow: [], reason: 'odd traffic' },
  ...{ created: '2026-01-01T12:00:00.000Z', createdBy: 'ana', expires: null, released: null },
};
const probes = { hosts: ['web-1', 'web-2'], cells: 12, closed: 12, unknown: 0, open: [], silent: [] };
const none = { ...fields, run: null, closed: null };
const run = { step: 'isolate', finishedAt: '2026-01-01T12:00:01.000Z', leaks: ahead.stays };
const whole = {
  ...fields,
  run: {
    ...{ ...run, state: 'done', probes },
    hosts: [host('db-1', 'isolated', 'proven', 120), host('web-1', 'peer', 'proven', 180)],
  },
  closed: { isolated: { all: 1, proven: 1, open: [] }, peers: { all: 1, proven: 1, open: [] } },
};
const partly = {
  ...fields,
  run: {
    ...{ ...run, state: 'incomplete' },
    leaks: { items: [leak(null, ['all'], '0.0.0.0-255.255.255.255', 'db-1')] },
    probes: {
      ...probes,
      cells: 6,
      closed: 5,
      open: [{ from: 'web-1', to: 'db-1', service: 'tcp/22', outcome: 'connected' }],
      silent: ['web-2'],
    },
    hosts: [
      host('db-1', 'isolated', 'timeout', null),
      host('web-1', 'peer', 'proven', 180),
      host('web-2', 'peer', 'away', null),
      host('web-3', 'peer', 'failed', null, 'it did not load'),
    ],
  },
  closed: { isolated: { all: 1, proven: 0, open: ['db-1'] }, peers: { all: 3, proven: 1, open: ['web-2', 'web-3'] } },
};
const released = {
  ...whole,
  released: '2026-01-01T13:00:00.000Z',
  run: { ...whole.run, step: 'release', probes: null, leaks: null },
};
const bySelector = {
  ...fields,
  id: 4,
  names: null,
  selector: 'app=shop',
  workloads: ['db-1', 'web-1'],
  expires: '2026-01-01T16:00:00.000Z',
  reason: '',
};
const page = (...items: readonly object[]) => ({ body: { items, next: null } });

type Case = {
  readonly words: readonly string[];
  readonly code: number;
  readonly answers: Answers;
  readonly golden?: string;
  readonly sent?: object;
};
const cases: readonly Case[] = [
  {
    words: ['isolate', 'db-1', '--preview'],
    code: 0,
    answers: { 'POST /isolations/preview': { body: ahead } },
    golden: 'isolate-preview.txt',
    sent: { workloads: ['db-1'], allow: [] },
  },
  {
    words: ['isolate', 'db-1', '--yes', '--reason', 'odd traffic'],
    code: 0,
    answers: { 'POST /isolations': { status: 201, body: none }, 'GET /isolations/3': [none, whole] },
    golden: 'isolate.txt',
    sent: { workloads: ['db-1'], allow: [], reason: 'odd traffic' },
  },
  {
    words: ['isolate', 'db-1', '--yes'],
    code: 1,
    answers: { 'POST /isolations': { status: 201, body: partly } },
    golden: 'isolate-open.txt',
  },
  {
    words: ['isolate', '--selector', 'app=shop', '--yes', '--no-rescue', '--allow', '10.0.0.5 tcp/22'],
    code: 0,
    answers: { 'POST /isolations': { status: 201, body: whole } },
    sent: { selector: 'app=shop', rescue: [], allow: ['10.0.0.5 tcp/22'] },
  },
  {
    words: ['isolate', 'db-1', 'db-2', '--yes', '--rescue', 'glass/ssh', '--rescue', 'kvm'],
    code: 0,
    answers: { 'POST /isolations': { status: 201, body: whole } },
    sent: { workloads: ['db-1', 'db-2'], rescue: ['glass/ssh', 'kvm'], allow: [] },
  },
  { words: ['isolate', '--yes'], code: 2, answers: {}, golden: 'isolate-nobody.txt' },
  { words: ['isolate', 'db-1', '--selector', 'app=shop', '--yes'], code: 2, answers: {} },
  { words: ['isolate', 'db-1', '--for', 'ever', '--yes'], code: 2, answers: {}, golden: 'isolate-bad-duration.txt' },
  { words: ['isolate', 'db-1', '--json'], code: 2, answers: {} },
  {
    words: ['isolate', 'nobody', '--yes'],
    code: 2,
    answers: {
      'POST /isolations': {
        status: 404,
        body: { code: 'not-found', detail: 'Cannot find workload "nobody": there is none of that name' },
      },
    },
  },
  {
    words: ['isolate', 'list'],
    code: 0,
    answers: { 'GET /isolations': page(fields, bySelector) },
    golden: 'isolate-list.txt',
  },
  { words: ['isolate', 'list'], code: 0, answers: { 'GET /isolations': page() } },
  {
    words: ['isolate', 'show', '3'],
    code: 0,
    answers: { 'GET /isolations/3': { body: partly }, 'GET /isolations/3/leaks': { body: ahead.stays } },
    golden: 'isolate-show.txt',
  },
  { words: ['isolate', 'show', 'three'], code: 2, answers: {} },
  {
    words: ['release', '3', '--reason', 'was nothing'],
    code: 0,
    answers: { 'POST /isolations/3/release': { body: released } },
    golden: 'release.txt',
    sent: { reason: 'was nothing' },
  },
  {
    words: ['release', 'db-1'],
    code: 0,
    answers: { 'GET /isolations': page(bySelector, fields), 'POST /isolations/3/release': { body: released } },
  },
  {
    words: ['release', 'web-1'],
    code: 2,
    answers: { 'GET /isolations': page(bySelector, fields) },
    golden: 'release-of-many.txt',
  },
  { words: ['release', '9'], code: 2, answers: {} },
];

for (const { words, code, answers, golden, sent } of cases) {
  test(`bulkhead ${words.join(' ')} ends with ${code}`, async () => {
    const controller = new FakeController(answers);
    const ran = await controller.run(words);
    assert.equal(ran.code, code, ran.stdout + ran.stderr);
    const errors = ran.stderr === '' ? '' : `--- standard error\n${ran.stderr}`;
    if (golden !== undefined) assertGolden(golden, `$ bulkhead ${words.join(' ')}\n${ran.stdout}${errors}`);
    const asked = controller.asked.find(({ method }) => method === 'POST');
    if (sent !== undefined) assert.deepEqual(JSON.parse(asked?.body ?? ''), sent);
  });
}
