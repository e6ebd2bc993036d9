import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHeld, parseHeld } from './held-text.ts';

const most = {
  generation: 4294967295,
  structure: 4294967295,
  revision: 65535,
  version: 4294967295,
  hash: 'f'.repeat(64),
  copy: 'b',
} as const;

test('the longest fits a comment and reads back', () => {
  assert.ok(formatHeld(most).length <= 127);
  assert.deepEqual(parseHeld(formatHeld(most)), most);
});

for (const text of [
  '',
  'g=1',
  'g=1 s=1 r=1 v=1 h=ab',
  'g=1 s=1 r=1 v=1 c=c h=ab',
  'g=1 s=1 r=1 v=1 c=a h=xyz',
  'g=-1 s=1 r=1 v=1 c=a h=',
  'g=1 s=1 r=1 v=1 c=a h=ab more',
  ' g=1 s=1 r=1 v=1 c=a h=ab',
]) {
  test(`"${text}" says nothing`, () => assert.equal(parseHeld(text), null));
}
