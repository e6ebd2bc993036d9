import assert from 'node:assert/strict';
import { test } from 'node:test';
import picocolors from 'picocolors';
import type { Host } from './hosts.ts';
import type { Status } from './status.ts';
import { cut, drawWatch, type Watched } from './watch-text.ts';

const cuts: readonly (readonly [line: string, columns: number, kept: string])[] = [
  ['', 3, ''],
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc\x1b[0m'],
  ['\x1b[31mabc\x1b[39m', 3, '\x1b[31mabc\x1b[39m'],
  ['\x1b[31mabcd\x1b[39m', 3, '\x1b[31mabc\x1b[0m'],
  ['abc', 0, '\x1b[0m'],
];

for (const [line, columns, kept] of cuts) {
  test(`${JSON.stringify(line)} in ${columns} columns`, () => assert.equal(cut(line, columns), kept));
}

const status = {
  version: { number: 1, state: 'done' },
  reports: { lost: 0, counted: 9 },
  absent: ['reverify'],
} as unknown as Status;
const host = (name: string): Host => ({
  name,
  mode: { inbound: 'test', outbound: 'observe' },
  connected: false,
  lastSeen: null,
  generation: { intended: 1, applied: null, proven: null },
  proven: false,
  counted: null,
  received: null,
  lost: null,
  capabilities: null,
  problems: [],
});
const seen: Watched = { status, hosts: Array.from({ length: 30 }, (_, i) => host(`host-${i}`)), edges: [] };
const view = { now: 0, colors: picocolors.createColors(false) };

for (const [columns, rows] of [
  [80, 24],
  [20, 5],
  [200, 100],
] as const) {
  test(`the view fits ${columns} columns and ${rows} rows`, () => {
    const lines = drawWatch(seen, { ...view, size: { columns, rows } });
    assert.ok(lines.length <= rows);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    for (const line of lines) assert.ok(line.replace(/\x1b\[[0-9;]*m/g, '').length <= columns, line);
  });
}

test('a controller that does not answer is said, and so is what is not there yet', () => {
  const size = { columns: 80, rows: 24 };
  assert.match(drawWatch(null, { ...view, size }).join('\n'), /does not answer/);
  assert.match(drawWatch(seen, { ...view, size }).join('\n'), /not there yet: reverify/);
  assert.match(drawWatch(seen, { ...view, size }).join('\n'), /in test, out observe/);
});
