import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLines } from './read-lines.ts';

function bodyOf(pieces: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      controller.close();
    },
  });
}

const umlaut = new TextEncoder().encode('{"a":"ü"}\n');
const cases: readonly (readonly [string, readonly (string | Uint8Array)[], readonly unknown[]])[] = [
  ['a line at a time', ['{"a":1}\n', '{"b":2}\n'], [{ a: 1 }, { b: 2 }]],
  ['cut anywhere', ['{"a"', ':1}\n{"b', '":2}\n'], [{ a: 1 }, { b: 2 }]],
  ['cut inside a letter', [umlaut.slice(0, 7), umlaut.slice(7)], [{ a: 'ü' }]],
  ['without a last line end', ['{"a":1}'], [{ a: 1 }]],
  ['nothing', [], []],
];
for (const [title, pieces, expected] of cases) {
  test(`lines of an answer: ${title}`, async () => {
    const said: unknown[] = [];
    for await (const line of readLines(bodyOf(pieces))) said.push(line);
    assert.deepEqual(said, expected);
  });
}

test('whoever stops reading ends the answer', async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('{"n":1}\n')),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const _ of readLines(endless)) break;
  assert.equal(cancelled, true);
});
