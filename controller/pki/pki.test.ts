import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientKey } from '../testkit/client-key.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { openAuthority } from './authority.ts';
import { issueClientCertificate } from './client-certificate.ts';
import { isWorkloadName, workloadOfCertificate } from './identities.ts';
import { issueServerCertificate } from './server-certificate.ts';

const clock = () => Date.now();
const day = 86_400_000;

test('the authority is made once, kept, and its key is private', async (context) => {
  const directory = temporaryDirectory(context);
  const first = await openAuthority(directory, clock);
  const second = await openAuthority(directory, clock);
  assert.equal(first.fingerprint, second.fingerprint);
  assert.equal(statSync(join(directory, 'ca.key')).mode & 0o777, 0o600);
  rmSync(join(directory, 'ca.key'));
  await assert.rejects(openAuthority(directory, clock), /only .*ca\.crt is there/);
});

test('a client certificate names the workload we say, whatever the request says', async (context) => {
  const authority = await openAuthority(temporaryDirectory(context), clock);
  const issued = await issueClientCertificate(authority, (await clientKey('admin')).csr, {
    workload: 'web-1',
    lifetime: 30 * day,
  });
  const certificate = new X509Certificate(issued?.certificate ?? '');
  assert.equal(workloadOfCertificate(certificate.subjectAltName), 'web-1');
  assert.equal(certificate.serialNumber, issued?.serial);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.verify(new X509Certificate(authority.certificate).publicKey), true);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  assert.ok(days > 29 && days < 31, `${days} days`);
});

for (const [lifetime, backdated] of [
  [30 * day, 3_600_000],
  [day / 2, day / 48],
  [24_000, 1000],
] as const)
  test(`a certificate for ${lifetime} ms begins ${backdated} ms ago, because clocks differ`, async (context) => {
    const now = Math.floor(Date.now() / 1000) * 1000;
    const authority = await openAuthority(temporaryDirectory(context), () => now);
    const issued = await issueClientCertificate(authority, (await clientKey()).csr, { workload: 'web-1', lifetime });
    const { validFromDate, validToDate } = new X509Certificate(issued?.certificate ?? '');
    assert.deepEqual([validFromDate.getTime(), validToDate.getTime()], [now - backdated, now + lifetime]);
  });

test('what is not a sound request is not signed', async (context) => {
  const authority = await openAuthority(temporaryDirectory(context), clock);
  const { csr } = await clientKey();
  // Flips a bit in the middle of the base64, so that the signature no longer fits.
  const [head, body] = [csr.slice(0, 200), csr.slice(200)];
  const forged = head + (body.startsWith('A') ? 'B' : 'A') + body.slice(1);
  for (const bad of ['', 'hello', csr.slice(0, 100), forged]) {
    assert.equal(await issueClientCertificate(authority, bad, { workload: 'web-1', lifetime: 30 * day }), null);
  }
});

test('the server certificate carries the controller identity and the names people use', async (context) => {
  const authority = await openAuthority(temporaryDirectory(context), clock);
  const server = await issueServerCertificate(authority, ['controller.example', '10.0.0.1']);
  const names = new X509Certificate(server.certificate).subjectAltName ?? '';
  for (const expected of ['URI:spiffe://bulkhead/controller', 'DNS:controller.example', 'IP Address:10.0.0.1']) {
    assert.ok(names.includes(expected), names);
  }
});

test('only a certificate whose single name is a workload is a workload', () => {
  const cases: readonly (readonly [string | undefined, string | null])[] = [
    ['URI:spiffe://bulkhead/workload/web-1', 'web-1'],
    [undefined, null],
    ['', null],
    ['URI:spiffe://bulkhead/controller', null],
    ['URI:spiffe://other/workload/web-1', null],
    ['URI:spiffe://bulkhead/workload/', null],
    ['URI:spiffe://bulkhead/workload/web-1, URI:spiffe://bulkhead/workload/db-1', null],
    ['URI:spiffe://bulkhead/workload/web-1/x', null],
    ['DNS:x, URI:spiffe://bulkhead/workload/web-1', null],
  ];
  for (const [text, expected] of cases) assert.equal(workloadOfCertificate(text), expected, text);
});

test('workload names', () => {
  for (const good of ['web-1', 'a', 'Web_1.example.org']) assert.ok(isWorkloadName(good), good);
  for (const bad of ['', '.', '..', '-a', 'a b', 'a/b', 'a,b', 'é', 'a'.repeat(129), 'a\n']) {
    assert.ok(!isWorkloadName(bad), JSON.stringify(bad));
  }
});
