import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  allServices,
  formatServicePoint,
  formatServiceRange,
  isReversedRange,
  parseServiceRange,
  servicePoint,
} from './service-space.ts';

const accepted: readonly (readonly [string, number, number])[] = [
  ['all', 0, 0xffffff],
  ['tcp', 0x060000, 0x06ffff],
  ['tcp/0', 0x060000, 0x060000],
  ['tcp/5432', 0x061538, 0x061538],
  ['tcp/8000-8100', 0x061f40, 0x061fa4],
  ['tcp/0-65535', 0x060000, 0x06ffff],
  ['udp/53', 0x110035, 0x110035],
  ['sctp/9', 0x840009, 0x840009],
  ['icmp', 0x010000, 0x01ffff],
  ['icmp/8', 0x010800, 0x0108ff],
  ['icmp/8/0', 0x010800, 0x010800],
  ['icmpv6/128', 0x3a8000, 0x3a80ff],
  ['proto/47', 0x2f0000, 0x2fffff],
  ['proto/0', 0, 0xffff],
];

const refused: readonly string[] = [
  '',
  'ALL',
  'TCP/80',
  'http',
  '80',
  'tcp/',
  'tcp/65536',
  'tcp/080',
  'tcp/-1',
  'tcp/1-',
  'tcp/1-2-3',
  'tcp/8100-8000',
  'tcp/80/0',
  'tcp /80',
  'tcp/80 ',
  'icmp/256',
  'icmp/8/256',
  'icmp/8/0/0',
  'icmp/8-9',
  'proto',
  'proto/256',
  'proto/47/1',
  '__proto__',
  'constructor',
  'toString/1',
];

test('a service is an inclusive range of the space', () => {
  for (const [text, first, last] of accepted) assert.deepEqual(parseServiceRange(text), { first, last }, text);
});

test('what is no service is none', () => {
  for (const text of refused) assert.equal(parseServiceRange(text), null, text);
});

test('only a range with its ends swapped is reversed', () => {
  assert.equal(isReversedRange('tcp/8100-8000'), true);
  for (const text of ['tcp/8000-8100', 'tcp/80-80', 'tcp/80', 'all', 'tcp/a-b', ''])
    assert.equal(isReversedRange(text), false, text);
});

test('a range that has a text parses back to itself', () => {
  for (const [text] of accepted) {
    const range = parseServiceRange(text);
    assert(range !== null);
    const written = formatServiceRange(range);
    assert(written !== null, text);
    assert.deepEqual(parseServiceRange(written), range, text);
  }
});

test('a range across protocols has no text, unless it is all', () => {
  assert.equal(formatServiceRange(allServices), 'all');
  assert.equal(formatServiceRange({ first: 1, last: 0x060050 }), null);
  assert.equal(formatServiceRange({ first: 0x010801, last: 0x010902 }), null);
});

test('any range of ports goes to text and back', () => {
  const port = fc.integer({ min: 0, max: 65535 });
  fc.assert(
    fc.property(fc.constantFrom(6, 17, 132), port, port, (protocol, a, b) => {
      const range = { first: servicePoint(protocol, Math.min(a, b)), last: servicePoint(protocol, Math.max(a, b)) };
      assert.deepEqual(parseServiceRange(formatServiceRange(range) ?? ''), range);
    }),
  );
});

test('a point is written as people write a service', () => {
  assert.equal(formatServicePoint(servicePoint(6, 5432)), 'tcp/5432');
  assert.equal(formatServicePoint(servicePoint(1, 8 * 256)), 'icmp/8/0');
  assert.equal(formatServicePoint(servicePoint(58, 128 * 256 + 3)), 'icmpv6/128/3');
  assert.equal(formatServicePoint(servicePoint(47, 0)), 'proto/47');
});
