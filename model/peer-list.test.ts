import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import fc from 'fast-check';
import type { AddressDelta, PeerAddress } from './host-ruleset.ts';
import { compareAddresses } from './host-ruleset-invariants.ts';
import { amendPeerList, peerListHash } from './peer-list.ts';
import { portableSha256 } from './sha256.ts';

const hex = (list: readonly PeerAddress[]): string => Buffer.from(peerListHash(list, portableSha256)).toString('hex');
const sorted = (peers: Iterable<PeerAddress>): PeerAddress[] =>
  [...peers].sort((a, b) => compareAddresses(a.address, b.address));
const peer = (number: number, identity = 1): PeerAddress => ({ address: addressOf(number), identity });
const addressOf = (number: number): Address =>
  number % 7 === 0 ? addressFromBits(6, (1n << 100n) + BigInt(number)) : addressFromBits(4, BigInt(number));
/** Has a few chunks. */
const long = sorted(Array.from({ length: 2000 }, (_, index) => peer(3 * index)));

test('a changed list is the list one would have made, and hashes like it', () => {
  const number = fc.integer({ min: 0, max: 6100 });
  const changes = fc.array(
    fc.record({
      put: fc.array(fc.tuple(number, fc.integer({ min: 1, max: 3 })), { maxLength: 12 }),
      cut: number,
      off: number,
    }),
    { minLength: 1, maxLength: 6 },
  );
  let kept = 0;
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 40, 2000), changes, (size, steps) => {
      let list: readonly PeerAddress[] = long.slice(0, size);
      peerListHash(list, portableSha256);
      const model = new Map(list.map((one) => [one.address, one]));
      for (const { put, cut, off } of steps) {
        const delta = deltaOf(model, { put, cut, off });
        const amended = amendPeerList(list, delta) ?? assert.fail('the delta fits');
        for (const { address } of delta.removed) model.delete(address);
        for (const one of delta.added) model.set(one.address, one);
        const fresh = sorted(model.values());
        assert.deepEqual(amended, fresh);
        assert.equal(hex(amended), hex(fresh));
        kept += Number(amended.length > 1000);
        list = amended;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(kept > 50, `${kept} long lists`);
});

type Step = { readonly put: readonly (readonly [number, number])[]; readonly cut: number; readonly off: number };

/** Puts some, takes off the tail from `cut` when `off` is small, and moves whatever is put twice to its last identity. */
function deltaOf(model: ReadonlyMap<Address, PeerAddress>, { put, cut, off }: Step): AddressDelta {
  const added = new Map(put.map(([number, identity]) => [addressOf(number), peer(number, identity)]));
  const held = sorted(model.values());
  const removed = new Map(
    held.slice(off < 1500 ? cut : held.length, off < 300 ? held.length : cut + 3).map((one) => [one.address, one]),
  );
  for (const address of added.keys()) {
    const there = model.get(address);
    if (there !== undefined) removed.set(address, there);
  }
  return { added: [...added.values()], removed: [...removed.values()] };
}

test('the hash tells lists apart', () => {
  const others: readonly (readonly [string, readonly PeerAddress[]])[] = [
    ['one less', long.slice(1)],
    ['one more', sorted([...long, peer(1)])],
    ['another identity', long.map((one, index) => (index === 1234 ? { ...one, identity: 2 } : one))],
    ['none', []],
  ];
  for (const [what, other] of others) assert.notEqual(hex(other), hex(long), what);
  assert.equal(new Set(others.map(([, other]) => hex(other))).size, others.length);
  assert.equal(hex([...long]), hex(long));
});

const unfit: readonly (readonly [string, AddressDelta])[] = [
  ['removes what is not there', { added: [], removed: [peer(1)] }],
  ['removes another identity', { added: [], removed: [peer(3, 2)] }],
  ['adds what is there', { added: [peer(3)], removed: [] }],
  ['adds what is there otherwise', { added: [peer(3, 2)], removed: [] }],
  ['adds one twice', { added: [peer(1), peer(1, 2)], removed: [] }],
  ['removes one twice', { added: [], removed: [peer(3), peer(3)] }],
];
for (const [what, delta] of unfit)
  test(`a delta that ${what} is refused`, () => assert.equal(amendPeerList(long, delta), null));
