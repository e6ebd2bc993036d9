import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { servicePoint } from '@bulkhead/net/service-space.ts';
import { AddressBook } from './address-book.ts';
import type { EdgeEnd } from './edge.ts';
import { labelReport } from './label-report.ts';

const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);
const book = new AddressBook();
const set = (at: number, name: string, addresses: readonly string[], env: string) => {
  const own = addresses.map((text) => ({ network: defaultNetwork, address: address(text) }));
  book.set({ name, labels: { env }, managed: true, addresses: own }, at);
};
set(100, 'web', ['10.0.0.1'], 'dev');
set(100, 'db', ['10.0.0.2'], 'dev');
set(200, 'web', ['10.0.0.1'], 'prod');
set(300, 'db', ['10.0.0.2'], 'prod');
set(400, 'db', ['10.0.0.3'], 'prod');
set(400, 'cache', ['10.0.0.2'], 'prod');

type Told = Pick<ConnectionReport, 'direction' | 'last'> & { readonly local: string; readonly peer: string };

function label(reporter: string, { direction, last, local, peer }: Told): string {
  const ends = { network: defaultNetwork, local: address(local), peer: address(peer) };
  const judged = { effective: 'allow', intended: 'allow', effectiveRule: null, intendedRule: null } as const;
  const { from, to } = labelReport(book, reporter, {
    ...{ ...ends, ...judged, direction, first: 0, last, service: servicePoint(6, 80), generation: 1 },
    ...{ count: 1, records: 1, process: null, unit: null, user: null },
  });
  return `${say(from)} -> ${say(to)}`;
}

const say = (end: EdgeEnd): string => (end.kind === 'workload' ? `${end.name} ${end.labels.env}` : end.address);

const cases: readonly (readonly [string, Told, string])[] = [
  ['web', { direction: 'outbound', last: 150, local: '10.0.0.1', peer: '10.0.0.2' }, 'web dev -> db dev'],
  ['web', { direction: 'outbound', last: 250, local: '10.0.0.1', peer: '10.0.0.2' }, 'web prod -> db dev'],
  ['web', { direction: 'outbound', last: 350, local: '10.0.0.1', peer: '10.0.0.2' }, 'web prod -> db prod'],
  ['web', { direction: 'outbound', last: 450, local: '10.0.0.1', peer: '10.0.0.2' }, 'web prod -> cache prod'],
  ['web', { direction: 'outbound', last: 350, local: '10.0.0.1', peer: '10.0.0.3' }, 'web prod -> 10.0.0.3'],
  ['web', { direction: 'outbound', last: 450, local: '10.0.0.1', peer: '10.0.0.3' }, 'web prod -> db prod'],
  ['web', { direction: 'outbound', last: 50, local: '10.0.0.1', peer: '10.0.0.2' }, 'web dev -> 10.0.0.2'],
  ['db', { direction: 'inbound', last: 250, local: '10.0.0.2', peer: '10.0.0.1' }, 'web prod -> db dev'],
  ['db', { direction: 'inbound', last: 250, local: '10.0.0.2', peer: '198.51.100.7' }, '198.51.100.7 -> db dev'],
  // What the reporter says of itself is believed, whoever holds the address by now.
  ['db', { direction: 'inbound', last: 450, local: '10.0.0.2', peer: '10.0.0.1' }, 'web prod -> db prod'],
  ['db', { direction: 'inbound', last: 450, local: '10.0.0.2', peer: '10.0.0.2' }, 'db prod -> db prod'],
];

for (const [reporter, told, expected] of cases) {
  const { direction, local, peer, last } = told;
  test(`${reporter} reports ${direction} ${local} ${peer} at ${last}: ${expected}`, () => {
    assert.equal(label(reporter, told), expected);
  });
}
