import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address } from '@bulkhead/net/address.ts';
import { formatServicePoint, parseServiceRange } from '@bulkhead/net/service-space.ts';
import fc from 'fast-check';
import { decisionStates } from './decision-state.ts';
import type { Edge, EdgeEnd } from './edge.ts';
import { packEdges, unpackEdges } from './edge-table.ts';
import { edgeKey } from './edge-text.ts';

const workload = (name: string, role: string): EdgeEnd => ({
  kind: 'workload',
  name,
  labels: { role, app: 'shop' },
  managed: true,
});
const outside = (address: string): EdgeEnd => ({
  kind: 'address',
  network: 'main',
  address: address as Address,
  claimedBy: [],
});
const ends = [
  workload('web-1', 'web'),
  workload('db-1', 'db'),
  workload('db-1', 'old'),
  outside('192.0.2.7'),
  outside('::1'),
];
const points = ['tcp/5432', 'tcp/22', 'udp/53', 'icmp/8/0'].map(
  (text) => parseServiceRange(text)?.first ?? assert.fail(text),
);
const plainly = { noNullPrototype: true } as const;
const rule = fc.constantFrom(null, 'shop/web-to-db', 'shop/no');
const seenRule = fc.record(
  {
    end: fc.constantFrom('source' as const, 'destination' as const),
    effective: fc.constantFrom('allow' as const, 'deny' as const),
    intended: fc.constantFrom('allow' as const, 'deny' as const),
    effectiveRule: rule,
    intendedRule: rule,
    attempts: fc.nat(1_000_000),
  },
  plainly,
);
const server = fc.record(
  {
    process: fc.constantFrom(null, '/usr/bin/postgres'),
    unit: fc.constantFrom(null, 'ssh.service'),
    user: fc.constant(null),
  },
  plainly,
);
const names = ['web-1', 'db-1', 'stranger'];

const edge: fc.Arbitrary<Edge> = fc
  .record(
    {
      from: fc.constantFrom(...ends),
      to: fc.constantFrom(...ends),
      service: fc.constantFrom(...points),
      attempts: fc.nat(),
      denied: fc.nat(),
      wouldBeDenied: fc.nat(),
      records: fc.nat(),
      state: fc.constantFrom(...decisionStates),
      latest: fc.constantFrom(...decisionStates),
      rules: fc.array(seenRule, { maxLength: 4 }),
      server: fc.option(server),
      first: fc.integer({ min: 0, max: 1_800_000_000_000 }),
      lasts: fc.nat(3_600_000),
      reporters: fc.subarray(names),
      sequence: fc.integer({ min: 0, max: 1_800_000_000_000_000 }),
    },
    plainly,
  )
  .map(({ lasts, ...edge }) => ({
    ...edge,
    key: edgeKey(edge.from, edge.to, edge.service),
    serviceText: formatServicePoint(edge.service),
    last: edge.first + lasts,
    reporters: [...edge.reporters].sort(),
  }));

test('property: a table says what the edges say, in their order, also after a journey as JSON', () => {
  const property = fc.property(fc.array(edge, { maxLength: 30 }), (edges) => {
    const table = packEdges(edges);
    assert.deepEqual(unpackEdges(JSON.parse(JSON.stringify(table))), edges);
    assert.ok(
      table.ends.length <= ends.length && table.services.length <= points.length,
      'what is shared is said once',
    );
  });
  fc.assert(property, { numRuns: 500 });
});

test('no edges are an empty table', () => {
  assert.deepEqual(unpackEdges(packEdges([])), []);
});

const [some] = fc.sample(edge, { numRuns: 1, seed: 1 });
const table = packEdges(some === undefined ? [] : [some]);
for (const [what, broken] of [
  ['an end', { ...table, ends: [] }],
  ['a service', { ...table, services: [] }],
  ['a state', { ...table, states: [] }],
  ['a value of a column', { ...table, columns: { ...table.columns, attempts: [] } }],
] as const)
  test(`a table that lacks ${what} is not read as something else`, () => {
    assert.throws(() => unpackEdges(broken), RangeError);
  });
