import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import { GuestIndex } from './guest-index.ts';

const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);

function guest(name: string, host: string | null, addresses: readonly string[]): WorkloadRecord {
  const listed = addresses.map((text) => {
    const [network = '', one = ''] = text.split('/');
    return { network, address: address(one) };
  });
  const rest = { managed: false, labels: {}, ports: {}, fallbackMode: 'observe', serial: null, source: null } as const;
  return { name, host, addresses: listed, ...rest, enrolment: 0, createdAt: 0, updatedAt: 0 };
}

/** Each step puts one workload; then who is on the host `h` and whose 10.0.0.1 is there. */
const steps: readonly (readonly [title: string, put: WorkloadRecord | string, on: readonly string[], at: string])[] = [
  ['nobody', guest('w', null, ['main/10.0.0.1']), [], 'null'],
  ['one guest', guest('b', 'h', ['main/10.0.0.1', 'br/10.0.0.2']), ['b'], 'main b'],
  ['another, in another network', guest('a', 'h', ['br/10.0.0.3']), ['a', 'b'], 'main b'],
  ['one of another host', guest('c', 'other', ['main/10.0.0.1']), ['a', 'b'], 'main b'],
  ['two that have the address', guest('a', 'h', ['br/10.0.0.1']), ['a', 'b'], 'null'],
  ['the first let go of it', guest('b', 'h', ['br/10.0.0.2']), ['a', 'b'], 'br a'],
  ['it moved', guest('a', 'other', ['br/10.0.0.1']), ['b'], 'null'],
  ['it came back', guest('a', 'h', ['br/10.0.0.1']), ['a', 'b'], 'br a'],
  ['it is a guest no more', guest('a', null, ['br/10.0.0.1']), ['b'], 'null'],
  ['the last one is gone', 'b', [], 'null'],
];

test('guests are found by host and address, through every change', () => {
  const index = new GuestIndex();
  for (const [title, put, on, at] of steps) {
    if (typeof put === 'string') index.put(put, null);
    else index.put(put.name, put);
    const found = index.at('h', address('10.0.0.1'));
    assert.deepEqual([index.of('h'), found === null ? 'null' : `${found.network} ${found.name}`], [on, at], title);
  }
  assert.deepEqual(index.of('other'), ['c']);
});
