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
  assert.deepEqual([intended.code, intended.opened.cells, intended.counts.intended.opened], [0, 0, 0]);
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

test('diff takes the second policy over the second estate', () => {
  const { code, opened, closed } = diff('--estate', estate, '--estate-after', later, plain, plain);
  assert.deepEqual([code, opened.cells, closed.cells], [1, 0, 1]);
  assert.deepEqual(closed.rectangles[0].example, { from: 'web', to: 'db', service: 'tcp/1' });
  assert.deepEqual(Object.keys(closed.rectangles[0]).sort(), ['cells', 'example', 'from', 'services', 'to']);
});
