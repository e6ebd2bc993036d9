import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import type { HostRulesetContent } from './host-ruleset.ts';
import { decidePacket, packetDecider } from './host-ruleset-decision.ts';
import type { Direction } from './words.ts';

const given = <T>(value: T | null): T => {
  assert.ok(value !== null);
  return value;
};
const address = (text: string): Address => given(parseAddress(text));
const prefix = (text: string): Prefix => given(parsePrefix(text));
const service = (text: string): ServiceRange => given(parseServiceRange(text));
const outcome = (verdict: 'allow' | 'deny') => ({ verdict, rule: null, tier: null }) as const;
const decision = (number: number, verdict: 'allow' | 'deny') => ({
  number,
  effective: outcome(verdict),
  intended: outcome(verdict),
});
const cells = (...rows: readonly (readonly [number, number, number])[]) =>
  rows.map(([identity, id, number]) => ({ identity, class: id, decision: number }));

/** Decision 0 is inbound's miss, 1 outbound's, 2 a cell's, 3 a row's, 4 the named end's, 5 an exact address's. */
const content: HostRulesetContent = {
  identities: [
    { id: 1, name: 'web' },
    { id: 2, name: 'office' },
    { id: 3, name: 'printer in the office' },
  ],
  addresses: [
    { address: address('10.0.0.1'), identity: 1 },
    { address: address('192.0.2.9'), identity: 3 },
    { address: address('fd00::1'), identity: 1 },
  ],
  prefixes: [
    { prefix: prefix('192.0.2.0/24'), identity: 2 },
    { prefix: prefix('fd01::/64'), identity: 2 },
  ],
  classes: [
    { id: 1, services: [service('tcp/443'), service('tcp/8000-8100')] },
    { id: 2, services: [service('icmp/8')] },
    { id: 3, services: [service('proto/47')] },
  ],
  decisions: [
    decision(0, 'deny'),
    decision(1, 'allow'),
    decision(2, 'allow'),
    decision(3, 'allow'),
    decision(4, 'deny'),
    decision(5, 'deny'),
  ],
  ends: [
    { addresses: [address('10.0.9.9')], inbound: { cells: [], miss: 4 }, outbound: { cells: [], miss: 4 } },
    {
      addresses: [],
      inbound: { cells: cells([1, 1, 2], [2, 3, 2], [3, 1, 5], [0, 1, 3], [0, 2, 3]), miss: 0 },
      outbound: { cells: cells([2, 1, 5]), miss: 1 },
    },
  ],
};

type Row = readonly [Direction, local: string | null, peer: string, service: string, number: number, why: string];
const rows: readonly Row[] = [
  ['inbound', null, '10.0.0.1', 'tcp/443', 2, 'the cell of identity and class'],
  ['inbound', null, '10.0.0.1', 'tcp/8000', 2, 'the first port of a range'],
  ['inbound', null, '10.0.0.1', 'tcp/8100', 2, 'the last port of a range'],
  ['inbound', null, 'fd00::1', 'tcp/443', 2, 'the other family has the same identities'],
  ['inbound', null, '10.0.0.1', 'icmp/8/0', 3, 'no cell of its own: the row of its class'],
  ['inbound', null, '203.0.113.1', 'tcp/443', 3, 'no identity: the row of its class'],
  ['inbound', null, '192.0.2.9', 'tcp/443', 5, 'an address before the prefix that contains it'],
  ['inbound', null, '192.0.2.8', 'proto/47', 2, 'a prefix'],
  ['inbound', null, 'fd01::7', 'proto/47', 2, 'a prefix of the other family'],
  ['outbound', null, '192.0.2.8', 'tcp/443', 5, 'the table of the direction'],
  ['inbound', '10.0.9.9', '10.0.0.1', 'tcp/443', 4, 'the end that names the local address'],
  ['inbound', '10.0.9.8', '10.0.0.1', 'tcp/443', 2, 'the last end stands for every other local address'],
  ['inbound', null, '10.0.0.1', 'tcp/7999', 0, 'beside a range'],
  ['inbound', null, '10.0.0.1', 'tcp/8101', 0, 'behind a range'],
  ['inbound', null, '10.0.0.1', 'udp/443', 0, 'another protocol'],
  ['inbound', null, '10.0.0.1', 'icmp/0/0', 0, 'another type'],
  ['inbound', null, '192.0.2.9', 'proto/47', 0, 'an address is not its prefix too'],
  ['inbound', null, '192.0.3.1', 'proto/47', 0, 'beside a prefix'],
  ['inbound', null, 'fd01:0:0:1::7', 'proto/47', 0, 'beside a prefix of the other family'],
  ['outbound', null, '10.0.0.1', 'tcp/443', 1, 'the miss of the direction'],
];
for (const [direction, local, peer, text, number, why] of rows) {
  test(`${why}: ${direction} ${local ?? 'any'} ${peer} ${text}`, () => {
    const packet = {
      direction,
      local: local === null ? null : address(local),
      peer: address(peer),
      service: service(text).first,
    };
    assert.equal(decidePacket(content, packet).number, number);
    assert.equal(packetDecider(content)(packet).number, number);
  });
}

test('a cell that names no decision is a mistake of its maker', () => {
  const broken = { ...content, decisions: [] };
  const packet = { direction: 'inbound', local: null, peer: address('10.0.0.1'), service: 0 } as const;
  assert.throws(() => decidePacket(broken, packet), /decision that is not there/);
  assert.throws(() => packetDecider(broken)(packet), /decision that is not there/);
});
