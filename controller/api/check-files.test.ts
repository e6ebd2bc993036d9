import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../store/open-store.ts';
import { provision, shopPolicy } from '../testkit/shop.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { testController } from '../testkit/test-controller.ts';

const shop = { path: 'shop.yaml', text: shopPolicy };

/** The rest of what a path may not be is told by the tests of the rule. */
const paths: readonly (readonly [path: string, isTaken: boolean])[] = [
  ['teams/läden.yaml', true],
  ['../x.yaml', false],
  ['teams/shop/.git/x.yaml', false],
  ['teams//x.yaml', false],
  ['./x.yaml', false],
  ['teams/', false],
  ['.bulkhead.json', false],
  ['labels.txt', false],
  ['a\ud800.yaml', false],
  ['lmay.\u202elmth', false],
  [`${'x'.repeat(300)}.yaml`, false],
  ['shop.yaml/below.yaml', false],
];

test('files are taken by the rule for paths of policy files, in a draft, a preview and a provisioning', async (context) => {
  const controller = await testController(context);
  await provision(controller, shopPolicy);
  for (const [path, isTaken] of paths) {
    const files = [shop, { path, text: '' }];
    const answers = [
      await controller.api('POST', '/preview', { files }),
      await controller.api('PUT', '/drafts/d', { files }),
      ...(isTaken ? [] : [await controller.api('POST', '/provisions', { base: 1, files })]),
    ];
    for (const { status, body } of answers) {
      assert.equal(status, isTaken ? 200 : 400, path);
      if (isTaken) continue;
      const [{ code, place }] = body.problems;
      const file = path.startsWith('shop.yaml/') ? 'shop.yaml' : path;
      assert.deepEqual([body.code, code, place], ['invalid-request', 'unsafe-path', { file, line: 1, column: 1 }]);
    }
  }
});

test('an ip list whose name makes no file name is refused', async (context) => {
  const { api } = await testController(context);
  const put = (name: string) =>
    api('PUT', `/drafts/d/ip-lists/${encodeURIComponent(name)}`, { prefixes: ['192.0.2.0/24'] });
  assert.equal((await put('partner')).status, 200);
  const { status, body } = await put('ä'.repeat(45));
  assert.deepEqual([status, body.problems[0].code], [400, 'unsafe-path']);
});

test('what was stored before paths were looked at is read as it is, and not made a version again', async (context) => {
  const directory = temporaryDirectory(context);
  const first = await testController(context, directory);
  await provision(first, shopPolicy);
  await first.stop();
  const store = await openStore(directory, () => Date.now());
  const [kept, late] = ['teams//kept.yaml', 'teams//late.yaml'].map((path) => ({ path, text: '' }));
  assert.ok(kept !== undefined && late !== undefined);
  const version = { base: 1, files: [shop, kept], labels: [], note: '', createdBy: 'ana' };
  await store.transaction(async ({ versions, drafts }) => {
    await versions.add(version);
    await drafts.put({ name: 'old', base: 2, files: [shop, kept, late], labels: [], updatedBy: 'ana' });
  });
  await store.close();
  const { api } = await testController(context, directory);
  assert.deepEqual((await api('GET', '/versions/2')).body.files, version.files);
  const { status, body } = await api('POST', '/drafts/old/provision', {});
  assert.deepEqual([status, body.problems[0].place.file], [400, late.path]);
  const put = await api('PUT', '/drafts/new', { files: [kept, { path: 'b.yaml', text: '' }] });
  assert.equal(put.status, 200, 'what is in force already is nothing new');
});
