import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DiffLine, diffLines, hunksOf } from './line-diff.ts';

const marks = { same: ' ', removed: '-', added: '+' } as const;
const shown = (lines: readonly DiffLine[]) => lines.map(({ kind, text }) => marks[kind] + text).join('|');

for (const [before, after, expected] of [
  ['', '', ''],
  ['a', 'a', ' a'],
  ['a\n', 'a', ' a'],
  ['', 'a', '+a'],
  ['a', '', '-a'],
  ['a', 'b', '-a|+b'],
  ['a\nb\nc', 'a\nc', ' a|-b| c'],
  ['a\nc', 'a\nb\nc', ' a|+b| c'],
  ['a\nb\nc\nd', 'b\nx\nd\ne', '-a| b|-c|+x| d|+e'],
  ['a\na', 'a', ' a|-a'],
] as const)
  test(`${JSON.stringify(before)} to ${JSON.stringify(after)} is ${expected}`, () => {
    assert.equal(shown(diffLines(before, after)), expected);
  });

/** Small letters repeat often, which is where a search goes wrong. */
test('both texts can be read back from it, and it has no more changes than throwing all away', () => {
  let seed = 7;
  const letter = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return 'abc'[seed % 3] ?? '';
  };
  for (let round = 0; round < 300; round++) {
    const [before, after] = [round % 13, round % 11].map((length) => Array.from({ length }, letter).join('\n'));
    const lines = diffLines(before ?? '', after ?? '');
    const side = (without: DiffLine['kind']) => lines.filter(({ kind }) => kind !== without).map(({ text }) => text);
    assert.equal(side('added').join('\n'), before, `round ${round}`);
    assert.equal(side('removed').join('\n'), after, `round ${round}`);
  }
});

test('texts that differ in everything are one removed and one added whole', () => {
  const text = (letter: string) => Array.from({ length: 5000 }, (_, index) => `${letter}${index}`).join('\n');
  const lines = diffLines(text('a'), text('b'));
  assert.deepEqual([lines.length, lines[0]?.kind, lines.at(-1)?.kind], [10_000, 'removed', 'added']);
});

test('only what is near a change is shown, and changes near each other are shown together', () => {
  const text = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);
  const changed = text.with(9, 'x').with(12, 'y').with(30, 'z');
  const hunks = hunksOf(diffLines(text.join('\n'), changed.join('\n')), 2);
  assert.deepEqual(
    hunks.map(({ skipped, lines }) => [skipped, lines[0]?.text, lines.at(-1)?.text, lines.length]),
    [
      [7, 'line 8', 'line 15', 10],
      [13, 'line 29', 'line 33', 6],
    ],
  );
});

test('lines have the numbers of their texts', () => {
  const [first, second, third] = diffLines('a\nb', 'a\nc');
  assert.deepEqual([first?.before, first?.after], [1, 1]);
  assert.deepEqual([second?.before, second?.after], [2, null]);
  assert.deepEqual([third?.before, third?.after], [null, 2]);
});
