import assert from 'node:assert/strict';
import test from 'node:test';
import type { Address } from '@bulkhead/net/address.ts';
import { type ProofStatement, probesLimit, readExportedProof, readStatement, statementText } from './proof.ts';

const hash = 'ab'.repeat(32);
const statement: ProofStatement = {
  format: 1,
  host: 'web-1',
  workload: 'web-1',
  boot: '3f0c',
  sequence: 7,
  at: 1_764_000_000_000,
  previous: '0'.repeat(64),
  certificate: hash,
  generation: 4,
  hash,
  revision: 2,
  version: 3,
  applied: null,
  outcome: 'holds',
  reason: null,
  depth: 'slice',
  slice: { first: 0, count: 3, of: 3 },
  turn: 1,
  epoch: 0xffffffff,
  whole: 1_764_000_000_000,
  restored: 0,
  probes: [{ at: 1, address: '10.0.0.2' as Address, service: 'tcp/5432', outcome: 'silent' }],
};
const codeOf = (text: string): string => {
  const read = readStatement(text);
  return read.kind === 'decoded' ? 'read' : read.problem.code;
};

test('PR14 a statement comes back as it was, whatever order its fields were given in', () => {
  const text = statementText(statement);
  assert.deepEqual(readStatement(text), { kind: 'decoded', value: statement });
  const turned = Object.fromEntries(Object.entries(statement).reverse()) as unknown as ProofStatement;
  assert.equal(statementText(turned), text);
});

const text = statementText(statement);
const refusals: readonly (readonly [title: string, text: string, code: string])[] = [
  ['PR16 a blank too many', text.replace('{', '{ '), 'proof-not-canonical'],
  [
    'PR16 another order',
    JSON.stringify(Object.fromEntries(Object.entries(statement).reverse())),
    'proof-not-canonical',
  ],
  ['PR16 a field that is not known', text.replace('}]}', '}],"extra":1}'), 'proof-not-canonical'],
  ['a field twice', text.replace('{"format":1', '{"format":1,"format":1'), 'proof-not-canonical'],
  ['a number in another spelling', text.replace('"turn":1', '"turn":1.0'), 'proof-not-canonical'],
  ['another format', text.replace('"format":1', '"format":2'), 'wire-field'],
  ['no hash', text.replace('"hash"', '"hush"'), 'wire-field'],
  ['an outcome that is none', text.replace('holds', 'hopes'), 'wire-field'],
  ['an epoch beyond what kernels count', text.replace('4294967295', '4294967296'), 'wire-field'],
  ['more probes than a statement takes', manyProbes(probesLimit + 1), 'wire-field'],
  ['no JSON', 'proof', 'wire-malformed'],
  ['a text beyond the limit', `"${'x'.repeat(40_000)}"`, 'wire-too-large'],
];
for (const [title, given, code] of refusals) test(title, () => assert.equal(codeOf(given), code));

test('as many probes as a statement takes are taken', () => assert.equal(codeOf(manyProbes(probesLimit)), 'read'));

function manyProbes(count: number): string {
  return JSON.stringify({ ...statement, probes: Array.from({ length: count }, () => statement.probes[0]) });
}

test('a line of an exported file is read, and one that is none is not', () => {
  const line = { text, signature: 'MEQ=', certificate: 'pem', received: 5, latest: true };
  assert.deepEqual(readExportedProof(JSON.stringify(line)), { kind: 'decoded', value: line });
  assert.equal(readExportedProof(JSON.stringify({ ...line, latest: 1 })).kind, 'refused');
});
