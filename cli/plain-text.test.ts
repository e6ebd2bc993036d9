import assert from 'node:assert/strict';
import test from 'node:test';
import picocolors from 'picocolors';
import { oneLine, plainText } from './plain-text.ts';

const colors = picocolors.createColors(true);

test('what a terminal obeys is shown instead, colours of ours pass', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain, übergroß, 漢字\n\tnext', 'plain, übergroß, 漢字\n\tnext'],
    [colors.red('no'), colors.red('no')],
    [colors.bold(colors.bgRed(colors.cyan('no'))), colors.bold(colors.bgRed(colors.cyan('no')))],
    ['\u001b[2J', '\\u001b[2J'],
    ['\u001b[8mhidden', '\\u001b[8mhidden'],
    ['\u001b[31;8mhidden', '\\u001b[31;8mhidden'],
    ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['\u001bc', '\\u001bc'],
    ['\u009b2J', '\\u009b2J'],
    ['ok\r\u0008gone', 'ok\\u000d\\u0008gone'],
    ['a\u202eb\u2066c\u2028d\u200f', 'a\\u202eb\\u2066c\\u2028d\\u200f'],
    ['\u007f\u0000', '\\u007f\\u0000'],
  ];
  for (const [text, expected] of cases) assert.equal(plainText(text), expected);
});

test('one line stays one line', () => {
  assert.equal(oneLine('a\nb\tc\u001b[2J'), 'a\\u000ab\\u0009c\\u001b[2J');
});

test('a JSON line keeps its meaning', () => {
  const value = { name: '\u001b[2J\u009b\u202e\u007f\n' };
  const line = plainText(JSON.stringify(value));
  assert.deepEqual(JSON.parse(line), value);
  assert.ok(!/[\u007f-\u009f\u202e]/.test(line));
});
