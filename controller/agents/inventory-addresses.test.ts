import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inventory } from '@bulkhead/wire/messages.ts';
import { addressLimit, inventoryAddresses } from './inventory-addresses.ts';

const inventory = (...addresses: string[]): Inventory => ({
  hostname: 'h',
  kernel: 'k',
  system: 's',
  addresses: addresses.map((address) => ({ interface: 'eth0', address })),
  listeners: [],
});

test('only addresses by which others know the host count', () => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [
      ['10.0.0.2', '10.0.0.1', '10.0.0.1'],
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      ['fd00::1', '::ffff:10.0.0.1'],
      ['10.0.0.1', 'fd00::1'],
    ],
    [['127.0.0.1', '::1', 'fe80::1', '169.254.1.1', '0.0.0.0', '::', '224.0.0.1', 'ff02::1'], []],
    [['10.0.0.1/24', 'eth0', ''], []],
  ];
  for (const [given, expected] of cases) {
    assert.deepEqual(
      inventoryAddresses(inventory(...given)).map(({ address }) => address),
      expected,
    );
  }
});

test('a host cannot claim the world', () => {
  const many = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
  assert.equal(inventoryAddresses(inventory(...many)).length, addressLimit);
});
