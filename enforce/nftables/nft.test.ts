import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutTables } from './nft.ts';

const theirs = 'table inet theirs {\n\tchain in {\n\t\ttcp dport 1 drop\n\t}\n}\n';
const ours = 'table inet bulkhead {\n\tmap m {\n\t\telements = { 1 : 2 }\n\t}\n}\n';

const cases: readonly (readonly [title: string, listed: string, left: string])[] = [
  ['ours between theirs', `${theirs}${ours}${theirs}`, `${theirs}${theirs}`],
  ['only ours', ours, ''],
  ['only theirs', theirs, theirs],
  ['nothing', '', ''],
  ['one that begins like ours', ours.replace('bulkhead', 'bulkhead2'), ours.replace('bulkhead', 'bulkhead2')],
  ['one of our name in another family', ours.replace('inet', 'ip'), ours.replace('inet', 'ip')],
  ['a comment that looks like ours', `${theirs}# table inet bulkhead {\n`, `${theirs}# table inet bulkhead {\n`],
];
for (const [title, listed, left] of cases)
  test(`what is not ours: ${title}`, () => assert.equal(withoutTables(listed, ['bulkhead']), left));
