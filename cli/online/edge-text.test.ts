import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge, EdgeEnd, SeenRule } from '@bulkhead/flows/edge.ts';
import type { Address } from '@bulkhead/net/address.ts';
import picocolors from 'picocolors';
import { ageText, decidingRule, edgeLine, edgeTable, endText } from './edge-text.ts';

const plain = picocolors.createColors(false);
const workload = (name: string, labels: Record<string, string>): EdgeEnd => ({
  kind: 'workload',
  name,
  labels,
  managed: true,
});
const address = (text: string, network = 'main', claimedBy: readonly string[] = []): EdgeEnd => ({
  kind: 'address',
  network,
  address: text as Address,
  claimedBy,
});
const seen = (effective: 'allow' | 'deny', intended: 'allow' | 'deny', rule: string | null): SeenRule => ({
  end: 'source',
  effective,
  intended,
  effectiveRule: effective === 'deny' || intended === 'allow' ? rule : null,
  intendedRule: rule,
  attempts: 1,
});

const ends: readonly (readonly [end: EdgeEnd, text: string])[] = [
  [workload('web-1', { env: 'prod', app: 'shop', role: 'web' }), 'web-1 [web shop prod]'],
  [workload('web-1', { zone: 'b', role: 'web', a: '1' }), 'web-1 [web a=1 zone=b]'],
  [workload('web-1', {}), 'web-1'],
  [address('192.0.2.1'), '192.0.2.1'],
  [address('192.0.2.1', 'site-b'), 'site-b/192.0.2.1'],
  [address('192.0.2.1', 'main', ['a', 'b']), '192.0.2.1 (claimed by a and b)'],
];

for (const [end, text] of ends) test(`end ${text}`, () => assert.equal(endText(end), text));

const rules: readonly (readonly [rules: readonly SeenRule[], text: string])[] = [
  [[], '-'],
  [[seen('allow', 'allow', 'shop/a')], 'shop/a'],
  [[seen('allow', 'allow', null)], 'no rule'],
  [[seen('allow', 'allow', 'shop/a'), seen('deny', 'deny', 'guard/b')], 'guard/b'],
  [[seen('allow', 'allow', 'shop/a'), seen('deny', 'deny', null)], 'no rule'],
  [[seen('allow', 'deny', 'guard/b'), seen('allow', 'allow', 'shop/a')], 'guard/b'],
];

for (const [list, text] of rules) test(`deciding rule ${text}`, () => assert.equal(decidingRule(list), text));

const ages: readonly (readonly [number, string])[] = [
  [-5000, '0 s'],
  [0, '0 s'],
  [59_499, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '59 min'],
  [7_200_000, '2 h'],
  [200_000_000, '2 d'],
];

for (const [age, text] of ages) test(`age ${text}`, () => assert.equal(ageText(age), text));

const edge: Edge = {
  key: 'x',
  from: workload('web-1', { role: 'web' }),
  to: address('192.0.2.1'),
  service: 6 * 65536 + 443,
  serviceText: 'tcp/443',
  state: 'mixed',
  latest: 'denied',
  rules: [seen('deny', 'deny', 'guard/b')],
  server: null,
  attempts: 3,
  denied: 2,
  wouldBeDenied: 0,
  records: 3,
  first: 0,
  last: Date.UTC(2026, 0, 1, 12, 30, 5),
  reporters: ['web-1'],
  sequence: 1,
};

test('an edge as a table and as a line', () => {
  const text = edgeTable([edge], plain, edge.last + 2000);
  assert.deepEqual(
    text.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['FROM', 'TO', 'SERVICE', 'DECISION', 'ATTEMPTS', 'DENIED', 'RULE', 'SERVER', 'LAST'],
      ['web-1 [web]', '192.0.2.1', 'tcp/443', 'denied', '3', '2', 'guard/b', 'unknown', '2 s'],
    ],
  );
  assert.equal(
    edgeLine(edge, plain),
    '12:30:05  denied  web-1 [web] -> 192.0.2.1 tcp/443  3 attempts, 2 denied  guard/b',
  );
  assert.equal(edgeTable([], plain, 0), 'no edges');
});
