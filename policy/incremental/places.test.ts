import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadDocument } from '@bulkhead/model/documents.ts';
import { addressBits } from '@bulkhead/net/address.ts';
import { workload } from '@bulkhead/testkit/documents.ts';
import type { LabelSet } from './nodes.ts';
import { Places } from './places.ts';

const texts = [
  ...['0.0.0.0', '10.0.0.1', '255.255.255.255'],
  ...['::', '::1', '1::', 'fd00::2', '2001:db8::1:0:0:1', '1:2:3:4:5:6:7:8', '0:1:2:3:4:5:6:7', 'ffff:ffff::ffff'],
];

for (const text of texts)
  test(`${text} is the number that it is everywhere else`, () => {
    const document: WorkloadDocument = workload('w', '', [text]);
    const member = { document, claimed: [], networks: [], labelSet: {} as LabelSet, standing: null };
    const [known] = new Places().claimAll(member);
    assert.ok(known !== undefined);
    assert.equal(BigInt(known.bits), addressBits(known.address));
  });
