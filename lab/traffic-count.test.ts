import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Lab } from './lab-file.ts';
import { LogReader } from './log-reader.ts';
import { parseLab } from './parse-lab.ts';
import { smallLab } from './testkit.ts';
import { TrafficCount } from './traffic-count.ts';

const lab = parseLab(smallLab, 'lab.yaml').lab as Lab;

const cases: readonly (readonly [line: string, successes: number, failures: number, lastError: string | null])[] = [
  ['edge client-1 web-1 tcp/80 ok', 1, 0, null],
  ['edge client-1 web-1 tcp/80 --', 1, 0, null],
  ['edge client-1 web-1 tcp/80 ok\nedge client-1 web-1 tcp/80 timeout', 1, 1, 'timeout'],
  ['edge client-1 web-1 tcp/80 SC', 0, 1, 'SC'],
  ['edge client-1 web-1 tcp/80', 0, 0, null],
  ['edge client-1 web-1 tcp/81 ok', 0, 0, null],
  ['edge web-1 client-1 tcp/80 ok', 0, 0, null],
  ['2026-11-20 edge client-1 web-1 tcp/80 ok', 0, 0, null],
  ['edges client-1 web-1 tcp/80 ok', 0, 0, null],
  ['', 0, 0, null],
];
for (const [line, successes, failures, lastError] of cases) {
  test(`${JSON.stringify(line)}: ${successes} ok, ${failures} failed`, () => {
    const count = new TrafficCount(lab);
    count.take(line);
    const edge = count.edges().find(({ service }) => service === 'tcp/80');
    const { attempts } = edge ?? {};
    assert.deepEqual(
      [edge?.successes, edge?.failures, edge?.lastError, attempts],
      [successes, failures, lastError, successes + failures],
    );
  });
}

test('a reset forgets counts and errors, not edges', () => {
  const count = new TrafficCount(lab);
  count.take('edge client-1 web-1 tcp/80 timeout');
  count.reset();
  assert.deepEqual(
    count.edges().map(({ attempts, lastError }) => [attempts, lastError]),
    [
      [0, null],
      [0, null],
    ],
  );
});

test('a log is read once, by whole lines, and emptied when it has grown', (context) => {
  const folder = mkdtempSync(`${tmpdir()}/bulkhead-log-`);
  context.after(() => rmSync(folder, { recursive: true }));
  const path = `${folder}/a.log`;
  writeFileSync(path, 'one\ntw');
  const reader = new LogReader();
  reader.watch(path);
  assert.equal(reader.read(), 'one\n');
  assert.equal(reader.read(), '');
  appendFileSync(path, 'o\n');
  assert.equal(reader.read(), 'two\n');
  appendFileSync(path, `${'x'.repeat(1_000_000)}\n`);
  assert.equal(reader.read().length, 1_000_001);
  assert.equal(statSync(path).size, 0);
  appendFileSync(path, 'three\n');
  assert.equal(reader.read(), 'three\n');
});
