import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLogPrefix } from './log-prefix.ts';

test('a prefix says which decision of which generation, and the rule', () => {
  assert.deepEqual(parseLogPrefix('12:7:ADi:shop/web-to-api'), {
    generation: 12,
    place: 0,
    decision: 7,
    effective: 'allow',
    intended: 'deny',
    judged: 'inbound',
    rule: 'shop/web-to-api',
  });
  assert.equal(parseLogPrefix('12.7:1:AAi:r')?.place, 7);
  assert.equal(parseLogPrefix('12.1000:1:AAi:r')?.decision, 1);
  assert.equal(parseLogPrefix('4294967295:1048575:DDo:-')?.rule, null);
  assert.equal(parseLogPrefix('1:0:DAo:a:b c')?.rule, 'a:b c');
  assert.equal(parseLogPrefix('1:0:DAo:-')?.judged, 'outbound');
});

const foreign = [
  ...[
    '',
    '-',
    'IN=eth0',
    '12:7:AA:shop/x',
    '12:7:AAi:',
    '12:7:AAi',
    'x:7:AAi:r',
    '12::AAi:r',
    '-1:7:AAi:r',
    '1:1:XAi:r',
    '1.0:1:AAi:r',
    '1.:1:AAi:r',
    '1.12345:1:AAi:r',
    '1.2.3:1:AAi:r',
  ],
  ...['12:7:AAx:r', '12345678901:7:AAi:r', ' 12:7:AAi:r', '12:7:AAi:a\nb', `1:1:AAi:${'r'.repeat(128)}`, '12:7:aai:r'],
];
for (const text of foreign) {
  test(`${JSON.stringify(text)} is none of ours`, () => assert.equal(parseLogPrefix(text), null));
}
