import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import fc from 'fast-check';

const v4 = fc.integer({ min: 0, max: 0xffffffff }).map((bits) => addressFromBits(4, BigInt(bits)));
// Above ::ffff:0:0/96, where an address would be its IPv4 self.
const v6 = fc.bigInt({ min: 1n << 64n, max: (1n << 128n) - 1n }).map((bits) => addressFromBits(6, bits));
const verdict = fc.constantFrom('allow' as const, 'deny' as const);
const word = fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: null });

/** Any report an agent may send. */
export const anyReport: fc.Arbitrary<ConnectionReport> = fc
  .record({
    first: fc.integer({ min: 0, max: 2 ** 42 }),
    duration: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 36 })),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    network: fc.constantFrom('main', 'site-b'),
    local: fc.oneof(v4, v6),
    peer: fc.oneof(v4, v6),
    service: fc.integer({ min: 0, max: 0xffffff }),
    effective: verdict,
    intended: verdict,
    effectiveRule: word,
    intendedRule: word,
    generation: fc.integer({ min: 0, max: 2 ** 40 }),
    count: fc.integer({ min: 1, max: 2 ** 33 }),
    records: fc.integer({ min: 1, max: 2 ** 33 }),
    process: word,
    unit: word,
    user: word,
  })
  .map(({ duration, ...report }) => ({ ...report, last: report.first + duration }));

/** What a busy web host sends: a few servers, many client ports folded away, rules and processes that repeat. */
export function typicalReports(rows: number): ConnectionReport[] {
  return Array.from({ length: rows }, (_, i) => ({
    first: 1_795_000_000_000 + i * 3,
    last: 1_795_000_000_400 + i * 3,
    direction: i % 2 === 0 ? 'inbound' : 'outbound',
    network: 'main',
    local: '10.0.1.11' as Address,
    peer: `10.0.${(i >> 7) & 255}.${i & 127}` as Address,
    service: 6 * 65536 + 8000 + (i % 10),
    effective: 'allow',
    intended: i % 20 === 0 ? 'deny' : 'allow',
    effectiveRule: null,
    intendedRule: `shop/rule-${i % 12}`,
    generation: 17,
    count: 1 + (i % 5),
    records: 1 + (i % 5),
    process: i % 2 === 0 ? '/usr/sbin/nginx' : null,
    unit: i % 2 === 0 ? 'nginx.service' : null,
    user: i % 2 === 0 ? 'www-data' : null,
  }));
}
