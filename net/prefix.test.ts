import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Address, addressFromBits, parseAddress } from './address.ts';
import { formatPrefix, parsePrefix, prefixContains, prefixRange, rangeToPrefixes } from './prefix.ts';

const accepted: readonly (readonly [string, string])[] = [
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['10.0.0.1', '10.0.0.1/32'],
  ['::/0', '::/0'],
  ['FD00::/8', 'fd00::/8'],
  ['fd00::1', 'fd00::1/128'],
];

const refused: readonly string[] = [
  '10.0.0.1/8',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  '::1/64',
  '::/129',
  '::ffff:10.0.0.0/104',
  '::ffff:10.0.0.1',
  '/8',
  '',
];

test('a prefix has no host bits and one text', () => {
  for (const [text, expected] of accepted) {
    const prefix = parsePrefix(text);
    assert.equal(prefix === null ? null : formatPrefix(prefix), expected, text);
  }
});

test('what is no prefix is none', () => {
  for (const text of refused) assert.equal(parsePrefix(text), null, text);
});

const inside: readonly (readonly [string, string, boolean])[] = [
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.0.0.0/8', '9.255.255.255', false],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['0.0.0.0/0', '255.1.2.3', true],
  ['0.0.0.0/0', '::1', false],
  ['::/0', '10.0.0.1', false],
  ['fd00::/64', 'fd00::ffff:1', true],
  ['fd00::/64', 'fd00:0:0:1::', false],
];

test('a prefix contains the addresses of its family and range', () => {
  for (const [prefixText, addressText, expected] of inside) {
    const [prefix, address] = [parsePrefix(prefixText), parseAddress(addressText)];
    assert(prefix !== null && address !== null);
    assert.equal(prefixContains(prefix, address), expected, `${addressText} in ${prefixText}`);
  }
});

test('a range is covered by prefixes exactly, in order, by the fewest', () => {
  // Small numbers, so that every address can be asked.
  const bound = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(bound, bound, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const prefixes = rangeToPrefixes({ family: 4, first: BigInt(low), last: BigInt(high) });
      for (let point = 0; point <= 255; point++) {
        const address: Address = addressFromBits(4, BigInt(point));
        const holding = prefixes.filter((prefix) => prefixContains(prefix, address));
        assert.equal(holding.length, point >= low && point <= high ? 1 : 0, `${point} in ${low}-${high}`);
      }
      assert.equal(prefixes.length, fewest(low, high));
      const firsts = prefixes.map((prefix) => prefixRange(prefix).first);
      assert.deepEqual(
        firsts,
        [...firsts].sort((x, y) => (x < y ? -1 : 1)),
      );
    }),
  );
});

/** Aligned blocks by recursion from the whole space of 2^8 down. */
function fewest(low: number, high: number, start = 0, size = 256): number {
  if (high < start || low >= start + size) return 0;
  if (low <= start && start + size - 1 <= high) return 1;
  return fewest(low, high, start, size / 2) + fewest(low, high, start + size / 2, size / 2);
}

test('the whole of each family is one prefix', () => {
  assert.deepEqual(rangeToPrefixes({ family: 4, first: 0n, last: 2n ** 32n - 1n }).map(formatPrefix), ['0.0.0.0/0']);
  assert.deepEqual(rangeToPrefixes({ family: 6, first: 0n, last: 2n ** 128n - 1n }).map(formatPrefix), ['::/0']);
});
