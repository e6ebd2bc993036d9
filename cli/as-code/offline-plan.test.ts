import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeController } from '../online/testkit.ts';
import { type Content, folder, inForce, previewed, provisioned, rulesetText } from './testkit.ts';

const estate = `{kind: Workload, name: web-1, labels: {role: web}, addresses: [10.0.0.1]}
---
{kind: Workload, name: db-1, labels: {role: db}, addresses: [10.0.0.2]}
`;
const [older, newer] = [rulesetText('tcp/1'), rulesetText('tcp/2')];
const content = (text: string, more: Partial<Content> = {}): Content => ({
  files: [{ path: 'shop.yaml', text }],
  ...more,
});

/** Plans without a controller. `pulled`: the version that the base was pulled from; null: from none. */
async function planned(context: TestContext, pulled: number | null): Promise<string> {
  const unpulled = pulled === null ? { 'base/shop.yaml': older } : {};
  const directory = folder(context, { 'new/shop.yaml': newer, 'estate.yaml': estate, ...unpulled });
  const [base, file] = [join(directory, 'base'), join(directory, 'plan.json')];
  if (pulled !== null) {
    const ran = await new FakeController(inForce(pulled, content(older))).run(['policy', 'pull', base]);
    assert.equal(ran.code, 0, ran.stderr);
  }
  const words = ['--base', base, '--estate', join(directory, 'estate.yaml'), '--out', file];
  const controller = new FakeController({});
  const ran = await controller.run(['policy', 'plan', join(directory, 'new'), ...words]);
  assert.deepEqual([ran.code, controller.asked], [0, []], ran.stderr);
  assert.match(ran.stdout, /opens 1/);
  return file;
}

type Case = {
  readonly pulled: number | null;
  readonly number: number;
  readonly now: Content;
  readonly code: number;
  readonly says: RegExp;
};
const otherFiles = /it was made for other files than this controller has, version 7 is in force/;
const same = content(older);
const cases: readonly Case[] = [
  { pulled: null, number: 7, now: same, code: 0, says: /1 of 1 hosts applied/ },
  { pulled: null, number: 7, now: content(`${older}\n`), code: 1, says: otherFiles },
  { pulled: null, number: 7, now: content(older.replace('tcp/1', 'tcp/9')), code: 1, says: otherFiles },
  { pulled: null, number: 7, now: { files: [{ path: 'b.yaml', text: older }] }, code: 1, says: otherFiles },
  { pulled: null, number: 7, now: { files: [] }, code: 1, says: otherFiles },
  {
    pulled: null,
    number: 7,
    now: content(older, { labels: [{ workload: 'web-1', key: 'role', value: 'web' }] }),
    code: 1,
    says: otherFiles,
  },
  { pulled: null, number: 7, now: content(newer), code: 0, says: /nothing to do/ },
  { pulled: 7, number: 7, now: same, code: 0, says: /1 of 1 hosts applied/ },
  { pulled: 6, number: 7, now: same, code: 1, says: /made for version 6 and version 7 is in force/ },
  { pulled: 7, number: 7, now: content(`${older}\n`), code: 1, says: /version 7 is in force/ },
];

for (const { pulled, number, now, code, says } of cases)
  test(`a plan on files of ${pulled === null ? 'no version' : `version ${pulled}`} ends with ${code} where ${JSON.stringify(now)} is in force`, async (context) => {
    const file = await planned(context, pulled);
    const controller = new FakeController({
      ...inForce(number, now),
      ...previewed(number, now),
      ...provisioned(number + 1),
    });
    const ran = await controller.run(['policy', 'apply', file, '--yes']);
    assert.equal(ran.code, code, ran.stderr);
    assert.match(ran.stdout + ran.stderr, says);
    const sent = controller.asked.filter(({ path }) => path === '/provisions').map(({ body }) => JSON.parse(body));
    const isSent = /applied/.test(String(says));
    assert.deepEqual(
      sent.map(({ base, files, labels }) => ({ base, files, labels })),
      isSent ? [{ base: number, ...content(newer), labels: [] }] : [],
    );
  });
