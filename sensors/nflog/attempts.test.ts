import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '@bulkhead/model/decision.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { formatServicePoint, parseServiceRange } from '@bulkhead/net/service-space.ts';
import { Attempts, type AttemptsOptions } from './attempts.ts';
import { orient } from './orient.ts';
import type { LogRecord } from './record.ts';

const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);
const service = (text: string): number => parseServiceRange(text)?.first ?? assert.fail(text);

function record(changes: Partial<LogRecord> = {}): LogRecord {
  return {
    at: 1000,
    direction: 'inbound',
    family: 4,
    protocol: 6,
    source: address('10.0.0.1'),
    destination: address('10.0.0.9'),
    servicePoint: service('tcp/5432'),
    sourcePort: 40000,
    tcp: { flags: 0x02, sequence: 1 },
    uid: null,
    prefix: '12:1:AAi:shop/api-to-db',
    ...changes,
  };
}

const guest = address('10.88.0.2');
const denied = (changes: Partial<LogRecord> = {}): LogRecord => record({ prefix: '12:0:DDi:-', ...changes });
const options: AttemptsOptions = { network: 'main', decisionOf: () => null, userName: () => null };

function add(records: readonly LogRecord[], given: Partial<AttemptsOptions> = {}) {
  const attempts = new Attempts({ ...options, ...given });
  for (const one of records) attempts.add(one);
  return { attempts, ...attempts.take() };
}

const orientations: readonly (readonly [
  title: string,
  changes: Partial<LogRecord>,
  judged: 'inbound' | 'outbound',
  expected: string,
])[] = [
  ['a request in', {}, 'inbound', 'inbound 10.0.0.9 10.0.0.1 tcp/5432 40000'],
  ['a request out', { direction: 'outbound' }, 'outbound', 'outbound 10.0.0.1 10.0.0.9 tcp/5432 40000'],
  [
    'an answer in',
    { servicePoint: service('tcp/40000'), sourcePort: 443 },
    'outbound',
    'outbound 10.0.0.9 10.0.0.1 tcp/443 40000',
  ],
  [
    'an answer out',
    { direction: 'outbound', servicePoint: service('tcp/40000'), sourcePort: 443 },
    'inbound',
    'inbound 10.0.0.1 10.0.0.9 tcp/443 40000',
  ],
  [
    'an echo reply in',
    { protocol: 1, servicePoint: service('icmp/0/0'), sourcePort: 77, tcp: null },
    'outbound',
    'outbound 10.0.0.9 10.0.0.1 icmp/8/0 77',
  ],
  [
    'a protocol without ports, answered',
    { protocol: 47, servicePoint: service('proto/47'), sourcePort: 0, tcp: null },
    'outbound',
    'outbound 10.0.0.9 10.0.0.1 proto/47 0',
  ],
];
const orientText = (changes: Partial<LogRecord>, judged: 'inbound' | 'outbound', place = 0): string => {
  const o = orient(record(changes), { judged, place, isLocal: (local) => local === guest });
  return `${o.direction} ${o.local} ${o.peer} ${formatServicePoint(o.service)} ${o.clientPort}`;
};
for (const [title, changes, judged, expected] of orientations) {
  test(`${title} belongs to the connection it is part of`, () => assert.equal(orientText(changes, judged), expected));
}

const fromGuest = { source: guest, destination: address('10.0.0.1') };
const toGuest = { source: address('10.0.0.1'), destination: guest };
const answer = { servicePoint: service('tcp/40000'), sourcePort: 443 };
const guestOrientations: readonly (readonly [
  title: string,
  changes: Partial<LogRecord>,
  judged: 'inbound' | 'outbound',
  expected: string,
])[] = [
  ['to its host', { ...fromGuest }, 'outbound', 'outbound 10.88.0.2 10.0.0.1 tcp/5432 40000'],
  ['of its host', { ...toGuest, direction: 'outbound' }, 'inbound', 'inbound 10.88.0.2 10.0.0.1 tcp/5432 40000'],
  ['out', { ...fromGuest, direction: null }, 'outbound', 'outbound 10.88.0.2 10.0.0.1 tcp/5432 40000'],
  ['in', { ...toGuest, direction: null }, 'inbound', 'inbound 10.88.0.2 10.0.0.1 tcp/5432 40000'],
  ['answered out', { ...fromGuest, ...answer, direction: null }, 'inbound', 'inbound 10.88.0.2 10.0.0.1 tcp/443 40000'],
  ['answered in', { ...toGuest, ...answer, direction: null }, 'outbound', 'outbound 10.88.0.2 10.0.0.1 tcp/443 40000'],
];
for (const [title, changes, judged, expected] of guestOrientations) {
  test(`a guest's packet ${title} is seen from the guest`, () =>
    assert.equal(orientText(changes, judged, 1), expected));
}

test('a published port of the host is its own, wherever the packet goes on to', () => {
  const through = { ...toGuest, direction: null };
  assert.equal(orientText(through, 'inbound'), 'inbound 10.88.0.2 10.0.0.1 tcp/5432 40000');
});

test('what a guest was allowed and the other end was not is one attempt, however often it is tried', () => {
  const prefix = '12.1:1:AAo:shop/api-to-db';
  const tries = [1, 2, 3].map((at) => record({ ...fromGuest, at, prefix, direction: null }));
  const { reports } = add(tries, { isGuest: (place, local) => place === 1 && local === guest });
  assert.deepEqual(
    reports.map(({ local, count, records }) => ({ local, count, records })),
    [{ local: guest, count: 1, records: 3 }],
  );
});

test('records of one key add up to one report', () => {
  const { reports } = add([
    record({ at: 5 }),
    record({ at: 2, sourcePort: 40001 }),
    record({ at: 9, sourcePort: 40002 }),
  ]);
  assert.deepEqual(reports, [
    {
      first: 2,
      last: 9,
      direction: 'inbound',
      network: 'main',
      local: '10.0.0.9',
      peer: '10.0.0.1',
      service: service('tcp/5432'),
      effective: 'allow',
      intended: 'allow',
      effectiveRule: 'shop/api-to-db',
      intendedRule: 'shop/api-to-db',
      generation: 12,
      count: 3,
      records: 3,
      process: null,
      unit: null,
      user: null,
    },
  ]);
});

const apart: readonly Partial<LogRecord>[] = [
  { servicePoint: service('tcp/5433') },
  { source: address('10.0.0.2') },
  { destination: address('10.0.0.8') },
  { direction: 'outbound', prefix: '12:1:AAo:shop/api-to-db' },
  { prefix: '13:1:AAi:shop/api-to-db' },
  { prefix: '12:1:ADi:shop/api-to-db' },
  { uid: 1000 },
];
for (const changes of apart) {
  test(`${JSON.stringify(changes)} is a report of its own`, () => {
    assert.equal(add([record(), record(changes)]).reports.length, 2);
  });
}

const counts: readonly (readonly [title: string, records: readonly LogRecord[], count: number])[] = [
  ['the same first packet 1 s later', [denied(), denied({ at: 2000 })], 1],
  ['and again after 3, 7, 15, 31 s', [0, 1, 3, 7, 15, 31].map((s) => denied({ at: s * 1000 })), 1],
  ['the same packet after a minute of silence', [denied(), denied({ at: 61_000 })], 2],
  ['another sequence number from the same port', [denied(), denied({ tcp: { flags: 2, sequence: 9 } })], 2],
  ['another client port', [denied(), denied({ sourcePort: 40001 })], 2],
  ['a datagram again', [denied({ tcp: null, protocol: 17 }), denied({ tcp: null, protocol: 17, at: 3000 })], 1],
  ['a cut connection, in its middle', [1, 2, 3].map((n) => denied({ tcp: { flags: 0x18, sequence: n } })), 1],
  ['an allowed connection from the same port', [record(), record({ at: 1500 })], 2],
];
for (const [title, records, count] of counts) {
  test(`${title}: ${count} of ${records.length} are attempts`, () => {
    const { reports } = add(records);
    assert.deepEqual([reports[0]?.count, reports[0]?.records], [count, records.length]);
  });
}

test('a repetition in a later window opens no report, but is received', () => {
  const { attempts, reports } = add([denied()]);
  assert.equal(reports.length, 1);
  attempts.add(denied({ at: 2000 }));
  assert.deepEqual(attempts.take(), { reports: [], overflow: 0 });
  assert.equal(attempts.received, 2);
});

test('rules come from the ruleset the prefix names; what it does not know comes from the prefix', () => {
  const decision: Decision = {
    effective: { verdict: 'allow', rule: null, tier: null },
    intended: { verdict: 'deny', rule: 'guard/x', tier: 'guardrail' },
  };
  const known = add([record({ prefix: '12:3:ADi:guard/x' })], {
    decisionOf: (generation, number) => (generation === 12 && number === 3 ? decision : null),
  });
  assert.deepEqual([known.reports[0]?.effectiveRule, known.reports[0]?.intendedRule], [null, 'guard/x']);
  const unknown = add([record({ prefix: '11:3:ADi:guard/x' })]);
  assert.deepEqual([unknown.reports[0]?.effectiveRule, unknown.reports[0]?.intendedRule], [null, 'guard/x']);
});

test('the local user is named where the kernel said it', () => {
  const { reports } = add([record({ uid: 33 }), record()], { userName: (uid) => (uid === 33 ? 'www-data' : null) });
  assert.deepEqual(reports.map((r) => r.user).sort(), [null, 'www-data'].sort());
});

test('prefixes of others are counted and reported nowhere', () => {
  const { attempts, reports } = add([record({ prefix: 'fw-drop ' }), record({ prefix: '' })]);
  assert.deepEqual([reports.length, attempts.foreign, attempts.received], [0, 2, 0]);
});

test('keys and pending attempts are bounded, and what finds no room is counted', () => {
  const many = Array.from({ length: 50 }, (_, n) => denied({ source: address(`10.1.0.${n}`) }));
  const { reports, overflow } = add(many, { mostReports: 20 });
  assert.deepEqual([reports.length, overflow], [20, 30]);
  const forgotten = add([denied(), ...many, denied()], { mostPending: 10 });
  assert.equal(forgotten.reports.find((r) => r.peer === '10.0.0.1')?.count, 2);
  const remembered = add([denied(), ...many, denied()], { mostPending: 100 });
  assert.equal(remembered.reports.find((r) => r.peer === '10.0.0.1')?.count, 1);
});
