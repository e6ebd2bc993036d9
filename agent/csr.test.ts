import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import test from 'node:test';
import { signingRequest } from './csr.ts';
import { derElement, objectIdentifier } from './der.ts';

const openssl = (csr: string, ...options: string[]) =>
  spawnSync('openssl', ['req', '-noout', ...options], { input: csr, encoding: 'utf8' });
const missing = spawnSync('openssl', ['version']).error !== undefined;
const skip = missing ? 'openssl is not installed' : false;

test('openssl verifies the request and reads its name and key', { skip }, () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const csr = signingRequest(privateKey, 'web-1');
  assert.equal(openssl(csr, '-verify').status, 0);
  assert.match(openssl(csr, '-subject').stdout, /CN ?= ?web-1\n/);
  assert.match(openssl(csr, '-text').stdout, /NIST CURVE: P-256/);
});

test('a changed request no longer verifies', { skip }, () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const lines = signingRequest(privateKey, 'web-1').split('\n');
  const der = Buffer.from(lines.slice(1, -2).join(''), 'base64');
  const name = der.indexOf('web-1');
  der.write('web-2', name);
  const changed = [lines[0], der.toString('base64').replace(/(.{64})/g, '$1\n'), ...lines.slice(-2)].join('\n');
  const answer = openssl(changed, '-verify');
  assert.match(answer.stderr, /verif/i);
  assert.doesNotMatch(answer.stderr, /OK/);
});

test('every length of name gives a request that openssl reads', { skip }, () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  for (const length of [0, 1, 60, 64, 200]) {
    assert.equal(openssl(signingRequest(privateKey, 'n'.repeat(length)), '-verify').status, 0, `${length}`);
  }
});

for (const [length, head] of [
  [0, '0400'],
  [127, '047f'],
  [128, '048180'],
  [256, '04820100'],
] as const)
  test(`an element of ${length} bytes starts with ${head}`, () =>
    assert.equal(
      Buffer.from(derElement(4, new Uint8Array(length)))
        .toString('hex')
        .slice(0, head.length),
      head,
    ));

test('object identifiers', () => {
  assert.equal(Buffer.from(objectIdentifier('1.2.840.10045.4.3.2')).toString('hex'), '06082a8648ce3d040302');
});
