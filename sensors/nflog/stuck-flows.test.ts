import assert from 'node:assert/strict';
import test from 'node:test';
import type { Address } from '@bulkhead/net/address.ts';
import type { LogRecord } from './record.ts';
import { StuckFlows } from './stuck-flows.ts';

const packet = (change: Partial<LogRecord> = {}): LogRecord => ({
  at: 0,
  direction: 'inbound',
  family: 4,
  protocol: 6,
  source: '10.9.0.2' as Address,
  destination: '10.9.0.1' as Address,
  servicePoint: 6 * 65536 + 8080,
  sourcePort: 40_000,
  tcp: { flags: 2, sequence: 7 },
  uid: null,
  prefix: '1:1:AAi:shop/web-to-api',
  ...change,
});
const retries = (change: Partial<LogRecord> = {}) => [0, 1000, 3000].map((at) => packet({ ...change, at }));
const udp = { protocol: 17, servicePoint: 17 * 65536 + 53, tcp: null };

const cases: readonly (readonly [title: string, packets: readonly LogRecord[], stuck: number])[] = [
  ['a first packet that is sent again and again', retries(), 1],
  ['datagrams of one flow', retries(udp), 1],
  ['what goes on being stuck is told again', [...retries(), packet({ at: 7000 }), packet({ at: 15_000 })], 3],
  ['two of it', retries().slice(1), 0],
  ['three at once, on several processors', [0, 0, 1].map((at) => packet({ at })), 0],
  ['what is denied', retries({ prefix: '1:0:DDi:-' }), 0],
  ['what only would be denied', retries({ prefix: '1:0:ADi:-' }), 1],
  ['what others log', retries({ prefix: 'ufw allow' }), 0],
  ['three connections from ports of their own', [1, 2, 3].map((n) => packet({ at: n * 1000, sourcePort: n })), 0],
  [
    'three connections from one port',
    [1, 2, 3].map((n) => packet({ at: n * 1000, tcp: { flags: 2, sequence: n } })),
    0,
  ],
  ['what was seen long ago', [0, 1000, 61_000].map((at) => packet({ at })), 0],
  ['pings', retries({ protocol: 1, servicePoint: 65536 + 2048, tcp: null }), 0],
];
for (const [title, packets, stuck] of cases)
  test(`${title}: ${stuck === 0 ? 'not stuck' : 'stuck'}`, () => {
    const flows = new StuckFlows();
    assert.equal(packets.filter((one) => flows.add(one) !== null).length, stuck);
  });

test('what is told is the flow and the rule that allows it', () => {
  const flows = new StuckFlows();
  assert.deepEqual(
    retries()
      .map((one) => flows.add(one))
      .at(-1),
    {
      protocol: 'tcp',
      source: '10.9.0.2',
      destination: '10.9.0.1',
      sourcePort: 40_000,
      destinationPort: 8080,
      rule: 'shop/web-to-api',
    },
  );
});

test('a flood of flows does not make it grow', () => {
  const flows = new StuckFlows();
  flows.add(packet());
  for (let port = 1; port <= 5000; port++) flows.add(packet({ sourcePort: port, servicePoint: 6 * 65536 + 1 }));
  assert.deepEqual(
    retries()
      .slice(1)
      .map((one) => flows.add(one)),
    [null, null],
  );
});
