import { webcrypto } from 'node:crypto';
// The library needs this polyfill before its first line runs.
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A private key and a signing request for it, both PEM. The controller takes nothing but the key from the request. */
export async function clientKey(): Promise<{ readonly key: string; readonly csr: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = { name: 'CN=synthetic', keys, signingAlgorithm: algorithm };
  const csr = await Pkcs10CertificateRequestGenerator.create(request);
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  return { key, csr: csr.toString('pem') };
}
