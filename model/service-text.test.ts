import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePoint } from '@bulkhead/net/service-space.ts';
import { parseProbeService, parseServiceText } from './service-text.ts';

const hints: readonly (readonly [string, string, string | undefined])[] = [
  ['tcp/90-80', 'reversed-ports', 'swap them: tcp/80-90'],
  ['80', 'bad-service', 'write tcp/80 or udp/80'],
  ['80/tcp', 'bad-service', 'write tcp/80'],
  ['TCP/80', 'bad-service', 'write tcp/80'],
  ['tcp:80', 'bad-service', 'write tcp/80'],
  ['tcp 80-90', 'bad-service', 'write tcp/80-90'],
  ['Tcp', 'bad-service', 'write tcp'],
  ['tpc/80', 'bad-service', 'did you mean "tcp"?'],
  ['tcp/65536', 'bad-service', undefined],
  ['icmp/256', 'bad-service', undefined],
  ['proto/256', 'bad-service', undefined],
  ['constructor/80', 'bad-service', 'known are icmp, tcp, udp, icmpv6, sctp, proto'],
];

test('a service that cannot be read says what would do', () => {
  for (const [text, code, hint] of hints) {
    const read = parseServiceText(text);
    assert(read.kind === 'wrong', text);
    assert.deepEqual([read.finding.code, read.finding.hint], [code, hint], text);
  }
});

test('a service is a range or a name', () => {
  assert.deepEqual(parseServiceText('tcp/80'), { kind: 'range', range: { first: 0x060050, last: 0x060050 } });
  for (const name of ['postgres', 'my service', 'https', 'constructor'])
    assert.deepEqual(parseServiceText(name), { kind: 'name', name });
});

const services = new Map([
  ['postgres', [{ first: servicePoint(6, 5432), last: servicePoint(6, 5432) }]],
  ['web', [80, 443].map((port) => ({ first: servicePoint(6, port), last: servicePoint(6, port) }))],
]);

const probes: readonly (readonly [string, number | string])[] = [
  ['tcp/5432', servicePoint(6, 5432)],
  ['postgres', servicePoint(6, 5432)],
  ['icmp/8', servicePoint(1, 8 * 256)],
  ['icmp/8/1', servicePoint(1, 8 * 256 + 1)],
  ['icmpv6/128', servicePoint(58, 128 * 256)],
  ['proto/47', servicePoint(47, 0)],
  ['tcp', 'not-one-service'],
  ['tcp/80-81', 'not-one-service'],
  ['icmp', 'not-one-service'],
  ['all', 'not-one-service'],
  ['web', 'not-one-service'],
  ['mysql', 'unknown-service'],
  ['tcp/81-80', 'reversed-ports'],
  ['', 'bad-service'],
];

test('a probe has the one service of one connection', () => {
  for (const [text, expected] of probes) {
    const parsed = parseProbeService(text, services);
    assert.equal(parsed.kind === 'ok' ? parsed.service : parsed.problem.code, expected, text);
  }
});
