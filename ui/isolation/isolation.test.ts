import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetOfFocus } from './isolation-target.ts';
import type { Isolation, IsolationAhead } from './isolation-types.ts';
import { consequencesOf, leakText, standingText, subjectText } from './isolation-words.ts';

const workloads = [
  { name: 'web-1', labels: { app: 'shop', env: 'prod', role: 'web' } },
  { name: 'web-9', labels: { app: 'shop', env: 'dev' } },
  { name: 'bare', labels: {} },
  { name: 'odd', labels: { app: '-', env: 'a' } },
];

for (const [focus, expected] of [
  ['env=prod/app=shop', { selector: 'app=shop,env=prod' }],
  ['env=dev/app=shop', { selector: 'app=shop,env=dev' }],
  ['env=-/app=-', { selector: '!app,!env' }],
  ['env=a/app="-"', { selector: 'app=-,env=a' }],
  ['env=prod/app=shop/workload=web-1', { workloads: ['web-1'] }],
  ['env=dev/app=shop/workload=web-1', null],
  ['env=prod/app=crm', null],
  ['outside/10.0.0.0/8', null],
  ['', null],
] as const)
  test(`what has the focus "${focus}" is isolated as ${JSON.stringify(expected)}`, () =>
    assert.deepEqual(targetOfFocus(focus, workloads), expected));

const ahead: IsolationAhead = {
  workloads: [
    { name: 'web-1', managed: true, connected: true },
    { name: 'nas', managed: false, connected: false },
    { name: 'db-1', managed: true, connected: false },
  ],
  peers: { managed: 4, connected: 1, unmanaged: 1 },
  edges: { cut: 1, attempts: 12, items: [{ from: 'lb-1', to: 'web-1', service: 'tcp/80' }] },
  stays: { items: [] },
};

test('the consequence is said in numbers', () => {
  assert.deepEqual(consequencesOf(ahead), [
    '3 workloads closed for everything, in whatever mode: web-1, nas, db-1.',
    '1 other host of 4 closes towards it, too.',
    '1 edge of the last hour cut, with 12 connections: lb-1 to web-1 tcp/80.',
    'No agent enforces on nas: only the others close.',
    'Not connected: db-1. Only the others close for now.',
  ]);
  const nothing = { ...ahead, workloads: ahead.workloads.slice(0, 1), edges: { cut: 0, attempts: 0, items: [] } };
  assert.equal(consequencesOf(nothing).length, 3);
  assert.match(consequencesOf(nothing)[2] ?? '', /^No connection/);
});

test('what still passes is said by its rule, or that no host is in between', () => {
  const leak = { tier: null, services: ['tcp/22'], omitted: 0, between: [{ from: 'role=jump', to: 'role=web' }] };
  assert.equal(leakText({ ...leak, rule: 'glass/ssh' }), 'glass/ssh: tcp/22, role=jump to role=web');
  assert.equal(
    leakText({ ...leak, rule: null, omitted: 3 }),
    'No host that answers is in between: tcp/22, role=jump to role=web, and 3 other pairs',
  );
});

const isolation: Isolation = {
  ...{ id: 1, workloads: ['web-1'], names: ['web-1'], selector: null, rescue: null, allow: [], reason: '' },
  ...{ created: '', createdBy: 'ana', expires: null, released: null },
  run: {
    ...{ step: 'isolate', state: 'incomplete', probes: null, leaks: null },
    hosts: [
      { workload: 'web-1', role: 'isolated', state: 'timeout', problem: null, proven: null },
      { workload: 'db-1', role: 'peer', state: 'proven', problem: null, proven: 90 },
      { workload: 'lb-1', role: 'peer', state: 'away', problem: null, proven: null },
    ],
  },
  closed: { isolated: { all: 1, proven: 0, open: ['web-1'] }, peers: { all: 2, proven: 1, open: ['lb-1'] } },
};

test('who has not closed is named with the reason', () => {
  assert.deepEqual(standingText(isolation), {
    text: '0 of 1 own host and 1 of 2 peers have closed and were read back.',
    open: ['web-1: its own agent does not answer', 'lb-1 is not connected'],
  });
  assert.deepEqual(standingText({ ...isolation, run: null, closed: null }).open, []);
});

test('whom it is about', () => {
  assert.equal(subjectText(isolation), 'web-1');
  assert.equal(subjectText({ ...isolation, names: null, selector: 'app=shop' }), 'app=shop (1 workload)');
  assert.equal(subjectText({ ...isolation, names: null, selector: '' }), 'every workload (1 workload)');
});
