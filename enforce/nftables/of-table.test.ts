import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonOfTable, onlyTable } from './of-table.ts';

const text = `table inet other {
	chain held {
		return
	}
}
table inet bulkhead {
	chain held {
		return comment "x"
	}
}
table inet bulkhead2 {
}
`;

for (const [table, lines] of [
  ['bulkhead', 5],
  ['other', 5],
  ['bulkhead2', 2],
  ['bulk', 0],
] as const)
  test(`of several tables as text only ${table}`, () => {
    const own = onlyTable(text, table);
    assert.equal(own.split('\n').length - 1, lines === 0 ? 0 : lines);
    assert.equal(own.startsWith(lines === 0 ? '' : `table inet ${table} {\n`), true);
  });

const chain = (family: string, table: string) => ({ chain: { family, table, name: 'held' } });
const listing = {
  nftables: [
    { metainfo: { version: '1.0.6' } },
    { table: { family: 'inet', name: 'bulkhead' } },
    { table: { family: 'inet', name: 'other' } },
    chain('inet', 'bulkhead'),
    chain('inet', 'other'),
    chain('ip', 'bulkhead'),
  ],
};

for (const [name, json, expected] of [
  ['its table and what belongs to it', JSON.stringify(listing), [listing.nftables[1], listing.nftables[3]]],
  ['nothing where it is not there', JSON.stringify({ nftables: listing.nftables.slice(2, 3) }), null],
  ['nothing of an empty listing', '{"nftables":[]}', null],
] as const)
  test(`of several tables as JSON ${name}`, () => {
    const own = jsonOfTable(json, 'bulkhead');
    assert.deepEqual(own === null ? null : JSON.parse(own).nftables, expected);
  });

for (const json of ['', 'null', '[]', '{"nftables":3}', '{"nft'])
  test(`what is no listing is left as it is: ${json}`, () => assert.equal(jsonOfTable(json, 'bulkhead'), json));
