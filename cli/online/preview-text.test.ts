import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesText } from './preview-text.ts';

for (const [count, text] of [
  ['0', '0 addresses'],
  ['1', '1 address'],
  ['256', '256 addresses'],
  ['1099511627775', '1099511627775 addresses'],
  ['18446744073709551615', 'about 2^64 addresses'],
  ['340282366920938463463374607431768211456', 'about 2^128 addresses'],
] as const)
  test(`${count} addresses are "${text}"`, () => assert.equal(addressesText(count), text));
