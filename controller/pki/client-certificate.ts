import { webcrypto } from 'node:crypto';
import { type Authority, type Issued, keyAlgorithm } from './authority.ts';
import { workloadUri } from './identities.ts';
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
} from './x509.ts';

/** `lifetime` in milliseconds. */
export type ClientOf = { readonly workload: string; readonly lifetime: number };

/**
 * Signs the key in a certificate signing request (PEM) for one workload. Only the key is taken from the request:
 * names, usages and lifetime are ours. Null when it is no request, its signature is wrong or its key is not P-256.
 */
export async function issueClientCertificate(
  authority: Authority,
  csr: string,
  { workload, lifetime }: ClientOf,
): Promise<Issued | null> {
  const publicKey = await readRequest(csr);
  if (publicKey === null) return null;
  return authority.issue({
    name: workload,
    publicKey,
    lifetime,
    extensions: [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([{ type: 'url', value: workloadUri(workload) }]),
    ],
  });
}

async function readRequest(csr: string): Promise<webcrypto.CryptoKey | null> {
  try {
    const request = new Pkcs10CertificateRequest(csr);
    if (!(await request.verify())) return null;
    return await webcrypto.subtle.importKey('spki', request.publicKey.rawData, keyAlgorithm, true, ['verify']);
  } catch {
    // The parser throws on whatever is not ASN.1 of the right shape, importKey on another kind of key.
    return null;
  }
}
