import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address } from '@bulkhead/net/address.ts';
import { buildEdge } from './count-edge.ts';
import type { EdgeEnd } from './edge.ts';
import { parseEdgeFilter, parseEndFilter } from './edge-filter.ts';
import { groupEdges, parseGroupBy } from './group.ts';

const workload = (name: string, labels = {}): EdgeEnd => ({ kind: 'workload', name, labels, managed: true });
const outside = (address: string): EdgeEnd => ({
  kind: 'address',
  network: 'main',
  address: address as Address,
  claimedBy: [],
});
const edge = (from: EdgeEnd, to: EdgeEnd, attempts: number, effective: 'allow' | 'deny' = 'allow') =>
  buildEdge({
    from,
    to,
    service: 6 * 65536 + 443,
    judgements: [
      {
        end: 'source',
        effective,
        intended: effective,
        effectiveRule: null,
        intendedRule: null,
        reporter: 'x',
        judged: true,
        attempts,
        records: attempts,
        first: 1,
        last: 2,
      },
    ],
    server: null,
    sequence: 0,
  });

const edges = [
  edge(workload('web-1', { role: 'web', app: 'shop' }), workload('db-1', { role: 'db', app: 'shop' }), 1),
  edge(workload('web-2', { role: 'web', app: 'shop' }), workload('db-1', { role: 'db', app: 'shop' }), 2, 'deny'),
  edge(workload('web-2', { role: 'web', app: 'shop' }), workload('old'), 4),
  edge(outside('192.0.2.1'), workload('web-1', { role: 'web', app: 'shop' }), 8),
  edge(outside('192.0.2.2'), workload('web-1', { role: 'web', app: 'shop' }), 16),
];

const cases: readonly (readonly [string, readonly string[]])[] = [
  [
    'workload',
    [
      '192.0.2.1 -> web-1 tcp/443 8 allowed',
      '192.0.2.2 -> web-1 tcp/443 16 allowed',
      'web-1 -> db-1 tcp/443 1 allowed',
      'web-2 -> db-1 tcp/443 2 denied',
      'web-2 -> old tcp/443 4 allowed',
    ],
  ],
  [
    'role',
    [
      'addresses -> role=web tcp/443 24 allowed',
      'role=web -> role=- tcp/443 4 allowed',
      'role=web -> role=db tcp/443 3 mixed',
    ],
  ],
  [
    'app,env',
    [
      'addresses -> app=shop,env=- tcp/443 24 allowed',
      'app=shop,env=- -> app=-,env=- tcp/443 4 allowed',
      'app=shop,env=- -> app=shop,env=- tcp/443 3 mixed',
    ],
  ],
];

test('groups add up edges of equal ends and service', () => {
  for (const [by, expected] of cases) {
    const grouped = groupEdges(edges, parseGroupBy(by) ?? assert.fail(by));
    assert.deepEqual(grouped.map((g) => `${g.key} ${g.attempts} ${g.state}`).sort(), expected, by);
  }
});

test('malformed groupings and filters are refused', () => {
  for (const text of ['', 'a,', 'a,a', 'a=b', 'a b', 'a,b,c,d,e,f,g,h,i']) assert.equal(parseGroupBy(text), null, text);
  for (const text of ['', 'a b', 'role=web,role=db', '=x', 'a=b=c', 'a=b,', '!a=b', 'x{y}']) {
    assert.equal(parseEndFilter(text), null, text);
  }
  assert.deepEqual(parseEdgeFilter({ from: 'a b' }), { bad: 'from' });
  assert.deepEqual(parseEdgeFilter({ service: 'tcp/9-1' }), { bad: 'service' });
  assert.deepEqual(parseEdgeFilter({ verdict: 'deny' }), { bad: 'verdict' });
});
