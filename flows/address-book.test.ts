import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import fc from 'fast-check';
import { AddressBook, pastLimit, type WorkloadState } from './address-book.ts';
import type { EdgeEnd } from './edge.ts';

const address = (text: string) => parseAddress(text) ?? assert.fail(text);
const own = (text: string, network = defaultNetwork) => ({ network, address: address(text) });
const workload = (name: string, addresses: string[], labels = {}): WorkloadState => ({
  name,
  labels,
  managed: true,
  addresses: addresses.map((text) => own(text)),
});
const say = (end: EdgeEnd): string =>
  end.kind === 'workload' ? `${end.name} ${JSON.stringify(end.labels)}` : `nobody ${end.claimedBy.join(',')}`.trim();

test('an address belongs to whoever held it at that time, labelled as it was then', () => {
  const book = new AddressBook();
  book.set(workload('web-1', ['10.0.0.1'], { env: 'dev' }), 100);
  book.set(workload('web-1', ['10.0.0.1'], { env: 'prod' }), 200);
  book.set(workload('web-1', ['10.0.0.2'], { env: 'prod' }), 300);
  book.set(workload('db-1', ['10.0.0.1', 'fd00::1']), 400);
  book.remove('db-1', 500);
  const cases: readonly (readonly [string, number, string])[] = [
    ['10.0.0.1', 99, 'nobody'],
    ['10.0.0.1', 100, 'web-1 {"env":"dev"}'],
    ['10.0.0.1', 199, 'web-1 {"env":"dev"}'],
    ['10.0.0.1', 200, 'web-1 {"env":"prod"}'],
    ['10.0.0.1', 300, 'nobody'],
    ['10.0.0.2', 299, 'nobody'],
    ['10.0.0.2', 300, 'web-1 {"env":"prod"}'],
    ['10.0.0.2', 1e12, 'web-1 {"env":"prod"}'],
    ['10.0.0.1', 399, 'nobody'],
    ['10.0.0.1', 400, 'db-1 {}'],
    ['fd00::1', 499, 'db-1 {}'],
    ['fd00::1', 500, 'nobody'],
    ['10.0.0.3', 450, 'nobody'],
  ];
  for (const [text, at, expected] of cases) {
    assert.equal(say(book.ownerAt(defaultNetwork, address(text), at)), expected, `${text} at ${at}`);
  }
  assert.equal(say(book.ownerAt('site-b', address('10.0.0.2'), 450)), 'nobody', 'another network is another address');
});

test('two owners at one time are nobody, and are told', () => {
  const book = new AddressBook();
  book.set(workload('a', ['10.0.0.1']), 10);
  book.set(workload('b', ['10.0.0.1', '10.0.0.2']), 20);
  assert.equal(say(book.ownerAt(defaultNetwork, address('10.0.0.1'), 25)), 'nobody a,b');
  assert.deepEqual(book.duplicatesAt(25), [{ ...own('10.0.0.1'), workloads: ['a', 'b'] }]);
  assert.deepEqual(book.duplicatesAt(15), []);
  book.remove('a', 30);
  assert.equal(say(book.ownerAt(defaultNetwork, address('10.0.0.1'), 25)), 'nobody a,b', 'the past does not change');
  assert.equal(say(book.ownerAt(defaultNetwork, address('10.0.0.1'), 30)), 'b {}');
});

test('an unchanged workload stays the same object, so that edges need not be looked up by text', () => {
  const book = new AddressBook();
  book.set(workload('a', ['10.0.0.1'], { x: '1', y: '2' }), 10);
  const before = book.workloadAt('a', 10);
  book.set(workload('a', ['10.0.0.1', '10.0.0.2'], { y: '2', x: '1' }), 20);
  assert.equal(book.ownerAt(defaultNetwork, address('10.0.0.2'), 20), before);
  book.set({ ...workload('a', ['10.0.0.1'], { x: '1', y: '2' }), managed: false }, 30);
  assert.notEqual(book.workloadAt('a', 30), before);
});

test('nearestVersion answers for clocks that are off; unknown workloads have no version', () => {
  const book = new AddressBook();
  book.set(workload('a', [], { v: '1' }), 100);
  book.set(workload('a', [], { v: '2' }), 200);
  book.remove('a', 300);
  const at = (time: number) => book.nearestVersion('a', time)?.labels;
  assert.deepEqual([at(1), at(150), at(250), at(999)], [{ v: '1' }, { v: '1' }, { v: '2' }, { v: '2' }]);
  assert.equal(book.nearestVersion('b', 1), null);
  assert.equal(book.workloadAt('a', 300), null);
});

test('history is bounded, what is dropped is counted, what is forgotten is gone', () => {
  const book = new AddressBook();
  for (let i = 0; i < 3 * pastLimit; i++) book.set(workload('a', [`10.0.0.${i % 2}`], { i: String(i) }), i);
  assert.ok(book.dropped >= 2 * pastLimit - 2);
  const last = 3 * pastLimit - 1;
  assert.equal(say(book.ownerAt(defaultNetwork, address('10.0.0.1'), last)), `a {"i":"${last}"}`);
  assert.equal(say(book.ownerAt(defaultNetwork, address('10.0.0.1'), 1)), 'nobody');
  book.remove('a', 1000);
  book.forgetBefore(999);
  assert.equal(say(book.ownerAt(defaultNetwork, address('10.0.0.1'), 999)), `a {"i":"${last}"}`);
  book.forgetBefore(1001);
  assert.equal(book.nearestVersion('a', 999), null);
});

type Event = { at: number; name: string; addresses: number[]; label: string; gone: boolean };

/** Replays every event up to `at`, later ones of equal time last, and looks who holds the address. */
function ownerByReplay(events: readonly Event[], wanted: number, at: number): string {
  const state = new Map<string, Event>();
  for (const event of events) if (event.at <= at) state.set(event.name, event);
  const owners = [...state.values()].filter((event) => !event.gone && event.addresses.includes(wanted));
  const [only] = owners;
  if (owners.length === 1 && only !== undefined) return `${only.name} {"l":"${only.label}"}`;
  return `nobody ${owners
    .map((event) => event.name)
    .sort()
    .join(',')}`.trim();
}

test('property: the book agrees with replaying the list of events', () => {
  const event = fc.record({
    at: fc.nat(40),
    name: fc.constantFrom('a', 'b', 'c'),
    addresses: fc.uniqueArray(fc.nat(2), { maxLength: 3 }),
    label: fc.constantFrom('x', 'y'),
    gone: fc.boolean(),
  });
  const property = fc.property(fc.array(event, { maxLength: 30 }), (list) => {
    const events = [...list].sort((a, b) => a.at - b.at);
    const book = new AddressBook();
    for (const { at, name, addresses, label, gone } of events) {
      if (gone) book.remove(name, at);
      else
        book.set(
          workload(
            name,
            addresses.map((n) => `10.0.0.${n}`),
            { l: label },
          ),
          at,
        );
    }
    for (let at = 0; at <= 41; at++) {
      for (const n of [0, 1, 2]) {
        const answer = say(book.ownerAt(defaultNetwork, address(`10.0.0.${n}`), at));
        assert.equal(answer, ownerByReplay(events, n, at), `10.0.0.${n} at ${at}`);
      }
    }
  });
  fc.assert(property, { numRuns: 200 });
});
