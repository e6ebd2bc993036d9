import { createHash } from 'node:crypto';
import { type ConnectionOptions, connect, type DetailedPeerCertificate } from 'node:tls';
import { pem } from './csr.ts';

export type Endpoint = { readonly host: string; readonly port: number };

const controllerName = 'URI:spiffe://bulkhead/controller';
const handshakeTimeout = 10_000;
/** A chain is two certificates long; more is not looked at. */
const chainLimit = 8;

/**
 * How every connection to a controller is checked: TLS 1.3, a chain to exactly our authority, and the controller's URI
 * among the names. Not its host name, so that a relay in front of it is fine and needs no trust.
 */
export function trusting(authority: string): ConnectionOptions {
  return {
    ca: [authority],
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) =>
      isController(certificate.subjectaltname)
        ? undefined
        : new Error(`Cannot trust the server: its certificate is not the controller's, ${controllerName} is needed`),
  };
}

/** Node quotes a name that contains a separator, so a plain split cannot be talked into seeing ours. */
export const isController = (names: string | undefined): boolean => (names ?? '').split(', ').includes(controllerName);

/**
 * The authority whose certificate has this fingerprint (SHA-256 of the DER, base64url), in PEM, as shown by the server.
 * Nothing but a handshake is sent; whoever shows it still has to prove with `trusting` that it may use it.
 */
export function findAuthority(endpoint: Endpoint, fingerprint: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...endpoint, minVersion: 'TLSv1.3', rejectUnauthorized: false });
    socket.setTimeout(handshakeTimeout, () => socket.destroy(new Error('the handshake took too long')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const found = chain(socket.getPeerCertificate(true)).find((der) => fingerprintOf(der) === fingerprint);
      // An orderly end: destroyed at once, the server would see a handshake that nobody finished.
      socket.end();
      if (found !== undefined) return resolve(pem('CERTIFICATE', found));
      reject(new WrongAuthority());
    });
  });
}

/** The server belongs to somebody else than the pairing key: no retry will change that. */
export class WrongAuthority extends Error {
  constructor() {
    super('the server does not show the authority that the pairing key names, a key of this controller is needed');
  }
}

export const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('base64url');

function chain(leaf: DetailedPeerCertificate): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let certificate = leaf; certificate?.raw !== undefined && out.length < chainLimit; ) {
    out.push(certificate.raw);
    if (certificate.issuerCertificate === certificate) break;
    certificate = certificate.issuerCertificate;
  }
  return out;
}
