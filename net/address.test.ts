import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Address,
  addressBits,
  addressFamily,
  addressFromBits,
  addressFromBytes,
  type Family,
  parseAddress,
} from './address.ts';

const canonical: readonly (readonly [string, string])[] = [
  ['10.0.0.1', '10.0.0.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['FD00:0:0:1::0011', 'fd00:0:0:1::11'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
  ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
];

const refused: readonly string[] = [
  '',
  ' ',
  '10.0.0',
  '10.0.0.1.2',
  '10.0.0.256',
  '010.0.0.1',
  '10.0.0.01',
  '10.0.0.-1',
  '10.0.0.1 ',
  '10.0.0.1/32',
  '10.0.0.1:80',
  '0x0a.0.0.1',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  ':::',
  '1:2:3:4:5:6:7:8::',
  'fe80::1%eth0',
  '[::1]',
  '12345::',
  'g::',
  '1.2.3.4::',
  '::1.2.3',
  '1.2.3.4:5::',
];

test('an address has one canonical text', () => {
  for (const [text, expected] of canonical) assert.equal(parseAddress(text), expected, text);
});

test('anything but exactly one address is none', () => {
  for (const text of refused) assert.equal(parseAddress(text), null, text);
});

const anyBits = fc.oneof(
  fc.record({ family: fc.constant<Family>(4), bits: fc.bigInt(0n, 2n ** 32n - 1n) }),
  // IPv4-mapped numbers are left out: as text they are the IPv4 address.
  fc.record({ family: fc.constant<Family>(6), bits: fc.bigInt(2n ** 64n, 2n ** 128n - 1n) }),
  fc
    .record({
      family: fc.constant<Family>(6),
      bits: fc
        .array(fc.constantFrom(0n, 0n, 1n, 0xffffn), { minLength: 8, maxLength: 8 })
        .map((groups) => groups.reduce((bits, group) => (bits << 16n) | group, 1n << 128n) % 2n ** 128n),
    })
    .filter(({ bits }) => bits >> 32n !== 0xffffn),
);

test('bits to text and back, and the text is canonical', () => {
  fc.assert(
    fc.property(anyBits, ({ family, bits }) => {
      const address = addressFromBits(family, bits);
      assert.equal(parseAddress(address), address);
      assert.equal(addressFamily(address), family);
      assert.equal(addressBits(address), bits);
    }),
  );
});

test('bytes are read most significant first, mapped ones as IPv4', () => {
  assert.equal(addressFromBytes(new Uint8Array([10, 0, 0, 1])), '10.0.0.1');
  assert.equal(addressFromBytes(new Uint8Array([0xfd, ...Array(14).fill(0), 1])), 'fd00::1');
  const mapped = [...Array(10).fill(0), 255, 255, 10, 0, 0, 1];
  assert.equal(addressFromBytes(new Uint8Array(mapped)), '10.0.0.1');
});

test('bits of a text that is no address are a bug', () => {
  assert.throws(() => addressBits('ten' as Address));
});
