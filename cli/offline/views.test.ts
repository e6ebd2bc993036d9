import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bulkhead } from '../testkit.ts';

const directory = mkdtempSync(join(tmpdir(), 'bulkhead-views-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const workload = (name: string, role: string, address: string) =>
  `---\n{kind: Workload, name: ${name}, labels: {role: ${role}}, addresses: [${address}]}\n`;
const rules = (...lines: readonly string[]) =>
  `kind: Ruleset\nname: r\nrules:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
const observe = '---\n{kind: Mode, selector: "", inbound: observe, outbound: observe}\n';
const webToDb = '{name: a, allow: [tcp/1], from: role=web, to: role=db}';
const outward = '{name: b, allow: [tcp/2], from: role=web, to: {prefix: 192.0.2.0/24}}';

const estate = file('estate.yaml', workload('web', 'web', '10.0.0.1') + workload('db', 'db', '10.0.0.2'));
const later = file('later.yaml', workload('web', 'old', '10.0.0.1') + workload('db', 'db', '10.0.0.2'));
const plain = file('plain.yaml', rules(webToDb));
const watched = file('watched.yaml', rules(webToDb) + observe);
const named = file(
  'named.yaml',
  rules(webToDb, '{name: b, allow: [tcp/443], from: role=web, to: {name: "*.example.com"}}'),
);
const wider = file('wider.yaml', rules(webToDb, outward));

test('decide answers as intended, or as it is in effect under the modes', () => {
  const probe = '{"from":"db","to":"web","service":"tcp/1"}\n';
  const verdict = (...more: string[]) =>
    JSON.parse(bulkhead(['decide', '--estate', estate, '--policy', watched, ...more], probe).stdout).verdict;
  assert.deepEqual([verdict(), verdict('--as', 'intended'), verdict('--as', 'effective')], ['deny', 'deny', 'allow']);
});

const diff = (...words: string[]) => {
  const { code, stdout } = bulkhead(['diff', ...words, '--expect-none', '--json']);
  return { code, ...JSON.parse(stdout) };
};

test('diff counts both views: what a mode lets pass opens nothing as intended', () => {
  const intended = diff('--estate', estate, plain, watched);
  const opened = intended.counts.effective.opened;
  assert.deepEqual([intended.code, intended.opened.cells, intended.counts.intended.opened], [1, 0, 0]);
  assert.ok(opened > 0);
  const effective = diff('--estate', estate, plain, watched, '--as', 'effective');
  assert.deepEqual([effective.code, effective.opened.cells, effective.counts.intended.opened], [1, opened, 0]);
});

test('diff expects no change towards addresses that nobody owns either', () => {
  const { code, opened } = diff('--estate', estate, plain, wider);
  assert.deepEqual([code, opened.cells, opened.rectangles], [1, 0, []]);
  assert.deepEqual(
    opened.addressRectangles.map(({ addresses, services }: { addresses: string; services: string[] }) => [
      addresses,
      services,
    ]),
    [['256', ['tcp/2']]],
  );
});

test('F8 diff expects no change towards domain names either, and prune keeps the rules to them', () => {
  const { code, opened, closed } = diff('--estate', estate, named, plain);
  const { from, to, services, workloads, example } = closed.nameRectangles[0];
  assert.deepEqual([code, opened.cells, closed.cells, closed.nameRectangles.length], [1, 0, 0, 1]);
  assert.deepEqual([from, to, services, workloads], ['role=web', '*.example.com', ['tcp/443'], 1]);
  assert.deepEqual(example, { from: 'web@10.0.0.1', to: 'some.example.com', service: 'tcp/443', network: 'main' });
  const prune = bulkhead(['policy', 'prune', '--estate', estate, '--policy', named]);
  assert.deepEqual([prune.code, prune.stdout], [0, 'no allow or pass rule can go, as far as is proved\n']);
});

test('I2 an invariant towards any end is refuted by a rule to a domain name', () => {
  const invariants = file(
    'never.yaml',
    '{kind: Invariant, name: web-in, never: {from: role=web, to: {any: true}, services: [tcp]}, except: [{to: role=db}]}\n',
  );
  const { code, stdout } = bulkhead(['verify', '--estate', estate, '--policy', named, '--invariants', invariants]);
  assert.deepEqual([code, stdout.includes('web@10.0.0.1 -> some.example.com tcp/443 passes')], [1, true], stdout);
  const any = bulkhead(['verify', '--any-estate', '--estate', estate, '--policy', named, '--invariants', invariants]);
  assert.equal(any.code, 1, any.stderr);
  assert.match(any.stdout, /a workload with role=web -> some\.example\.com tcp\/443 passes/);
});

test('I7 an invariant about nobody holds, and says so', () => {
  const invariants = file('nobody.yaml', '{kind: Invariant, name: web-in, never: {from: role=web, to: any}}\n');
  const words = ['verify', '--estate', estate, '--policy', plain, '--invariants', invariants];
  const { code, stdout } = bulkhead(words);
  assert.equal(code, 0);
  assert.equal(stdout, 'holds    web-in, with nothing to prove: its "to" matches no workload, address or name\n');
  assert.equal(JSON.parse(bulkhead([...words, '--json']).stdout).empty, 'to');
});

test('diff takes the second policy over the second estate', () => {
  const { code, opened, closed } = diff('--estate', estate, '--estate-after', later, plain, plain);
  assert.deepEqual([code, opened.cells, closed.cells], [1, 0, 1]);
  assert.deepEqual(closed.rectangles[0].example, { from: 'web', to: 'db', service: 'tcp/1' });
  assert.deepEqual(Object.keys(closed.rectangles[0]).sort(), ['cells', 'example', 'from', 'services', 'to']);
});
