import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenize } from './tokens.ts';

const texts = (source: string): string[] => tokenize(source).map((token) => `${token.kind} ${token.text}`);

const cases: readonly (readonly [source: string, tokens: readonly string[]])[] = [
  ["a('x')", ['word a', 'punctuation (', 'string x', 'punctuation )']],
  ["// import 'x'\n/* import 'y' */ b", ['word b']],
  ["'// no comment'", ['string // no comment']],
  ["'it\\'s'", ["string it\\'s"]],
  ['a / b / c', ['word a', 'punctuation /', 'word b', 'punctuation /', 'word c']],
  ['x = /[\'"`]/g; y', ['word x', 'punctuation =', 'regex /[\'"`]/g', 'punctuation ;', 'word y']],
  ['b++ / 2 / c', ['word b', 'punctuation ++', 'punctuation /', 'number 2', 'punctuation /', 'word c']],
  ["if (x) /'/", ['word if', 'punctuation (', 'word x', 'punctuation )', "regex /'/"]],
  [
    "while (f(x)) /'/",
    [
      ...'while ( f ( x ) )'.split(' ').map((text) => `${/\w/.test(text) ? 'word' : 'punctuation'} ${text}`),
      "regex /'/",
    ],
  ],
  ['return /a\\/b/', ['word return', 'regex /a\\/b/']],
  ['f(1) / 2', ['word f', 'punctuation (', 'number 1', 'punctuation )', 'punctuation /', 'number 2']],
  ['`a`', ['template `a`']],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test
  ['`a${b}c`', ['template `a${', 'word b', 'template }c`']],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test
    '`${ { a: `${1}` } }`;z',
    // biome-ignore format: one line per case
    ['template `${', 'punctuation {', 'word a', 'punctuation :', 'template `${', 'number 1', 'template }`', 'punctuation }', 'template }`', 'punctuation ;', 'word z'],
  ],
];

for (const [source, expected] of cases) {
  test(`tokens of ${JSON.stringify(source)}`, () => assert.deepEqual(texts(source), expected));
}

test('lines count from 1, across comments and templates', () => {
  const lines = tokenize('a\n/*\n*/ b `\n` c').map((token) => `${token.text.trim()}:${token.line}`);
  assert.deepEqual(lines, ['a:1', 'b:3', '`\n`:3', 'c:4']);
});
