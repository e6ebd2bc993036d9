import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkImports, checkPackages, type Table } from './check-layers.ts';
import { rooms } from './layers.ts';
import { repository } from './source-tree.ts';

const table: Table = {
  net: { kind: 'pure', rooms: [], packages: [] },
  model: { kind: 'pure', rooms: ['net'], packages: ['yaml'] },
  policy: { kind: 'pure', rooms: ['net', 'model'], packages: [] },
  enforce: { kind: 'node', rooms: ['net', 'model'], packages: ['@scope/one'] },
  agent: { kind: 'program', rooms: ['enforce'], packages: [] },
};

const allowed: readonly (readonly [path: string, specifier: string])[] = [
  ['model/a.ts', '@bulkhead/net/address.ts'],
  ['model/a.ts', './b.ts'],
  ['model/deep/a.ts', '../b.ts'],
  ['model/a.ts', 'yaml'],
  ['enforce/a.ts', 'node:fs'],
  ['enforce/a.ts', '@scope/one/deep.js'],
  ['policy/a.test.ts', 'node:test'],
  ['policy/a.test.ts', 'fast-check'],
];

const refused: readonly (readonly [path: string, specifier: string, complaint: RegExp])[] = [
  ['net/a.ts', '@bulkhead/model/words.ts', /not a room/],
  ['policy/a.ts', '@bulkhead/enforce/a.ts', /not a room/],
  ['policy/a.ts', '../model/words.ts', /leaves the room/],
  ['policy/a.ts', '@bulkhead/policy/b.ts', /relative path/],
  ['policy/a.ts', 'node:fs', /without Node/],
  ['policy/a.ts', 'yaml', /not a package/],
  ['policy/a.ts', 'fs', /not a package/],
  ['enforce/a.ts', '@scope/two', /not a package/],
  ['enforce/a.ts', '@bulkhead/agent/main.ts', /program/],
  ['policy/a.test.ts', '@bulkhead/enforce/a.ts', /not a room/],
  ['policy/a.test.ts', '@bulkhead/agent/main.ts', /program/],
  ['elsewhere/a.ts', './b.ts', /no room/],
];

const importing = (path: string, specifier: string) => [{ path, text: `import type { A } from '${specifier}';` }];

for (const [path, specifier] of allowed) {
  test(`${path} may import ${specifier}`, () => assert.deepEqual(checkImports(importing(path, specifier), table), []));
}

for (const [path, specifier, complaint] of refused) {
  test(`${path} may not import ${specifier}`, () => {
    assert.match(checkImports(importing(path, specifier), table).join('\n'), complaint);
  });
}

test('a computed import is refused, because no table can allow it', () => {
  assert.equal(checkImports([{ path: 'agent/a.ts', text: 'await import(name);' }], table).length, 1);
});

test('package.json may depend on what the table allows and nothing else', () => {
  const named = (room: string, ...dependencies: string[]) => ({ room, dependencies });
  const all = Object.keys(table).map((room) => named(room));
  assert.deepEqual(checkPackages([...all, named('model', 'yaml', '@bulkhead/net')], table), []);
  assert.match(checkPackages([...all, named('model', 'lodash')], table).join(), /model\/package.json: "lodash"/);
  assert.match(checkPackages([...all, named('net', '@bulkhead/model')], table).join(), /@bulkhead\/model/);
  assert.match(checkPackages([named('other')], table).join(), /"other".*|no package.json/);
});

test('ARCHITECTURE.md prints the table', () => {
  const text = readFileSync(join(repository, 'ARCHITECTURE.md'), 'utf8');
  const printed = new Map<string, Set<string>>();
  const pure = Object.keys(rooms).filter((room) => rooms[room]?.kind === 'pure');
  const named = (list: string) =>
    list.split(', ').flatMap((name) => (name === 'pure rooms' || name.startsWith('pure rooms') ? pure : [name.trim()]));
  const line = /^ {4}net <- model <- \{(.*)\}/m.exec(text);
  for (const room of line?.[1]?.split(', ') ?? []) printed.set(room, new Set());
  for (const [, names = '', list = ''] of text.matchAll(/^ {4}([a-z0-9, ]+?) +<- ([a-z0-9, ]+?)(?: {2}.*|;.*)?$/gm))
    for (const room of names.split(', ')) printed.set(room, new Set(named(list)));
  for (const [, room = '', more = ''] of text.matchAll(/; (\w+) also ([\w, ]+)$/gm))
    for (const also of more.split(', ')) printed.get(room)?.add(also);
  // Every room may also import these two, and is not said to.
  const words = ['net', 'model'];
  const expected = Object.entries(rooms)
    .filter(([room]) => !words.includes(room) && room !== 'tools')
    .map(([room, entry]) => `${room}: ${entry.rooms.filter((name) => !words.includes(name)).sort()}`);
  const found = [...printed].map(
    ([room, list]) => `${room}: ${[...list].filter((name) => !words.includes(name)).sort()}`,
  );
  assert.deepEqual(found.sort(), expected.sort());
});

test('the table has no cycle and no room imports a program', () => {
  const order: string[] = [];
  const visit = (room: string, path: readonly string[]): void => {
    assert.ok(!path.includes(room), `cycle: ${[...path, room].join(' -> ')}`);
    for (const next of rooms[room]?.rooms ?? []) {
      assert.notEqual(rooms[next]?.kind, 'program', `${room} -> ${next}`);
      visit(next, [...path, room]);
    }
    order.push(room);
  };
  for (const room of Object.keys(rooms)) visit(room, []);
  assert.ok(order.length > 0);
});
