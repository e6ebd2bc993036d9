import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressBook } from '@bulkhead/flows/address-book.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { learnedNames } from './learned-names.ts';

const at = Date.parse('2026-11-27T12:00:00Z');
const book = new AddressBook();
const owned = parseAddress('10.0.1.11') ?? assert.fail();
book.set(
  { name: 'web-1', labels: {}, managed: true, addresses: [{ network: defaultNetwork, address: owned }] },
  at - 1,
);

const one = (name: string, address: string) => ({ name, address, since: at - 60_000, answered: at });

test('what is reached besides a name is said: other names of its address, and the workload there', () => {
  const learned = [
    one('api.example.org', '192.0.2.1'),
    one('www.example.org', '192.0.2.1'),
    one('cdn.example.com', '192.0.2.9'),
    one('inner.example.org', '10.0.1.11'),
  ];
  const said = learnedNames({ book, now: at }, { learned, more: 2 });
  assert.deepEqual(
    said?.learned.map(({ name, alsoNamed, workload }) => [name, alsoNamed, workload]),
    [
      ['api.example.org', ['www.example.org'], null],
      ['www.example.org', ['api.example.org'], null],
      ['cdn.example.com', [], null],
      ['inner.example.org', [], 'web-1'],
    ],
  );
  assert.deepEqual(
    [said?.more, said?.learned[0]?.since, said?.learned[0]?.answered],
    [2, '2026-11-27T11:59:00.000Z', '2026-11-27T12:00:00.000Z'],
  );
});

test('a host whose rules name no domains says nothing of them', () => {
  assert.equal(learnedNames({ book, now: at }, undefined), null);
});
