import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Estate } from '../estate/estate.ts';
import { openAuthority } from '../pki/authority.ts';
import { issueClientCertificate } from '../pki/client-certificate.ts';
import { openStore } from '../store/open-store.ts';
import { clientKey } from '../testkit/client-key.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { ClientCertificates } from './client-certificates.ts';
import { identify, unfit } from './identify.ts';

const lifetime = 3_600_000;

async function enrolled(context: TestContext) {
  const directory = temporaryDirectory(context);
  const store = await openStore(directory, Date.now);
  context.after(() => store.close());
  const authority = await openAuthority(directory, Date.now);
  const { csr } = await clientKey();
  const issued = await issueClientCertificate(authority, csr, { workload: 'web-1', lifetime });
  const { certificate, serial } = issued ?? assert.fail();
  const estate = await Estate.load(store, Date.now);
  const host = { name: 'web-1', managed: true, labels: {}, addresses: [], ports: {}, fallbackMode: 'observe' } as const;
  await estate.change({
    kind: 'enrolled',
    workload: 'web-1',
    to: { ...host, serial, enrolment: 1, source: null, host: null },
  });
  const certificates = await ClientCertificates.load({ store, estate, failed: (error) => assert.fail(error) });
  return { certificates, shown: new X509Certificate(certificate) };
}

test('who is there is judged by what TLS said and, as that may be long ago, by the time', async (context) => {
  const { certificates, shown } = await enrolled(context);
  const end = shown.validToDate.getTime();
  const socket = (error: string | null, certificate: X509Certificate | undefined = shown) =>
    ({
      authorized: error === null,
      authorizationError: error,
      getPeerX509Certificate: () => certificate,
    }) as unknown as TLSSocket;
  const none = { ...socket(null), getPeerX509Certificate: () => undefined } as unknown as TLSSocket;
  const cases: readonly (readonly [title: string, TLSSocket, at: number, expected: string])[] = [
    ['just checked', socket(null), end - lifetime, 'web-1'],
    ['in its last millisecond', socket(null), end - 1, 'web-1'],
    ['resumed when it had just ended', socket(null), end, 'certificate-expired'],
    ['resumed long after its end', socket(null), end + lifetime, 'certificate-expired'],
    ['ended by the clock of TLS', socket('CERT_HAS_EXPIRED'), end - 1, 'certificate-expired'],
    ['of another authority', socket('DEPTH_ZERO_SELF_SIGNED_CERT'), end - 1, 'certificate-invalid'],
    ['of another authority, ended', socket('DEPTH_ZERO_SELF_SIGNED_CERT'), end, 'certificate-invalid'],
    ['not shown', none, end - 1, 'certificate-missing'],
  ];
  for (const [title, peer, at, expected] of cases) {
    const found = identify(peer, { certificates, clock: () => at }, 'open a session');
    assert.equal('code' in found ? found.code : found.workload, expected, title);
  }
  const peer = { workload: 'web-1', serial: shown.serialNumber, until: end };
  const later = (at: number, serial = peer.serial) =>
    unfit({ ...peer, serial }, { certificates, clock: () => at })?.code ?? 'fit';
  assert.deepEqual(
    [later(end - 1), later(end), later(end - 1, '00')],
    ['fit', 'certificate-expired', 'certificate-revoked'],
  );
});
