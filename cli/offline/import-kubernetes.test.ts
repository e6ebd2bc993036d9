import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bulkhead, testdata } from '../testkit.ts';
import { writeTogether } from './write-together.ts';

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'bulkhead-import-'));
  context.after(() => rmSync(made, { recursive: true }));
  return made;
}

const skip = ['--skip', 'Widget'];
const inside = (path: string): readonly string[] => readdirSync(path).sort();
const imported = ['estate.yaml', 'policy.yaml'];

test('what was imported answers', (t) => {
  const out = join(folder(t), 'new', 'deep');
  const { code, stdout } = bulkhead([
    'import',
    'kubernetes',
    'kubernetes-objects',
    '--out',
    out,
    '--cluster',
    'prod',
    ...skip,
  ]);
  assert.deepEqual([code, inside(out)], [0, imported]);
  assert.match(stdout, /^next: bulkhead policy check --estate \S+ --policy \S+$/m);
  assert.equal(bulkhead(['policy', 'check', '--estate', out, '--policy', out]).code, 0);
  assert.equal(bulkhead(['policy', 'fmt', '--check', out]).code, 0);
  const explained = bulkhead(['explain', 'shop/web', 'shop/db', 'tcp/5432', '--estate', out, '--policy', out]);
  assert.match(explained.stdout, /prod:np:shop:db\/ingress-0/);
});

test('two clusters are one estate', (t) => {
  const [one, two] = [join(folder(t), 'one'), join(folder(t), 'two')];
  bulkhead(['import', 'kubernetes', 'kubernetes-objects', '--out', one, '--cluster', 'prod', ...skip]);
  const input = readFileSync(join(testdata, 'kubernetes-objects', 'shop.yaml'), 'utf8').replaceAll(
    '10.0.0.',
    '10.1.0.',
  );
  const south = ['import', 'kubernetes', '-', '--out', two, '--cluster', 'south', ...skip];
  assert.equal(bulkhead([...south, '--prefix', 'a/b'], input).code, 2);
  assert.equal(bulkhead(south, input).code, 0);
  const both = ['--estate', one, '--estate', two, '--policy', one, '--policy', two];
  const collided = bulkhead(['policy', 'check', ...both]);
  assert.match(collided.stderr + collided.stdout, /duplicate-name: .*shop\/db/);
  assert.equal(bulkhead([...south, '--force', '--prefix', 'south'], input).code, 0);
  assert.equal(bulkhead(['policy', 'check', ...both]).code, 0);
  const explained = bulkhead(['explain', 'south/shop/web', 'south/shop/db', 'tcp/5432', ...both]);
  assert.match(explained.stdout, /south:np:shop:db\/ingress-0/);
});

test('standard input is what a file is', (t) => {
  const [one, two] = [join(folder(t), 'a'), join(folder(t), 'b')];
  const input = readFileSync(join(testdata, 'kubernetes-objects', 'shop.yaml'), 'utf8');
  bulkhead(['import', 'kubernetes', 'kubernetes-objects/shop.yaml', '--out', one, ...skip]);
  assert.equal(bulkhead(['import', 'kubernetes', '-', '--out', two, ...skip], input).code, 0);
  for (const name of imported)
    assert.equal(readFileSync(join(two, name), 'utf8'), readFileSync(join(one, name), 'utf8'));
});

test('JSON is one value with counts and problems', (t) => {
  const out = folder(t);
  const { code, stdout, stderr } = bulkhead([
    'import',
    'kubernetes',
    'kubernetes-objects',
    '--out',
    out,
    '--json',
    ...skip,
  ]);
  const { counts, problems, files } = JSON.parse(stdout) as {
    counts: Record<string, Record<string, number>>;
    problems: readonly { code: string }[];
    files: number;
  };
  assert.deepEqual([code, stderr, files], [0, '', 1]);
  assert.deepEqual(counts.read, { Namespace: 1, NetworkPolicy: 1, Pod: 2 });
  assert.deepEqual([counts.passedOver, counts.skipped], [{ Secret: 1 }, { Widget: 1 }]);
  assert.deepEqual(
    problems.map((problem) => problem.code),
    ['host-bits'],
  );
});

test('an error leaves nothing behind', (t) => {
  const out = join(folder(t), 'out');
  const { code, stderr, stdout } = bulkhead(['import', 'kubernetes', 'kubernetes-objects', '--out', out]);
  assert.equal(code, 2);
  assert.match(stderr, /unknown-kind: Cannot read the kind "Widget"/);
  assert.equal(stdout, '');
  assert.throws(() => inside(out), /ENOENT/);
});

test('nothing is no cluster', (t) => {
  const out = join(folder(t), 'out');
  for (const input of ['', '# nothing\n', '{"apiVersion": "v1", "kind": "List", "items": []}']) {
    const { code, stderr } = bulkhead(['import', 'kubernetes', '-', '--out', out], input);
    assert.deepEqual(
      [code, stderr.trim()],
      [2, 'Cannot import the files: there is no object in them, at least one is needed'],
    );
    assert.throws(() => inside(out), /ENOENT/);
  }
});

test('what is there stays, unless somebody says so', (t) => {
  const out = folder(t);
  writeFileSync(join(out, 'policy.yaml'), 'mine');
  const words = ['import', 'kubernetes', 'kubernetes-objects', '--out', out, ...skip];
  const { code, stderr } = bulkhead(words);
  assert.equal(code, 2);
  assert.match(stderr, /policy\.yaml": there is one already/);
  assert.deepEqual([inside(out), readFileSync(join(out, 'policy.yaml'), 'utf8')], [['policy.yaml'], 'mine']);
  assert.equal(bulkhead([...words, '--force']).code, 0);
  assert.deepEqual(inside(out), imported);
  assert.match(readFileSync(join(out, 'policy.yaml'), 'utf8'), /^kind: Tiers\n/);
});

/** What may go wrong before, while and after the first text is in its place. */
const obstacles: readonly (readonly [title: string, put: (out: string) => void])[] = [
  ['a folder of that name', (out) => mkdirSync(join(out, 'policy.yaml'))],
  ['the second cannot be staged', (out) => mkdirSync(join(out, `policy.yaml.${process.pid}.new`))],
  [
    'the second cannot be moved aside',
    (out) => {
      writeFileSync(join(out, 'policy.yaml'), 'mine');
      mkdirSync(join(out, `policy.yaml.${process.pid}.old`));
    },
  ],
];
for (const [title, put] of obstacles)
  test(`both texts are written or none: ${title}`, (t) => {
    const out = folder(t);
    writeFileSync(join(out, 'estate.yaml'), 'mine');
    put(out);
    const before = inside(out);
    const texts = imported.map((name) => ({ name, text: 'new' }));
    assert.throws(() => writeTogether(out, texts), /Cannot write to/);
    assert.deepEqual(inside(out), before);
    assert.equal(readFileSync(join(out, 'estate.yaml'), 'utf8'), 'mine');
  });
