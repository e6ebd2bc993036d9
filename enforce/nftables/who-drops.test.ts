import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropIn, traceScript } from './who-drops.ts';

const cases: readonly (readonly [line: string, found: string | null])[] = [
  [
    'trace id 9fa0e8ab inet theirs in rule tcp dport 8080 drop (verdict drop)',
    'the rule "tcp dport 8080 drop" of chain in in table inet theirs',
  ],
  ['trace id 9fa0e8ab ip filter INPUT policy drop ', 'the policy of chain INPUT in table ip filter'],
  [
    'trace id 1 ip filter INPUT rule meta l4proto tcp tcp dport 80 counter packets 1 bytes 60 drop (verdict drop)',
    'the rule "meta l4proto tcp tcp dport 80 counter drop" of chain INPUT in table ip filter',
  ],
  ['trace id 1 inet bulkhead d_in_0_a rule drop (verdict drop)', null],
  ['trace id 1 ip bulkhead in rule drop (verdict drop)', 'the rule "drop" of chain in in table ip bulkhead'],
  ['trace id 1 inet theirs in rule ct state new accept (verdict accept)', null],
  ['trace id 1 inet theirs in policy accept ', null],
  ['trace id 1 inet theirs in verdict continue ', null],
  ['trace id 1 inet theirs in packet: iif "veth" ip saddr 10.9.0.2 tcp dport 8080 drop', null],
  ['', null],
];
for (const [line, found] of cases) test(`"${line}"`, () => assert.equal(dropIn(line, 'bulkhead'), found));

test('only packets of the one flow are traced, of either family', () => {
  const flow = {
    protocol: 'tcp',
    source: 'fd00::2',
    destination: 'fd00::1',
    sourcePort: 4,
    destinationPort: 80,
  } as const;
  const match = 'ip6 saddr fd00::2 ip6 daddr fd00::1 tcp sport 4 tcp dport 80 limit rate 5/second meta nftrace set 1';
  assert.equal(traceScript(flow, 't').split(match).length, 3);
});
