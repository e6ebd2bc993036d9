import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { quote } from '@bulkhead/model/finding.ts';
import type { LabelAssignment } from '@bulkhead/model/policy-content.ts';
import { type Answers, FakeController } from '../online/testkit.ts';
import { plainText } from '../plain-text.ts';
import { contentHash } from './directory.ts';
import { type Content, folder, rulesetText as rule } from './testkit.ts';

const labels: readonly LabelAssignment[] = [{ workload: 'web-1', key: 'role', value: 'web' }];

/** What a controller says that has this in force. */
function inForce(number: number, { files, labels: assigned = [] }: Content, path = ''): Answers {
  const content = { files, labels: assigned };
  const hash = path === 'forged' ? 'f'.repeat(64) : contentHash(content);
  return {
    'GET /status': { body: { version: { number, hash, state: 'done' } } },
    [`GET /versions/${number}`]: { body: { number, hash, ...content } },
  };
}

const none = { cells: 0, rectangles: [], addressRectangles: [] };
const some = {
  cells: 1,
  rectangles: [
    {
      from: 'web',
      to: 'db',
      services: ['tcp/22'],
      cells: 1,
      example: { from: 'web-1', to: 'db-1', service: 'tcp/22' },
    },
  ],
  addressRectangles: [],
};
const effect = {
  sound: true,
  problems: [],
  hosts: [],
  diff: { opened: some, closed: none },
  effective: { opened: none, closed: none },
  flows: { items: [], omitted: 0 },
  tests: [],
  invariants: [],
};
const refuted = { invariant: 'never', holds: false, counterexample: { from: 'a', to: 'b', service: 'tcp/22' } };
const failing = { test: 't', line: 'a -> b tcp/1', expected: 'allow', passed: false, answer: null, problem: null };

function previewed(number: number, base: Content, more: object = {}): Answers {
  const hash = contentHash({ files: base.files, labels: base.labels ?? [] });
  return { 'POST /preview': { body: { base: number, baseHash: hash, hash: 'unused', ...effect, ...more } } };
}

const pull = (directory: string, answers: Answers, ...more: string[]) =>
  new FakeController(answers).run(['policy', 'pull', directory, ...more]);

const first: Content = { files: [{ path: 'shop.yaml', text: rule('tcp/1') }], labels };
const second: Content = {
  files: [
    { path: 'teams/shop.yaml', text: rule('tcp/2') },
    { path: 'plain', text: '# no\n' },
  ],
};

test('a pulled directory holds the version and is brought up to date, and nothing else is touched', async (context) => {
  const directory = folder(context, { 'README.md': 'mine' });
  assert.equal((await pull(directory, inForce(3, first))).code, 0);
  assert.equal(readFileSync(join(directory, 'shop.yaml'), 'utf8'), rule('tcp/1'));
  assert.match(readFileSync(join(directory, 'labels.txt'), 'utf8'), /^web-1 role=web$/m);
  const again = await pull(directory, inForce(4, second), '--json');
  assert.deepEqual(
    { ...JSON.parse(again.stdout), hash: '' },
    {
      version: 4,
      hash: '',
      files: 2,
      written: ['teams/shop.yaml', 'plain', 'labels.txt'],
      removed: ['shop.yaml'],
      leftOut: [],
    },
  );
  assert.deepEqual(readdirSync(directory).sort(), ['.bulkhead.json', 'README.md', 'labels.txt', 'plain', 'teams']);
  assert.doesNotMatch(readFileSync(join(directory, 'labels.txt'), 'utf8'), /^web/m);
  const lock = JSON.parse(readFileSync(join(directory, '.bulkhead.json'), 'utf8'));
  assert.deepEqual([lock.format, lock.version, lock.files.length], [1, 4, 3]);
});

/** What was done in a directory after version 3 was pulled, and which files a pull of version 4 would lose. */
const changedHere: readonly (readonly [what: string, change: (directory: string) => void, lost: readonly string[]])[] =
  [
    ['a file was changed', (at) => writeFileSync(join(at, 'shop.yaml'), 'mine'), ['shop.yaml']],
    ['labels were changed', (at) => writeFileSync(join(at, 'labels.txt'), 'web-1 role=x\n'), ['labels.txt']],
    ['a file stands where one comes', (at) => writeFileSync(join(at, 'plain'), 'mine'), ['plain']],
    ['a file that comes is there already', (at) => writeFileSync(join(at, 'plain'), '# no\n'), []],
    ['a file was deleted that is gone', (at) => rmSync(join(at, 'shop.yaml')), []],
    ['the labels were deleted', (at) => rmSync(join(at, 'labels.txt')), []],
    ['a file of our own was added', (at) => writeFileSync(join(at, 'mine.yaml'), rule('tcp/9')), []],
  ];

for (const [what, change, lost] of changedHere)
  test(`a pull ${lost.length === 0 ? 'goes on' : 'is refused'} when ${what}`, async (context) => {
    const directory = folder(context);
    await pull(directory, inForce(3, first));
    change(directory);
    const ran = await pull(directory, inForce(4, second));
    assert.deepEqual([ran.code, /version 4/.test(ran.stdout)], lost.length === 0 ? [0, true] : [2, false], ran.stderr);
    for (const path of lost) assert.match(ran.stderr, new RegExp(`\n  ${path}\n`));
    if (lost.length === 0) return;
    assert.equal(JSON.parse(readFileSync(join(directory, '.bulkhead.json'), 'utf8')).version, 3);
    const forced = await pull(directory, inForce(4, second), '--force');
    assert.equal(forced.code, 0, forced.stderr);
    assert.equal(readFileSync(join(directory, 'plain'), 'utf8'), '# no\n');
  });

const hostile: readonly (readonly [path: string, why: RegExp, beside?: string])[] = [
  ['../outside.yaml', /leads out/],
  ['/outside.yaml', /leads out/],
  ['a/../../outside.yaml', /leads out/],
  ['teams//a.yaml', /leads out/],
  ['.git/hooks/pre-commit', /not for policy/],
  ['teams/shop/.git/x.yaml', /not for policy/],
  ['link/outside.yaml', /"link" is no directory/],
  ['README.md/below.yaml', /"README.md" is no directory/],
  ['.bulkhead.json', /not for policy/],
  ['shop.yaml', /another file lies below it/, 'shop.yaml/below.yaml'],
  ['labels.txt', /label assignments/],
  [`${'x'.repeat(300)}.yaml`, /305 bytes/],
  ['lmay.\u202elmth', /characters/],
];

for (const [path, why, beside = 'other.yaml'] of hostile)
  test(`a pull leaves out ${JSON.stringify(path).slice(0, 40)} and writes the others`, async (context) => {
    const directory = folder(context, { 'repository/README.md': '' });
    const inside = join(directory, 'repository');
    symlinkSync(directory, join(inside, 'link'));
    const files = [
      { path: beside, text: rule('tcp/1') },
      { path, text: 'x' },
    ];
    const ran = await pull(inside, inForce(3, { files }), '--json', '--force');
    assert.equal(ran.code, 0, ran.stderr);
    const { written, leftOut } = JSON.parse(ran.stdout);
    assert.deepEqual([written, leftOut.map((one: { readonly path: string }) => one.path)], [[beside], [path]]);
    assert.match(leftOut[0].why, why);
    const [there] = beside.split('/');
    assert.deepEqual(
      [readdirSync(directory), readdirSync(inside).sort()],
      [['repository'], ['.bulkhead.json', 'README.md', 'link', there].sort()],
    );
    const text = (await pull(inside, inForce(3, { files }))).stdout;
    assert.ok(text.includes(`left out ${plainText(quote(path))}: ${leftOut[0].why}`), text);
  });

test('content that does not have the hash that it says is not taken', async (context) => {
  const directory = folder(context);
  const ran = await pull(directory, inForce(3, first, 'forged'));
  assert.deepEqual([ran.code, readdirSync(directory)], [3, []], ran.stderr);
});

type Planned = {
  readonly what: string;
  readonly words?: readonly string[];
  readonly preview?: object;
  readonly code: number;
};
const plans: readonly Planned[] = [
  { what: 'something opens', code: 0 },
  { what: 'something opens and nothing may', words: ['--expect-none'], code: 1 },
  {
    what: 'nothing changes and nothing may',
    words: ['--expect-none'],
    preview: { diff: { opened: none, closed: none } },
    code: 0,
  },
  {
    what: 'something changes as modes have it and nothing may',
    words: ['--expect-none'],
    preview: { diff: { opened: none, closed: none }, effective: { opened: none, closed: some } },
    code: 1,
  },
  { what: 'files change and they must be the same', words: ['--expect-same'], code: 1 },
  {
    what: 'files change, no verdict does, and they must be the same',
    words: ['--expect-same'],
    preview: { diff: { opened: none, closed: none } },
    code: 1,
  },
  { what: 'an invariant is refuted', preview: { invariants: [refuted] }, code: 1 },
  { what: 'a test fails', preview: { tests: [failing] }, code: 1 },
  {
    what: 'there are errors',
    preview: { sound: false, problems: [{ severity: 'error', code: 'x', message: 'Cannot', place: null, hint: null }] },
    code: 2,
  },
  { what: 'two forms are asked for', words: ['--json', '--markdown'], code: 2 },
  { what: 'an estate is given to a controller', words: ['--estate', '.'], code: 2 },
];

for (const { what, words = [], preview, code } of plans)
  for (const form of words.includes('--json') ? [[]] : [[], ['--json'], ['--markdown']])
    test(`plan ${form} ends with ${code} when ${what}`, async (context) => {
      const directory = folder(context, { 'shop.yaml': rule('tcp/2') });
      const answers = { ...inForce(3, first), ...previewed(3, first, preview) };
      const ran = await new FakeController(answers).run(['policy', 'plan', directory, ...words, ...form]);
      assert.equal(ran.code, code, ran.stderr);
      if (form[0] === '--json' && code < 2) assert.deepEqual(JSON.parse(ran.stdout).changes.changed, ['shop.yaml']);
    });

for (const form of [[], ['--json'], ['--markdown']])
  test(`plan ${form} says what whoever plans could not apply, and ends as without it`, async (context) => {
    const directory = folder(context, { 'shop.yaml': rule('tcp/2') });
    const place = { file: 'shop.yaml', line: 1, column: 1 };
    const [code, message] = ['not-owner', 'Cannot change file shop.yaml'];
    const problems = [{ severity: 'warning', code, message, place, hint: null }];
    const answers = { ...inForce(3, first), ...previewed(3, first, { problems }) };
    const ran = await new FakeController(answers).run(['policy', 'plan', directory, ...form]);
    assert.equal(ran.code, 0, ran.stderr);
    for (const word of ['not-owner', 'shop.yaml', 'warning']) assert.ok(ran.stdout.includes(word), ran.stdout);
    if (form[0] === '--json') assert.deepEqual(JSON.parse(ran.stdout).effect.problems, problems);
    else assert.match(ran.stdout, /Cannot change file shop/);
  });

test('a plan leaves labels as they are, unless the directory says them', async (context) => {
  const answers = { ...inForce(3, first), ...previewed(3, first) };
  for (const [files, expected] of [
    [{ 'shop.yaml': rule('tcp/2') }, undefined],
    [{ 'shop.yaml': rule('tcp/2'), 'labels.txt': 'db-1 !role\n' }, [{ workload: 'db-1', key: 'role', value: null }]],
  ] as const) {
    const controller = new FakeController(answers);
    assert.equal((await controller.run(['policy', 'plan', folder(context, files)])).code, 0);
    const asked = controller.asked.find(({ path }) => path === '/preview');
    assert.deepEqual(JSON.parse(asked?.body ?? '').labels, expected);
  }
});

/** Plans the second version on the first, and gives the file. */
async function planned(context: TestContext): Promise<string> {
  const directory = folder(context, { 'policy/shop.yaml': rule('tcp/2') });
  const file = join(directory, 'plan.json');
  const answers = { ...inForce(3, first), ...previewed(3, first) };
  const ran = await new FakeController(answers).run(['policy', 'plan', join(directory, 'policy'), '--out', file]);
  assert.equal(ran.code, 0, ran.stderr);
  return file;
}

test('a plan that cannot be made leaves none of that name', async (context) => {
  for (const [what, text, answers] of [
    ['the policy cannot be read', '{', {}],
    ['the controller does not know the way', rule('tcp/3'), {}],
    ['the policy has errors', rule('tcp/3'), { ...inForce(3, first), ...previewed(3, first, { sound: false }) }],
  ] as const) {
    const file = await planned(context);
    const directory = join(file, '../policy');
    writeFileSync(join(directory, what === 'the policy cannot be read' ? 'labels.txt' : 'shop.yaml'), text);
    const ran = await new FakeController(answers).run(['policy', 'plan', directory, '--out', file]);
    assert.ok(ran.code !== 0, what);
    assert.ok(!existsSync(file), what);
  }
});

const done = {
  version: 4,
  state: 'done',
  hosts: [{ workload: 'web-1', phase: 'narrow', state: 'applied', problem: null }],
};
const provisioned: Answers = {
  'POST /provisions': { status: 202, body: { version: 4 } },
  'GET /provisions/4': { body: done },
};
const after: Content = { files: [{ path: 'shop.yaml', text: rule('tcp/2') }], labels };
const listed = {
  'GET /versions': {
    body: {
      items: [
        { number: 5, hash: 'b', createdBy: 'ana', note: 'by hand' },
        { number: 4, hash: 'a', createdBy: 'bo', note: '' },
        { number: 3, hash: 'c', createdBy: 'bo', note: '' },
      ],
      next: null,
    },
  },
};

type Applied = {
  readonly what: string;
  readonly answers: Answers;
  readonly words?: readonly string[];
  readonly code: number;
  readonly says: RegExp;
};
const applies: readonly Applied[] = [
  {
    what: 'the version is the one it was planned for',
    answers: { ...inForce(3, first), ...previewed(3, first), ...provisioned },
    code: 0,
    says: /1 of 1 hosts applied/,
  },
  { what: 'it is in force already', answers: inForce(4, after), code: 0, says: /nothing to do/ },
  {
    what: 'other versions came into force',
    answers: { ...inForce(5, second), ...listed },
    code: 1,
    says: /version 5 by ana: by hand\n {2}version 4 by bo$/m,
  },
  {
    what: 'the same content has another number',
    answers: { ...inForce(5, first), ...listed },
    code: 1,
    says: /base-moved|version 5 is in force/,
  },
  {
    what: 'an invariant is refuted now',
    answers: { ...inForce(3, first), ...previewed(3, first, { invariants: [refuted] }), ...provisioned },
    code: 1,
    says: /1 invariant of the policy does not hold/,
  },
  {
    what: 'a test fails despite',
    words: ['--despite'],
    answers: { ...inForce(3, first), ...previewed(3, first, { tests: [failing] }), ...provisioned },
    code: 0,
    says: /applied/,
  },
  {
    what: 'nobody can be asked',
    words: ['--ask'],
    answers: { ...inForce(3, first), ...previewed(3, first), ...provisioned },
    code: 2,
    says: /no terminal/,
  },
  {
    what: 'somebody was faster',
    answers: {
      ...inForce(3, first),
      ...previewed(3, first),
      ...listed,
      'GET /status': [
        { version: { number: 3, hash: contentHash({ files: first.files, labels }) } },
        { version: { number: 5, hash: 'b' } },
      ],
      'POST /provisions': { status: 409, body: { code: 'base-moved', detail: 'Cannot' } },
    },
    code: 1,
    says: /made for version 3 and version 5 is in force/,
  },
];

for (const { what, answers, words = [], code, says } of applies)
  test(`apply ends with ${code} when ${what}`, async (context) => {
    const file = await planned(context);
    const controller = new FakeController(answers);
    const ran = await controller.run([
      'policy',
      'apply',
      file,
      ...(words.includes('--ask') ? [] : ['--yes', ...words]),
    ]);
    assert.equal(ran.code, code, ran.stderr);
    assert.match(ran.stdout + ran.stderr, says);
    const sent = controller.asked.filter(({ method }) => method !== 'GET' && method !== 'HEAD').map(({ path }) => path);
    assert.ok(
      sent.every((path) => ['/preview', '/provisions'].includes(path)),
      'no draft is made',
    );
    if (code !== 0 && what !== 'somebody was faster') assert.ok(!sent.includes('/provisions'));
    const put = controller.asked.find(({ path }) => path === '/provisions');
    if (code === 0 && put !== undefined) {
      const { note: _, ...body } = JSON.parse(put.body);
      assert.deepEqual(body, { base: 3, ...after });
    }
  });

const tampered: readonly (readonly [what: string, change: (text: string) => string, code: string])[] = [
  ['a rule was changed', (text) => text.replace('tcp/2', 'tcp/3'), 'plan-changed'],
  ['its base was changed', (text) => text.replace('"version":3', '"version":5'), 'plan-changed'],
  ['what was shown was changed', (text) => text.replace('"cells":1', '"cells":0'), 'plan-changed'],
  ['its seal was taken off', (text) => text.replace(/,"seal":"\w+"/, ''), 'plan-changed'],
  ['it has a newer format', (text) => text.replace('"format":1', '"format":2'), 'newer-plan'],
  ['it is another file', () => '{"kind":"Ruleset"}', 'bad-plan'],
  ['it is no JSON', (text) => text.slice(0, -10), 'bad-plan'],
  ['it is a list', () => '[]', 'bad-plan'],
  ['it is empty', () => '', 'bad-plan'],
];

for (const [what, change, code] of tampered)
  test(`a plan is ${code} when ${what}, and no controller is asked`, async (context) => {
    const file = await planned(context);
    const text = readFileSync(file, 'utf8');
    assert.notEqual(change(text), text);
    writeFileSync(file, change(text));
    const controller = new FakeController({});
    const ran = await controller.run(['policy', 'apply', file, '--yes', '--json']);
    assert.deepEqual([ran.code, JSON.parse(ran.stderr).error.code, controller.asked], [2, code, []], ran.stderr);
  });

const unusable: readonly (readonly [what: string, make: (directory: string) => void, code: string])[] = [
  ['there is none', (at) => rmSync(at, { recursive: true }), 'no-such-file'],
  ['it has no policy', () => undefined, 'no-documents'],
  ['a link stands in it', (at) => symlinkSync('/etc/hostname', join(at, 'host.yaml')), 'is-a-link'],
  ['its labels cannot be read', (at) => writeFileSync(join(at, 'labels.txt'), 'web'), 'problems'],
  ['its lock file is of something else', (at) => writeFileSync(join(at, '.bulkhead.json'), '{}'), 'bad-lock-file'],
  [
    'its lock file leads away',
    (at) =>
      writeFileSync(
        join(at, '.bulkhead.json'),
        JSON.stringify({ format: 1, version: 1, hash: '', files: [{ path: '../secret', sha256: '' }] }),
      ),
    'unsafe-path',
  ],
];

for (const [what, make, code] of unusable)
  test(`a directory is ${code} when ${what}`, async (context) => {
    const directory = join(folder(context), 'policy');
    mkdirSync(directory);
    if (what !== 'it has no policy') writeFileSync(join(directory, 'shop.yaml'), rule('tcp/2'));
    make(directory);
    const controller = new FakeController({});
    const ran = await controller.run(['policy', 'plan', directory, '--json']);
    assert.equal(ran.code, 2, ran.stderr);
    assert.match(ran.stdout + ran.stderr, new RegExp(`"${code}"`));
    assert.deepEqual(controller.asked, []);
    assert.ok(!existsSync(join(directory, 'plan')));
  });
