import assert from 'node:assert/strict';
import { test } from 'node:test';
import { provision, shopPolicy, threeHosts } from '../testkit/shop.ts';
import { testController } from '../testkit/test-controller.ts';

const files = (text: string) => [{ path: 'shop.yaml', text }];
const role = (value: string | null) => ({ workload: 'other', key: 'role', value });

test('a policy in no draft is previewed against the version in force, and nothing is kept', async (context) => {
  const controller = await testController(context);
  const { api } = controller;
  await threeHosts(controller);
  await provision(controller, shopPolicy, { labels: [role('kept')] });
  const before = (await api('GET', '/versions/1')).body;
  const same = (await api('POST', '/preview', { files: files(shopPolicy) })).body;
  assert.deepEqual(
    [same.base, same.baseHash, same.hash],
    [1, before.hash, before.hash],
    'labels stay where none are said',
  );
  assert.deepEqual([same.diff.opened.cells, same.diff.closed.cells, same.hosts], [0, 0, []]);
  const wider = shopPolicy.replace('tcp/5432', 'tcp/5432, tcp/22');
  const opened = (await api('POST', '/preview', { files: files(wider) })).body;
  assert.deepEqual([opened.sound, opened.diff.opened.cells, opened.diff.closed.cells], [true, 1, 0]);
  const relabelled = (await api('POST', '/preview', { files: files(shopPolicy), labels: [role('web')] })).body;
  assert.equal(relabelled.diff.opened.cells, 1, 'labels are all there shall be');
  const broken = (await api('POST', '/preview', { files: files('kind: Nothing') })).body;
  assert.deepEqual([broken.sound, broken.problems[0].code], [false, 'unknown-kind']);
  assert.deepEqual((await api('GET', '/drafts')).body.items, []);
  assert.equal((await api('GET', '/status')).body.version.number, 1);
});

const refused: readonly (readonly [why: string, body: object, status: number, code: string])[] = [
  ['another version is in force', { base: 0, files: files(shopPolicy) }, 409, 'base-moved'],
  ['a version that is not there yet', { base: 2, files: files(shopPolicy) }, 409, 'base-moved'],
  ['its text has errors', { base: 1, files: files('kind: Nothing') }, 422, 'draft-has-problems'],
  ['two files of one path', { base: 1, files: [...files(shopPolicy), ...files('')] }, 400, 'invalid-request'],
  ['a path that leads away', { base: 1, files: [{ path: '../x.yaml', text: '' }] }, 400, 'invalid-request'],
  ['a label that is none', { base: 1, files: [], labels: [{ ...role('a b') }] }, 400, 'invalid-request'],
  [
    'two labels of one key',
    { base: 1, files: [], labels: [role('web'), { ...role('x'), key: 'app' }, role(null)] },
    400,
    'invalid-request',
  ],
  ['no base', { files: files(shopPolicy) }, 400, 'invalid-request'],
];

for (const [why, body, status, code] of refused)
  test(`a policy in no draft is not provisioned: ${why}`, async (context) => {
    const controller = await testController(context);
    const { api } = controller;
    await provision(controller, shopPolicy);
    const answer = await api('POST', '/provisions', body);
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body));
    assert.deepEqual((await api('GET', '/drafts')).body.items, []);
    assert.equal((await api('GET', '/versions')).body.items.length, 2, 'no version was made');
  });

test('a policy in no draft becomes the next version, with the labels it says and no others', async (context) => {
  const controller = await testController(context);
  const { api } = controller;
  await provision(controller, shopPolicy, { labels: [role('old')] });
  const text = shopPolicy.replace('5432', '22');
  const asked = { base: 1, files: files(text), labels: [role(null)], note: 'from a pipeline' };
  const previewed = (await api('POST', '/preview', { files: asked.files, labels: asked.labels })).body;
  const answer = await api('POST', '/provisions', asked);
  assert.deepEqual([answer.status, answer.body], [202, { version: 2 }]);
  const version = (await api('GET', '/versions/2')).body;
  assert.deepEqual([version.hash, version.files, version.labels], [previewed.hash, asked.files, asked.labels]);
  const [entry] = (await api('GET', '/audit')).body.items;
  assert.deepEqual([entry.action, entry.actor, entry.detail.note], ['provision', 'local:root', 'from a pipeline']);
});

const unread: readonly (readonly [text: string, said: RegExp | null, line?: number])[] = [
  [shopPolicy, null],
  ['# a Workload\n{kind: Service, name: Logon, ports: [tcp/1]}\n', null],
  [
    '{kind: Service, name: s, ports: [tcp/1]}\n---\n{kind: Workload, name: nas}\n',
    /1 documents such as this Workload/,
    3,
  ],
  [
    '{kind: Logon, user: ana, address: 10.0.0.1, until: 2030-01-01T00:00:00Z}\n---\n{kind: Workload, name: nas}\n',
    /2 documents such as this Logon/,
    1,
  ],
  ['{kind: Workload, name: "a b"}\n', /1 documents such as this Workload/],
];

test('workloads and logons in a policy are not read, and said not to be', async (context) => {
  const { api } = await testController(context);
  for (const [text, said, line] of unread) {
    const previewed = (await api('POST', '/preview', { files: files(text) })).body;
    const draft = (await api('PUT', '/drafts/d', { files: files(text) })).body;
    for (const { sound, problems } of [previewed, draft]) {
      assert.equal(sound, true, text);
      const found = problems.filter(({ code }: { readonly code: string }) => code === 'not-read');
      assert.equal(found.length, said === null ? 0 : 1, text);
      if (said === null) continue;
      assert.match(found[0].message, said);
      assert.equal(found[0].place?.line, line);
    }
  }
  assert.deepEqual((await api('GET', '/workloads')).body.items, []);
});
