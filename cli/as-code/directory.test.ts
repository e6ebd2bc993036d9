import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeController } from '../online/testkit.ts';
import { type Content, folder, inForce, previewed, rulesetText } from './testkit.ts';

const file = (path: string, text: string): Content => ({ files: [{ path, text }] });
const third = file('shop.yaml', rulesetText('tcp/1'));
const pull = (directory: string, version: number, content: Content, ...more: string[]) =>
  new FakeController(inForce(version, content)).run(['policy', 'pull', directory, ...more]);

/** What became of the pulled shop.yaml here, what of it in version 4, and what a pull of that does. */
const pulls: readonly (readonly [here: string | null, there: Content, expected: 'refused' | 'taken' | 'stays'])[] = [
  [null, file('shop.yaml', rulesetText('tcp/2')), 'refused'],
  [null, third, 'refused'],
  [null, { files: [] }, 'taken'],
  ['mine', file('shop.yaml', rulesetText('tcp/2')), 'refused'],
  ['mine', file('shop.yaml', 'mine'), 'taken'],
  ['mine', { files: [] }, 'refused'],
  [rulesetText('tcp/1'), file('shop.yaml', rulesetText('tcp/2')), 'taken'],
];

for (const [here, there, expected] of pulls)
  test(`a pull of ${JSON.stringify(there.files)} over ${here ?? 'a deleted file'} is ${expected}`, async (context) => {
    const directory = folder(context);
    await pull(directory, 3, third);
    const path = join(directory, 'shop.yaml');
    if (here === null) rmSync(path);
    else writeFileSync(path, here);
    const read = () => (existsSync(path) ? readFileSync(path, 'utf8') : null);
    const ran = await pull(directory, 4, there);
    assert.equal(ran.code, expected === 'refused' ? 2 : 0, ran.stderr);
    if (expected === 'refused') assert.match(ran.stderr, /1 file changed here would be overwritten\n {2}shop\.yaml\n/);
    const wanted = there.files[0]?.text ?? null;
    assert.equal(read(), expected === 'refused' ? here : wanted);
    assert.equal((await pull(directory, 4, there, '--force')).code, 0);
    assert.equal(read(), wanted);
  });

const errors = [{ severity: 'error', code: 'x', message: 'Cannot', place: null, hint: null }];
/** A preview of version 3, and whether a plan is written of it. */
const previews: readonly (readonly [what: string, preview: object, code: number, says: RegExp])[] = [
  ['is of the version that was read', {}, 0, /shop\.yaml/],
  ['is of a version that came meanwhile', { base: 4 }, 2, /version 4 came into force while version 3 was read/],
  ['is of an older version', { base: 2 }, 2, /version 2 came into force/],
  ['has errors', { sound: false, problems: errors }, 2, /Cannot/],
];

for (const [what, preview, code, says] of previews)
  test(`a plan is ${code === 0 ? '' : 'not '}written when the preview ${what}`, async (context) => {
    const directory = folder(context, { 'policy/shop.yaml': rulesetText('tcp/2') });
    const out = join(directory, 'plan.json');
    const controller = new FakeController({ ...inForce(3, third), ...previewed(3, third, preview) });
    const ran = await controller.run(['policy', 'plan', join(directory, 'policy'), '--out', out]);
    assert.deepEqual([ran.code, existsSync(out)], [code, code === 0], ran.stderr);
    assert.match(ran.stdout + ran.stderr, says);
  });

const planOf = (directory: string) =>
  new FakeController({ ...inForce(3, third), ...previewed(3, third) }).run(['policy', 'plan', directory, '--json']);

/** Links in hidden folders are those of the tools that keep them there, such as a version control's hooks. */
const links: readonly (readonly [path: string, code: number])[] = [
  ['.git/hooks/pre-commit', 0],
  ['.hidden.yaml', 0],
  ['teams/.cache/shop.yaml', 0],
  ['teams/shop.yaml', 2],
  ['README.md', 2],
];

for (const [path, code] of links)
  test(`a directory with a link ${path} is ${code === 0 ? 'planned' : 'refused'}`, async (context) => {
    const directory = folder(context, {
      'policy/shop.yaml': rulesetText('tcp/2'),
      'outside.yaml': rulesetText('tcp/3'),
    });
    const link = join(directory, 'policy', path);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(join(directory, 'outside.yaml'), link);
    const ran = await planOf(join(directory, 'policy'));
    assert.equal(ran.code, code, ran.stderr);
    if (code === 0) assert.deepEqual(JSON.parse(ran.stdout).content.files, ['shop.yaml']);
    else assert.match(ran.stderr, /"is-a-link"/);
  });

test('a pulled directory may become empty, and one that was never pulled may not be', async (context) => {
  const directory = folder(context);
  await pull(directory, 3, third);
  rmSync(join(directory, 'shop.yaml'));
  mkdirSync(join(directory, '.git'));
  writeFileSync(join(directory, '.git', 'kept.yaml'), 'no policy');
  const ran = await planOf(directory);
  assert.equal(ran.code, 0, ran.stderr);
  const { changes, content } = JSON.parse(ran.stdout);
  assert.deepEqual([changes.removed, content.files], [['shop.yaml'], []]);
  renameSync(join(directory, '.bulkhead.json'), join(directory, '.other.json'));
  const unpulled = await planOf(directory);
  assert.equal(unpulled.code, 2);
  assert.match(unpulled.stderr, /"no-documents"/);
});

type Written = { readonly content: { files: { text: string }[]; hash: string }; seal?: string };
/** What was done to the file of a plan, and then sealed over all of it, as whoever may write it can. */
const sealed: readonly (readonly [what: string, change: (plan: Written) => void])[] = [
  ['another text', ({ content }) => Object.assign(content.files[0] ?? {}, { text: rulesetText('tcp/3') })],
  [
    'another file',
    ({ content }) => content.files.push(Object.assign({ path: 'other.yaml' }, { text: rulesetText('tcp/3') })),
  ],
  ['another hash', ({ content }) => Object.assign(content, { hash: 'f'.repeat(64) })],
];

async function planFile(context: Parameters<typeof folder>[0]): Promise<string> {
  const directory = folder(context, { 'policy/shop.yaml': rulesetText('tcp/2') });
  const out = join(directory, 'plan.json');
  const controller = new FakeController({ ...inForce(3, third), ...previewed(3, third) });
  const ran = await controller.run(['policy', 'plan', join(directory, 'policy'), '--out', out]);
  assert.equal(ran.code, 0, ran.stderr);
  return out;
}

async function refusedBy(plan: string): Promise<string> {
  const controller = new FakeController({});
  const ran = await controller.run(['policy', 'apply', plan, '--yes', '--json']);
  assert.deepEqual([ran.code, controller.asked], [2, []], ran.stderr);
  return JSON.parse(ran.stderr).error.code;
}

for (const [what, change] of sealed)
  test(`a plan with ${what} is refused, though it was sealed anew`, async (context) => {
    const plan = await planFile(context);
    const { seal: _, ...written } = JSON.parse(readFileSync(plan, 'utf8')) as Written;
    change(written);
    const seal = createHash('sha256').update(JSON.stringify(written)).digest('hex');
    writeFileSync(plan, JSON.stringify({ ...written, seal }));
    assert.equal(await refusedBy(plan), 'plan-changed');
  });

test('a plan of more than 256 MB is not read', async (context) => {
  const plan = await planFile(context);
  truncateSync(plan, 256 * 1024 * 1024 + 1);
  assert.equal(await refusedBy(plan), 'file-too-large');
});
