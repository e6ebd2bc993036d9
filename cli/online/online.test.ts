import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../testkit.ts';
import { draft, edge, host, inventory, preview, problem, running, status, troubled } from './sample-answers.ts';
import { type Answers, FakeController } from './testkit.ts';

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
