import assert from 'node:assert/strict';
import { test } from 'node:test';
import { code, markdownTable, mostRows, words } from './text.ts';

const names: readonly (readonly [name: string, markdown: string])[] = [
  ['role=web,app in (a,b)', '`role=web,app in (a,b)`'],
  ['a', '`a`'],
  ['<img src=x onerror=alert(1)>', '`<img src=x onerror=alert(1)>`'],
  ['@everyone #1 https://example.org', '`@everyone #1 https://example.org`'],
  ['[a](javascript:b)', '`[a](javascript:b)`'],
  ['a|b', '<code>a&#124;b</code>'],
  ['a\\|b', '<code>a&#92;&#124;b</code>'],
  ['`<b>`', '<code>&#96;&#60;b&#62;&#96;</code>'],
  ['a`', '<code>a&#96;</code>'],
  [' a', '<code> a</code>'],
  ['', '<code></code>'],
  ['a\n\n# b', '<code>a&#92;u000a&#92;u000a&#35; b</code>'],
  ['a\u202eb', '<code>a&#92;u202eb</code>'],
];

for (const [name, markdown] of names)
  test(`${JSON.stringify(name)} is nothing but text`, () => assert.equal(code(name), markdown));

test('a long name is cut, and words that quote one are written without markup', () => {
  assert.equal(code('x'.repeat(1000)).length, 305);
  assert.equal(words('use "<b>|`'), 'use "&#60;b&#62;&#124;&#96;');
});

test('a table says how many rows it leaves out', () => {
  const rows = Array.from({ length: mostRows + 3 }, (_, index) => [String(index)]);
  const table = markdownTable(['n:'], rows, { omitted: 4 });
  assert.deepEqual(table.slice(0, 3), ['| n |', '| ---: |', '| 0 |']);
  assert.deepEqual(table.slice(-2), ['', 'and 7 more']);
  assert.deepEqual(markdownTable(['n'], []), []);
});
