import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bulkhead } from '../testkit.ts';

const loose = '{name: pg,   kind: Service, ports: [tcp/5432]} # why\n';
const tight = '{kind: Service, name: pg, ports: [tcp/5432]} # why\n';
const broken = '{kind: Service,   name: pg, port: [tcp/5432]}\n';

function folder(context: TestContext, files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(tmpdir(), 'bulkhead-fmt-'));
  context.after(() => rmSync(made, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}

const texts = (made: string): string[] =>
  readdirSync(made)
    .sort()
    .map((name) => readFileSync(join(made, name), 'utf8'));

const cases: readonly (readonly [
  title: string,
  files: Readonly<Record<string, string>>,
  words: readonly string[],
  code: number,
  after: readonly string[],
])[] = [
  ['a file is formatted', { 'a.yaml': loose }, [], 0, [tight]],
  ['a formatted file stays', { 'a.yaml': tight }, [], 0, [tight]],
  ['--check changes nothing and says no', { 'a.yaml': loose }, ['--check'], 1, [loose]],
  ['--check says yes', { 'a.yaml': tight }, ['--check'], 0, [tight]],
  ['a broken file is left, and so are those beside it', { 'a.yaml': loose, 'b.yaml': broken }, [], 2, [loose, broken]],
  ['a broken file is no answer to --check', { 'b.yaml': broken }, ['--check'], 2, [broken]],
  ['files may declare the same name', { 'a.yaml': loose, 'b.yaml': loose }, [], 0, [tight, tight]],
  [
    'JSON stays JSON',
    { 'a.json': '{"kind":"Service","name":"a","ports":"tcp/1"}' },
    [],
    2,
    ['{"kind":"Service","name":"a","ports":"tcp/1"}'],
  ],
  ['there must be a file', {}, [], 2, []],
];

for (const [title, files, words, code, after] of cases)
  test(`policy fmt: ${title}`, (context) => {
    const made = folder(context, files);
    assert.equal(bulkhead(['policy', 'fmt', made, ...words]).code, code);
    assert.deepEqual(texts(made), after);
  });

test('policy fmt keeps rights and links', (context) => {
  const [made, elsewhere] = [folder(context, {}), folder(context, { 'real.yaml': loose })];
  chmodSync(join(elsewhere, 'real.yaml'), 0o640);
  symlinkSync(join(elsewhere, 'real.yaml'), join(made, 'link.yaml'));
  assert.equal(bulkhead(['policy', 'fmt', join(made, 'link.yaml')]).code, 0);
  assert.equal(readFileSync(join(elsewhere, 'real.yaml'), 'utf8'), tight);
  assert.equal(statSync(join(elsewhere, 'real.yaml')).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(elsewhere), ['real.yaml']);
});

test('policy fmt says in JSON what it changed', (context) => {
  const made = folder(context, { 'a.yaml': loose, 'b.yaml': tight });
  const { stdout } = bulkhead(['policy', 'fmt', '--json', made]);
  assert.deepEqual(JSON.parse(stdout), { ok: true, files: 2, changed: [join(made, 'a.yaml')] });
});

test('the examples and the test data of commands are formatted', (context) => {
  const made = folder(context, {});
  // Manifests of Kubernetes are none of our documents.
  const isOurs = (path: string) => !/cluster$/.test(path);
  cpSync(join(import.meta.dirname, '../../examples'), made, { recursive: true, filter: isOurs });
  const { code, stdout } = bulkhead(['policy', 'fmt', '--check', made, 'shop', 'wider', 'failing']);
  assert.equal(code, 0, stdout);
});
