import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quotedText } from './quoted-text.ts';

const cases: readonly (readonly [text: string, most: number, quoted: string])[] = [
  ['role=web,app=shop -> postgres (shop/3)', 120, 'role=web,app=shop -> postgres (shop/3)'],
  ['', 120, ''],
  ['a"; drop; "', 120, 'a?; drop; ?'],
  ['a\nb\r\tc\0', 120, 'a?b??c?'],
  ['back\\slash $HOME', 120, 'back?slash ?HOME'],
  ['\u2028\u202e\ud800', 120, '???'],
  ['caf\u00e9 \u65e5\u672c \u{1f6a2}', 120, 'caf\u00e9 \u65e5\u672c \u{1f6a2}'],
  ['abc', 2, 'ab'],
  ['a\u65e5', 3, 'a'],
  ['a\u65e5', 4, 'a\u65e5'],
];
for (const [text, most, quoted] of cases) {
  test(`${JSON.stringify(text)} within ${most}`, () => assert.equal(quotedText(text, most), quoted));
}

test('nothing can end the quotes, start a line, or grow', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(200), (text, most) => {
      const quoted = quotedText(text, most);
      assert.doesNotMatch(quoted, /["\\$\p{Cc}]/u);
      assert.ok(Buffer.byteLength(quoted) <= most);
      assert.ok(quoted.isWellFormed());
    }),
  );
});
