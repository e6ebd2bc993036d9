import type { TLSSocket } from 'node:tls';
import { workloadOfCertificate } from '../pki/identities.ts';
import type { ClientCertificates } from './client-certificates.ts';
import type { Refusal } from './refusals.ts';

/**
 * Who is at the other end: the workload, the serial number of the certificate that says so, and when that ends
 * (milliseconds since the epoch).
 */
export type Peer = {
  readonly workload: string;
  readonly serial: string;
  readonly until: number;
  /** In PEM. */
  readonly certificate: string;
};

export type IdentifyParts = { readonly certificates: ClientCertificates; readonly clock: () => number };

/** The workload whose good certificate the peer showed, or why it has none; `what` it wants is said in the refusal. */
export function identify(socket: TLSSocket, { certificates, clock }: IdentifyParts, what: string): Peer | Refusal {
  const certificate = socket.getPeerX509Certificate?.();
  if (certificate === undefined) {
    return { code: 'certificate-missing', message: `Cannot ${what}: no client certificate was shown, enrol first` };
  }
  const error = socket.authorized ? null : String(socket.authorizationError);
  // A resumed connection was checked when it was made, which may be longer ago than the certificate is good.
  const until = certificate.validToDate.getTime();
  if (error === 'CERT_HAS_EXPIRED' || (error === null && clock() >= until)) return expired(what, until);
  if (error !== null) {
    return { code: 'certificate-invalid', message: `Cannot ${what}: the client certificate is not valid (${error})` };
  }
  const workload = workloadOfCertificate(certificate.subjectAltName);
  if (workload === null) {
    return { code: 'certificate-foreign', message: `Cannot ${what}: the certificate is not that of a workload` };
  }
  // Revoked, replaced and unknown are the same: not one that is good.
  const peer = { workload, serial: certificate.serialNumber, until, certificate: certificate.toString() };
  return certificates.use(workload, peer.serial) ? peer : replaced(what, workload);
}

/** Why somebody who was identified when the session began would not be now; null: would be. */
export function unfit(
  { workload, serial, until }: Omit<Peer, 'certificate'>,
  { certificates, clock }: IdentifyParts,
): Refusal | null {
  const what = 'go on with this session';
  if (clock() >= until) return expired(what, until);
  return certificates.isGood(workload, serial) ? null : replaced(what, workload);
}

const expired = (what: string, until: number): Refusal => ({
  code: 'certificate-expired',
  message: `Cannot ${what}: the client certificate expired at ${new Date(until).toISOString()}, enrol again with a new pairing key`,
});

const replaced = (what: string, workload: string): Refusal => ({
  code: 'certificate-revoked',
  message: `Cannot ${what} as "${workload}": its certificate was revoked or replaced`,
});
