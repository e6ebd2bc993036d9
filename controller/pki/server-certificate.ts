import { webcrypto } from 'node:crypto';
import { hostname } from 'node:os';
import { parseAddress } from '@bulkhead/net/address.ts';
import { type Authority, exportKey, keyAlgorithm } from './authority.ts';
import { controllerUri } from './identities.ts';
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, SubjectAlternativeNameExtension } from './x509.ts';

const serverLifetime = 397 * 24 * 3600 * 1000;

export type ServerCertificate = { readonly certificate: string; readonly key: string };

/**
 * A new key and certificate at every start, held in memory only. Agents check the URI; the host names are for
 * browsers. `hosts`: names or addresses people reach the controller by, besides the machine's own and localhost.
 */
export async function issueServerCertificate(
  authority: Authority,
  hosts: readonly string[],
): Promise<ServerCertificate> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const names = new Set(['localhost', '127.0.0.1', '::1', hostname(), ...hosts]);
  const issued = await authority.issue({
    name: 'Bulkhead controller',
    publicKey: keys.publicKey,
    lifetime: serverLifetime,
    extensions: [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'url', value: controllerUri },
        ...[...names].map((value) => ({ type: parseAddress(value) === null ? 'dns' : 'ip', value }) as const),
      ]),
    ],
  });
  return { certificate: issued.certificate + authority.certificate, key: await exportKey(keys.privateKey) };
}
