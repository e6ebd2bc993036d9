import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verifyLines } from './proof-verify.ts';

/** Three hosts' statements as a controller exported them, and the certificate of its authority. */
const stored = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../testdata/proofs/${name}`, import.meta.url)), 'utf8');
const text = stored('three-hosts.jsonl');
const authority = new X509Certificate(stored('authority.pem'));
const lines = text.trim().split('\n');
const [first = '', second = ''] = lines;
const changed = (line: string, change: (value: Record<string, unknown>) => Record<string, unknown>): string =>
  JSON.stringify(change(JSON.parse(line)));

test('PR19 an exported file is checked with the certificate of the authority alone', () => {
  const verified = verifyLines(text, authority);
  assert.deepEqual(verified, { statements: 6, hosts: ['db', 'other', 'web'], wrong: [] });
});

const forgeries: readonly (readonly [title: string, line: string, problem: RegExp])[] = [
  [
    'a text that was changed',
    changed(first, (v) => ({ ...v, text: String(v.text).replace('holds', 'differs') })),
    /signature is not/,
  ],
  [
    'a generation that was changed',
    changed(first, (v) => ({ ...v, text: String(v.text).replace('"generation":2', '"generation":3') })),
    /signature is not/,
  ],
  [
    'the signature of another',
    changed(first, (v) => ({ ...v, signature: JSON.parse(second).signature })),
    /signature is not/,
  ],
  [
    'the certificate of another',
    changed(first, (v) => ({ ...v, certificate: JSON.parse(second).certificate })),
    /names another certificate/,
  ],
  ['a certificate that is none', changed(first, (v) => ({ ...v, certificate: 'none' })), /cannot be read/],
  ['a certificate that was not valid then', changed(first, (v) => ({ ...v, received: 1 })), /was not valid/],
  [
    'the certificate of the authority itself',
    changed(first, (v) => ({ ...v, certificate: stored('authority.pem') })),
    /names another/,
  ],
  ['a blank in the text', changed(first, (v) => ({ ...v, text: `${v.text} ` })), /canonical form/],
  ['no statement', '{"text":"{}"}', /Cannot read/],
  ['no JSON', 'proof', /not JSON/],
];
for (const [title, line, problem] of forgeries) {
  test(`PR19 ${title} is found, and its line is named`, () => {
    const { wrong, statements } = verifyLines(`${second}\n${line}\n`, authority);
    assert.deepEqual([statements, wrong.length, wrong[0]?.line], [2, 1, 2]);
    assert.match(wrong[0]?.problem ?? '', problem);
  });
}

test('PR19 another authority vouches for nobody', () => {
  const other = new X509Certificate(JSON.parse(first).certificate);
  assert.equal(verifyLines(text, other).wrong.length, 6);
});
