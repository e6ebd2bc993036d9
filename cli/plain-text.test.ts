import assert from 'node:assert/strict';
import test from 'node:test';
import picocolors from 'picocolors';
import { oneLine, plainText, withoutSecrets } from './plain-text.ts';
import { bulkhead } from './testkit.ts';

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

const secrets: readonly (readonly [string, string])[] = [
  ['nothing', 'nothing'],
  ['a bht1.Ab-_9 b', 'a bht1.... b'],
  ["'bh1.a.Bc.d'", "'bh1....'"],
  ['bht1.a and bht1.b', 'bht1.... and bht1....'],
  ['abh1.x bht1 bht2.x', 'abh1.x bht1 bht2.x'],
];

for (const [text, expected] of secrets)
  test(`of ${text} the secrets are left out`, () => assert.equal(withoutSecrets(text), expected));

/** Where tokens are given by mistake. */
const mistakes: readonly (readonly string[])[] = [
  ['status', 'bht1.secret'],
  ['bht1.secret'],
  ['status', '--bht1.secret'],
  ['login', 'bht1.secret', '--json'],
  ['flows', '--url', 'bht1.secret'],
  ['policy', 'apply', 'bht1.secret', '--yes'],
  ['policy', 'plan', 'bht1.secret'],
  ['pull', 'bh1.id.secret.secret'],
];

for (const words of mistakes)
  test(`bulkhead ${words.join(' ')} does not print the token`, () => {
    const { code, stdout, stderr } = bulkhead(words);
    assert.notEqual(code, 0);
    assert.doesNotMatch(stdout + stderr, /secret/);
    assert.notEqual(stderr, '');
  });

for (const name of ['', 'bad name', '-a', 'a/b', 'ü', 'x'.repeat(65)])
  test(`a token is not called ${JSON.stringify(name)}`, () => {
    const { code, stderr } = bulkhead(['token', 'create', `--name=${name}`, '--json']);
    assert.deepEqual([code, JSON.parse(stderr).error.code], [2, 'bad-name'], stderr);
    assert.match(stderr, /Cannot create the token .*: .*, at most 64 letters/);
  });
