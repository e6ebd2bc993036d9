import { webcrypto } from 'node:crypto';
import { exportKey, keyAlgorithm } from '../pki/authority.ts';
import { Pkcs10CertificateRequestGenerator } from '../pki/x509.ts';

/** A new private key and a certificate signing request for it, both PEM, as an agent makes them. */
export async function clientKey(name = 'whatever'): Promise<{ readonly key: string; readonly csr: string }> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: keyAlgorithm,
  });
  return { key: await exportKey(keys.privateKey), csr: csr.toString('pem') };
}
