import { X509Certificate } from 'node:crypto';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { cannot } from '../failure.ts';

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

/** The authority that has this fingerprint; throws for another. */
export async function requireAuthority(url: URL, fingerprint: string): Promise<X509Certificate> {
  const authority = await fetchAuthority(url);
  if (fingerprintMatches(authority, fingerprint)) return authority;
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

/** SHA-256 of the certificate in hex, as pairing keys carry it in base64url. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase();

/** Hex with or without colons, or base64url as in a pairing key. */
function fingerprintMatches(certificate: X509Certificate, text: string): boolean {
  const hex = text.replaceAll(':', '').toLowerCase();
  return (
    hex === fingerprintOf(certificate) || text === Buffer.from(fingerprintOf(certificate), 'hex').toString('base64url')
  );
}
