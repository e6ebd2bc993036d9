import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Line, readLines } from './line-reader.ts';

async function* pieces(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function linesOf(texts: readonly string[], limit = 10): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const some of readLines(pieces(texts), limit)) lines.push(...some);
  return lines;
}

const cases: readonly (readonly [what: string, texts: readonly string[], lines: readonly Line[]])[] = [
  ['nothing', [], []],
  ['an empty piece', [''], []],
  ['one line', ['a\n'], ['a']],
  ['no newline at the end', ['a\nb'], ['a', 'b']],
  ['an empty line', ['a\n\nb\n'], ['a', '', 'b']],
  ['a line over two pieces', ['a', 'b\nc', '\n'], ['ab', 'c']],
  ['carriage returns', ['a\r\nb\r\n'], ['a', 'b']],
  ['a line at the limit', ['0123456789\n'], ['0123456789']],
  ['a line over the limit', ['0123456789a\nb\n'], [null, 'b']],
  ['an endless line', ['0123456789', '0123456789', '0123\n', 'b\n'], [null, 'b']],
  ['an endless line at the end', ['a\n0123456789', '0123456789'], ['a', null]],
];

for (const [what, texts, lines] of cases) {
  test(`lines of ${what}`, async () => assert.deepEqual(await linesOf(texts), lines));
}

test('lines do not depend on how the text was cut', async () => {
  const text = fc.array(fc.stringMatching(/^[ab\n]{0,8}$/), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(text, async (texts) => {
      assert.deepEqual(await linesOf(texts, 100), await linesOf([texts.join('')], 100));
    }),
  );
});

test('lines that come together are read together, and none waits for those to come', async () => {
  const read: (readonly Line[])[] = [];
  for await (const lines of readLines(pieces(['a\nb\nc', 'd\n', 'e', '\n\n']), 10)) read.push(lines);
  assert.deepEqual(read, [['a', 'b'], ['cd'], ['e', '']]);
});
