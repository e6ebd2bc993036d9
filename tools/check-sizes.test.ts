import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSizes, exceptions, measure, percentile } from './check-sizes.ts';

const withFunction = (path: string, lines: number) => ({
  path,
  text: `function long() {\n${'a;\n'.repeat(lines - 2)}}\n`,
});
const complaints = (...files: { path: string; text: string }[]) => checkSizes(measure(files), {});

test('a file of 500 lines and a function of 80 pass', () => {
  assert.deepEqual(complaints({ path: 'a.ts', text: 'a;\n'.repeat(500) }, withFunction('b.ts', 80)), []);
});

test('a file of 501 lines and a function of 81 do not', () => {
  const found = complaints({ path: 'a.ts', text: 'a;\n'.repeat(501) }, withFunction('b.ts', 81));
  assert.deepEqual(found, ['a.ts: 501 lines, at most 500', 'b.ts:1: long has 81 lines, at most 80']);
});

test('a test file may hold one long table', () => {
  assert.deepEqual(complaints(withFunction('b.test.ts', 90)), []);
  assert.equal(complaints(withFunction('b.tests.ts', 90)).length, 1);
});

test('an exception silences its own complaint and becomes one when it is not needed', () => {
  const sizes = measure([withFunction('b.ts', 81)]);
  assert.deepEqual(checkSizes(sizes, { 'b.ts#long': 'a table' }), []);
  assert.equal(checkSizes(sizes, { 'c.ts#long': 'a table' }).length, 2);
});

test('every exception has a reason', () => {
  for (const [key, reason] of Object.entries(exceptions)) assert.ok(reason.length > 10, key);
});

test('percentiles', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.deepEqual([percentile(hundred, 0.5), percentile(hundred, 0.9), percentile([7], 0.9)], [51, 91, 7]);
});
