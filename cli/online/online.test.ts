import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../testkit.ts';
import { type Answers, FakeController } from './testkit.ts';

const host = (name: string, more: object = {}) => ({
  name,
  mode: { inbound: 'enforce', outbound: 'enforce' },
  connected: true,
  lastSeen: '2026-01-01T12:00:00.000Z',
  generation: { intended: 4, applied: 4, proven: 4 },
  proven: true,
  counted: 100,
  received: 100,
  lost: 0,
  capabilities: { level: 'no process', absent: ['process'] },
  problems: [],
  ...more,
});

const status = {
  version: { number: 2, state: 'done' },
  started: '2026-01-01T12:00:00.000Z',
  now: '2026-01-01T12:05:00.000Z',
  setupNeeded: true,
  consoleAddress: 'https://10.0.0.5:8443',
  agentAddresses: ['10.0.0.5:8444'],
  authority: 'abc',
  workloads: { managed: 2, unmanaged: 1 },
  hosts: { connected: 1, proven: 1, away: [{ name: 'db-1' }], withProblems: ['db-1'] },
  reports: { counted: 200, received: 195, lost: 5, droppedBatches: 0, missingBatches: 1 },
  disk: { state: 'ok' },
  refusals: {},
  duplicateAddresses: [],
  memoryBytes: 200 * 1048576,
  absent: ['console', 'forward hook'],
};
const troubled = {
  ...status,
  hosts: {
    ...status.hosts,
    ...{ fresh: 1, freshSeconds: 30 },
    notProven: [
      { name: 'db-1', state: 'old', since: '2026-01-01T12:02:00.000Z', reason: 'its agent is not in session' },
      { name: 'web-2', state: 'not proven', since: null, reason: 'its agent has made no statement yet' },
    ],
    alarms: [{ name: 'db-1', alarms: ['tcp/22 at 10.0.0.2 must be closed from web-1 and is open: connected'] }],
  },
  disk: { state: 'full', since: 0, problem: 'Cannot store flows: no space left on device' },
  refusals: { 'pairing-key-expired': 2, 'wire-malformed': 1 },
  duplicateAddresses: [{ network: 'main', address: '10.0.0.9', workloads: ['nas', 'web-1'] }],
};
const inventory = {
  hostname: 'web-1',
  kernel: '6.1.0',
  system: 'Debian GNU/Linux 12',
  addresses: [{ interface: 'eth0', address: '10.0.0.1' }],
  listeners: [
    {
      ...{ protocol: 'tcp', address: '0.0.0.0', port: 80, process: '/usr/sbin/nginx' },
      ...{ unit: 'nginx.service', package: 'nginx', user: 'root' },
    },
    { protocol: 'udp', address: '::', port: 5353, process: null, unit: null, package: null, user: null },
  ],
};

const workload = (name: string, role: string) => ({
  kind: 'workload',
  name,
  labels: { role, app: 'shop' },
  managed: true,
});
const edge = {
  key: 'a',
  from: workload('web-1', 'web'),
  to: workload('db-1', 'db'),
  service: 6 * 65536 + 5432,
  serviceText: 'tcp/5432',
  state: 'denied',
  latest: 'denied',
  rules: [
    {
      end: 'source',
      effective: 'deny',
      intended: 'deny',
      effectiveRule: 'guard/no',
      intendedRule: 'guard/no',
      attempts: 3,
    },
  ],
  server: { process: '/usr/lib/postgresql/15/bin/postgres', unit: 'postgresql.service', user: 'postgres' },
  attempts: 3,
  denied: 3,
  wouldBeDenied: 0,
  records: 3,
  first: 0,
  last: 4_000_000_000_000,
  reporters: ['web-1'],
  sequence: 7,
};

const change = (from: string, to: string, services: string[], cells: number) => ({
  cells,
  rectangles: [{ from, to, services, cells, example: { from, to, service: 'tcp/1' } }],
  addressRectangles: [],
});
const difference = {
  opened: change('role=web', 'role=api', ['tcp/8080'], 1),
  closed: change('role=web', 'role=db', ['tcp'], 65536),
};
const preview = {
  sound: true,
  problems: [],
  baseMoved: false,
  hosts: [
    { workload: 'web-1', narrows: true, tries: ['db-1 tcp/5432'], problem: null },
    { workload: 'db-1', narrows: false, problem: 'Cannot compile it' },
  ],
  diff: difference,
  effective: difference,
  flows: {
    items: [
      {
        from: 'web-1',
        to: 'db-1',
        service: 'tcp/5432',
        attempts: 3,
        was: { effective: 'allow', intended: 'allow' },
        becomes: { effective: 'allow', intended: 'deny' },
      },
    ],
    omitted: 2,
  },
  tests: [{ passed: true }, { passed: false }],
  invariants: [
    { invariant: 'dev-never-prod', holds: true, counterexample: null },
    { invariant: 'db-alone', holds: false, counterexample: { from: 'web-1', to: 'db-1', service: 'tcp/22' } },
  ],
};
const running = (state: string, ...hosts: readonly (readonly [string, string])[]) => ({
  version: 3,
  state,
  hosts: hosts.map(([name, said]) => ({ workload: name, phase: 'narrow', state: said, problem: null })),
});
const problem = {
  severity: 'error',
  code: 'unknown-service',
  message: 'Cannot use it',
  place: { file: 'a.yaml', line: 3, column: 1 },
  hint: 'declare it',
};
const draft = { name: 'default', base: 2, files: [], labels: [] };

const guestOf = (name: string) => ({
  ...{ name: 'shop-7', kind: 'guest', managed: false, host: name, notEnforced: null, fallbackMode: 'enforce' },
  ...{ labels: { role: 'shop', env: 'prod' }, ownLabels: { role: 'shop' } },
  addresses: [{ network: 'main', address: '172.18.0.5' }],
});
const withGuests = {
  ...status,
  workloads: { managed: 2, unmanaged: 1, guests: 3 },
  guests: { proven: 2, notEnforced: ['shop-8'] },
};

type Case = {
  readonly words: readonly string[];
  readonly code: number;
  readonly answers: Answers;
  readonly golden?: string;
};

const cases: readonly Case[] = [
  { words: ['status'], code: 0, answers: { 'GET /status': { body: status } }, golden: 'status.txt' },
  {
    words: ['hosts'],
    code: 0,
    answers: {
      'GET /hosts': {
        body: {
          items: [
            host('web-1'),
            host('db-1', {
              lost: 5,
              proven: false,
              generation: { intended: 4, applied: 3, proven: 3 },
              problems: ['disk full'],
            }),
          ],
          next: null,
        },
      },
    },
    golden: 'hosts.txt',
  },
  { words: ['status'], code: 0, answers: { 'GET /status': { body: troubled } }, golden: 'status-troubled.txt' },
  {
    words: ['hosts', 'web-1'],
    code: 0,
    answers: {
      'GET /hosts/web-1': {
        body: host('web-1', {
          labels: { role: 'web', app: 'shop' },
          gaps: [{ from: '2026-01-01T11:00:00.000Z', until: '2026-01-01T11:01:00.000Z' }],
          inventory,
          first: [
            {
              ...{
                tier: 'lifeline',
                rule: 'lifeline/this-controller-controller',
                direction: 'outbound',
                verdict: 'allow',
              },
              ...{ peers: ['10.80.0.1'], services: ['tcp/8444'] },
            },
            {
              ...{ tier: 'rescue', rule: 'help/console', direction: 'inbound', verdict: 'allow' },
              ...{ peers: ['192.0.2.7', 'role=jump'], services: ['tcp/22', 'tcp/2222'] },
            },
          ],
          trial: {
            seconds: 15,
            reach: [
              { dependency: 'db', end: 'db-1 tcp/5432', reach: ['10.0.1.13 tcp/5432'] },
              { dependency: 'db', end: 'gone-1 tcp/1', reach: [] },
            ],
          },
        }),
      },
    },
    golden: 'host.txt',
  },
  {
    words: ['hosts', 'web-1'],
    code: 0,
    answers: { 'GET /hosts/web-1': { body: host('web-1', { labels: {}, gaps: [], inventory: null }) } },
  },
  { words: ['hosts', 'nobody'], code: 2, answers: {} },
  {
    words: ['flows'],
    code: 0,
    answers: { 'GET /edges': { body: { items: [edge], next: null } } },
    golden: 'flows.txt',
  },
  { words: ['flows', '--service', 'tcp/90-80'], code: 2, answers: {}, golden: 'flows-bad-filter.txt' },
  { words: ['flows', '--verdict', 'maybe'], code: 2, answers: {} },
  { words: ['flows', '--since', 'soon'], code: 2, answers: {} },
  {
    words: ['provision', 'default', '--yes', '--despite'],
    code: 0,
    answers: {
      'POST /drafts/default/preview': { body: preview },
      'POST /drafts/default/provision': { status: 202, body: { version: 3 } },
      'GET /provisions/3': [
        running('running', ['web-1', 'sent'], ['db-1', 'waiting']),
        running('running', ['web-1', 'applied'], ['db-1', 'sent']),
        running('done', ['web-1', 'applied'], ['db-1', 'applied']),
      ],
    },
    golden: 'provision.txt',
  },
  {
    words: ['provision', 'default', '--yes'],
    code: 2,
    answers: { 'POST /drafts/default/preview': { body: preview } },
    golden: 'provision-does-not-hold.txt',
  },
  {
    words: ['provision', 'default', '--yes', '--despite'],
    code: 1,
    answers: {
      'POST /drafts/default/preview': { body: preview },
      'POST /drafts/default/provision': { status: 202, body: { version: 3 } },
      'GET /provisions/3': [running('incomplete', ['web-1', 'applied'], ['db-1', 'away'])],
    },
  },
  { words: ['provision', 'default'], code: 2, answers: { 'POST /drafts/default/preview': { body: preview } } },
  {
    words: ['provision', 'default', '--preview'],
    code: 0,
    answers: { 'POST /drafts/default/preview': { body: preview } },
  },
  {
    words: ['provision', 'default', '--preview'],
    code: 2,
    answers: { 'POST /drafts/default/preview': { body: { sound: false, problems: [problem], baseMoved: true } } },
  },
  {
    words: ['provision', 'default', '--yes'],
    code: 2,
    answers: { 'POST /drafts/default/preview': { body: { sound: false, problems: [problem], baseMoved: false } } },
    golden: 'provision-unsound.txt',
  },
  {
    words: ['provision', 'default', '--yes'],
    code: 2,
    answers: { 'POST /drafts/default/preview': { body: { ...preview, baseMoved: true } } },
    golden: 'provision-base-moved.txt',
  },
  { words: ['provision', 'nothing', '--yes'], code: 2, answers: {} },
  { words: ['restore', 'latest'], code: 2, answers: {} },
  {
    words: ['restore', '1', '--draft-only'],
    code: 0,
    answers: { 'POST /versions/1/restore': { body: { ...draft, name: 'restore-1' } } },
  },
  {
    words: ['provision', 'default', '--yes'],
    code: 2,
    answers: {
      'POST /drafts/default/preview': {
        status: 422,
        body: {
          code: 'draft-has-problems',
          detail: 'Cannot provision draft "default": its policy has errors, mend them first',
          problems: [
            { code: 'unknown-service', message: 'Cannot use it', place: { file: 'a.yaml', line: 3, column: 1 } },
          ],
        },
      },
    },
    golden: 'provision-problems.txt',
  },
  { words: ['workload', 'list'], code: 0, answers: { 'GET /workloads': { body: { items: [], next: null } } } },
  { words: ['workload', 'show', 'nobody'], code: 2, answers: {}, golden: 'workload-unknown.txt' },
  {
    words: ['workload', 'remove', 'web-1'],
    code: 2,
    answers: {
      'GET /workloads/web-1': { body: { name: 'web-1', managed: true } },
      'GET /edges': { body: { items: [edge], next: null } },
    },
    golden: 'workload-remove.txt',
  },
  {
    words: ['workload', 'remove', 'web-1', '--yes'],
    code: 0,
    answers: {
      'GET /workloads/web-1': { body: { name: 'web-1', managed: true } },
      'DELETE /workloads/web-1': { status: 204, body: null },
    },
  },
  {
    words: ['workload', 'remove', 'printer'],
    code: 0,
    answers: {
      'GET /workloads/printer': { body: { name: 'printer', managed: false } },
      'DELETE /workloads/printer': { status: 204, body: null },
    },
  },
  { words: ['workload', 'remove', 'nobody', '--yes'], code: 2, answers: {} },
  { words: ['workload', 'add', 'printer'], code: 2, answers: {} },
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
  { words: ['label', 'set', 'nobody', 'role=web'], code: 2, answers: {} },
  { words: ['label', 'set', 'web-1', 'role'], code: 2, answers: {} },
  { words: ['draft', 'put', 'default', 'nowhere'], code: 2, answers: {} },
  { words: ['ip-list', 'put', 'partners'], code: 2, answers: {} },
  { words: ['ip-list', 'put', 'partners', 'nowhere.csv'], code: 2, answers: {} },
  { words: ['ip-list', 'put', 'partners', 'nowhere.csv', '--prefix', '192.0.2.0/24'], code: 2, answers: {} },
  {
    words: ['status'],
    code: 3,
    answers: { 'GET /status': { status: 503, body: { detail: 'Cannot answer: stopping' } } },
  },
  { words: ['status'], code: 3, answers: { 'GET /status': { status: 403, body: { detail: 'Cannot do this' } } } },
  {
    words: ['user', 'list'],
    code: 0,
    answers: {
      'GET /users': {
        body: {
          items: [
            { name: 'ana', role: 'admin', state: 'active', linkExpires: null },
            { name: 'bo', role: 'viewer', state: 'invited', linkExpires: '2026-01-02T12:00:00.000Z' },
          ],
          next: null,
        },
      },
    },
    golden: 'users.txt',
  },
  { words: ['user', 'invite', 'bo', '--role', 'root'], code: 2, answers: {} },
  { words: ['token', 'create', '--role', 'editor'], code: 2, answers: {} },
  { words: ['token', 'create', '--name', 'ci', '--expires', 'never'], code: 2, answers: {} },
  { words: ['token', 'revoke', 'ci'], code: 2, answers: {} },
  { words: ['token', 'revoke', 'ci'], code: 0, answers: { 'DELETE /tokens/ci': { status: 204, body: null } } },
  {
    words: ['token', 'list'],
    code: 0,
    answers: {
      'GET /tokens': {
        body: {
          items: [
            { name: 'ci', role: 'editor', expires: '2026-04-01T12:00:00.000Z', createdBy: 'ana', lastUsed: null },
            {
              name: 'look',
              role: 'viewer',
              expires: '2026-02-01T12:00:00.000Z',
              createdBy: 'bo',
              lastUsed: '2026-01-01T12:00:00.000Z',
            },
          ],
          next: null,
        },
      },
    },
    golden: 'tokens.txt',
  },
  {
    words: ['audit', '--verify'],
    code: 1,
    answers: { 'GET /audit/verification': { body: { intact: false, firstBroken: 7 } } },
  },
  {
    words: ['audit', '--verify'],
    code: 0,
    answers: { 'GET /audit/verification': { body: { intact: true, firstBroken: null } } },
  },
];

for (const { words, code, answers, golden } of cases) {
  test(`bulkhead ${words.join(' ')} ends with ${code}${golden === undefined ? '' : ` and reads like ${golden}`}`, async () => {
    const ran = await new FakeController(answers).run(words);
    assert.equal(ran.code, code, ran.stderr);
    assert.doesNotMatch(ran.stdout + ran.stderr, /\n\s+at /, 'a stack trace');
    const errors = ran.stderr === '' ? '' : `-- standard error\n${ran.stderr}`;
    if (golden !== undefined) assertGolden(golden, `$ bulkhead ${words.join(' ')}\n${ran.stdout}${errors}`);
  });
}

test('pages are asked for until there is none left', async () => {
  const page = (name: string, next: string | null) => ({
    items: [{ name, managed: false, labels: {}, addresses: [] }],
    next,
  });
  const controller = new FakeController({ 'GET /workloads': [page('a', 'x'), page('b', null)] });
  const { stdout } = await controller.run(['workload', 'list', '--json']);
  assert.deepEqual(
    JSON.parse(stdout).map((workload: { name: string }) => workload.name),
    ['a', 'b'],
  );
  assert.deepEqual(
    controller.asked.map(({ path }) => path),
    ['/workloads?limit=1000', '/workloads?limit=1000&cursor=x'],
  );
});

test('a label goes into the draft in place of the one that was there, and into no other', async () => {
  const kept = [{ workload: 'db-1', key: 'role', value: 'db' }];
  const labels = [...kept, { workload: 'web-1', key: 'role', value: 'old' }];
  const controller = new FakeController({
    'GET /workloads/web-1': { body: {} },
    'GET /drafts/default': { body: { ...draft, labels } },
    'PUT /drafts/default': { body: draft },
  });
  assert.equal((await controller.run(['label', 'set', 'web-1', 'role=web'])).code, 0);
  const put = controller.asked.find(({ method }) => method === 'PUT');
  assert.deepEqual(JSON.parse(put?.body ?? '').labels, [...kept, { workload: 'web-1', key: 'role', value: 'web' }]);
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

test('an ip list goes into a draft as prefixes or as the CSV it was given as', async () => {
  const answers = { 'PUT /drafts/d/ip-lists/partners': { body: { ...draft, problems: [] } } };
  const words = ['ip-list', 'put', 'partners', '--draft', 'd'];
  const given = new FakeController(answers);
  const prefixes = ['--prefix', '192.0.2.0/24', '--prefix', 'fd00::/8', '--except', '192.0.2.128/25'];
  assert.equal((await given.run([...words, ...prefixes])).code, 0);
  assert.deepEqual(JSON.parse(given.asked[0]?.body ?? ''), {
    prefixes: ['192.0.2.0/24', 'fd00::/8'],
    except: ['192.0.2.128/25'],
  });
  const fromFile = new FakeController(answers);
  const csv = join(fromFile.directory, 'partners.csv');
  writeFileSync(csv, 'prefix\n198.51.100.0/24\n');
  assert.equal((await fromFile.run([...words, csv])).code, 0);
  assert.deepEqual(fromFile.asked, [
    { method: 'PUT', path: '/drafts/d/ip-lists/partners', body: 'prefix\n198.51.100.0/24\n' },
  ]);
});

test('the link of an invitation alone is on standard output, with the address of the console', async () => {
  const made = { name: 'bo', role: 'viewer', linkExpires: 'tomorrow', path: '/setup#secret&name=bo' };
  const controller = new FakeController({
    'POST /users': { status: 201, body: made },
    'GET /status': { body: status },
  });
  const { stdout, stderr } = await controller.run(['user', 'invite', 'bo']);
  assert.equal(stdout, 'https://10.0.0.5:8443/setup#secret&name=bo\n');
  assert.doesNotMatch(stderr, /secret/);
  assert.deepEqual(JSON.parse(controller.asked[0]?.body ?? ''), { name: 'bo', role: 'viewer' });
});

test('a token alone is on standard output, and is asked for with its role and its end', async () => {
  const made = { name: 'ci', role: 'editor', token: 'bht1.secret', expires: 'soon', createdBy: 'ana', lastUsed: null };
  const controller = new FakeController({ 'POST /tokens': { status: 201, body: made } });
  const { stdout, stderr } = await controller.run(['token', 'create', '--name', 'ci', '--role', 'editor']);
  assert.equal(stdout, 'bht1.secret\n');
  assert.doesNotMatch(stderr, /secret/);
  const { expires, ...body } = JSON.parse(controller.asked[0]?.body ?? '');
  assert.deepEqual(body, { name: 'ci', role: 'editor' });
  const days = (Date.parse(expires) - Date.now()) / 86_400_000;
  assert.ok(days > 89.9 && days <= 90, expires);
});

test('the pairing key alone is on standard output', async () => {
  const key = { id: 'a', key: 'bh1.a.b.c', usesLeft: 1, expires: 'soon' };
  const controller = new FakeController({ 'POST /pairing-keys': { status: 201, body: key } });
  const { stdout, stderr } = await controller.run([
    'pairing-key',
    'create',
    '--label',
    'role=web',
    '--label',
    'app=shop',
    '--expires',
    '1h',
  ]);
  assert.equal(stdout, 'bh1.a.b.c\n');
  assert.doesNotMatch(stderr, /bh1/);
  assert.deepEqual(JSON.parse(controller.asked[0]?.body ?? '').labels, { role: 'web', app: 'shop' });
});
