import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8Length } from './utf8.ts';

test('bytes are counted as an encoder writes them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(utf8Length(text), Buffer.byteLength(text))),
  );
  for (const text of ['\ud800', 'a\udc00b', '\ud83d\ude00', '\ud83d\ud83d\ude00'])
    assert.equal(utf8Length(text), Buffer.byteLength(text));
});
