import { X509Certificate } from 'node:crypto';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { badInput, cannot } from '../failure.ts';

/**
 * The authority's certificate as the controller sends it, trusted by nobody yet: the operator compares its
 * fingerprint before anything secret is sent.
 */
export function fetchAuthority(url: URL): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false, minVersion: 'TLSv1.2' });
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
    socket.on('error', (error) => {
      reject(
        cannot('unreachable', `Cannot reach the controller at "${url.origin}": ${error.message}`, 'check the address'),
      );
    });
    socket.on('secureConnect', () => {
      const root = rootOf(socket.getPeerCertificate(true));
      socket.end();
      if (root !== null) resolve(root);
      else
        reject(cannot('no-authority', `Cannot trust "${url.origin}": it shows no authority, a controller is needed`));
    });
  });
}

/** The authority that has this fingerprint, as `readFingerprint` gives it; throws for another. */
export async function requireAuthority(url: URL, fingerprint: string): Promise<X509Certificate> {
  const authority = await fetchAuthority(url);
  if (fingerprintOf(authority) === fingerprint) return authority;
  const shown = fingerprintOf(authority);
  const message = `Cannot trust the controller: its authority has the fingerprint ${shown}, ${fingerprint} is needed`;
  throw cannot('wrong-fingerprint', message, 'somebody may be in between; compare it on the controller');
}

function rootOf(leaf: DetailedPeerCertificate): X509Certificate | null {
  let certificate = leaf;
  while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate) {
    certificate = certificate.issuerCertificate;
  }
  const root = certificate.raw === undefined ? null : new X509Certificate(certificate.raw);
  return root?.ca === true ? root : null;
}

/** SHA-256 of the certificate in base64url, as in a pairing key and in `status --json`. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');

/** In base64url, as it is printed everywhere, or as others print it: in hex, with or without colons. */
export function readFingerprint(text: string, what: string): string {
  const given = text.trim();
  if (/^[\w-]{42}[AEIMQUYcgkosw048]=?$/.test(given)) return given.slice(0, 43);
  const hex = given.replaceAll(':', '');
  if (/^[0-9a-f]{64}$/i.test(hex)) return Buffer.from(hex, 'hex').toString('base64url');
  const so = given === '' ? 'it is empty' : 'it is no SHA-256 fingerprint';
  throw badInput(
    'bad-fingerprint',
    `Cannot use ${what} "${given}": ${so}, 43 characters of base64url or 64 hexadecimal digits are needed`,
    'on the controller, bulkhead status --json says it as "authority"',
  );
}
