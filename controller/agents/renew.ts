import { decodeRenewRequest, enrolLimit } from '@bulkhead/wire/control.ts';
import type { RenewAnswer } from '@bulkhead/wire/messages.ts';
import type { Attempts } from '../auth/attempts.ts';
import type { Authority } from '../pki/authority.ts';
import { issueClientCertificate } from '../pki/client-certificate.ts';
import type { Store } from '../store/open-store.ts';
import type { ClientCertificates } from './client-certificates.ts';
import type { Peer } from './identify.ts';
import type { Refusal } from './refusals.ts';

export type RenewParts = {
  readonly store: Store;
  readonly certificates: ClientCertificates;
  readonly authority: Authority;
  /** Of workloads, all that they make; of other sources, those that were refused. */
  readonly attempts: Attempts;
  /** Milliseconds. */
  readonly certificateLifetime: number;
};

/** `body` null: it is over the limit. */
export type RenewAsked = { readonly peer: Peer | Refusal; readonly body: string | null; readonly source: string };

export type RenewOutcome =
  | { readonly kind: 'renewed'; readonly answer: RenewAnswer }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * A good client certificate and a certificate signing request against another certificate for the same workload. Codes:
 * those of wire/ and of `identify`, `too-many-attempts`, `csr-invalid`.
 */
export async function renew(parts: RenewParts, asked: RenewAsked): Promise<RenewOutcome> {
  const { peer, source } = asked;
  // Each is an entry of the audit log, which nobody may fill; no host waits for what others do from its address.
  const asker = 'code' in peer ? source : peer.workload;
  if (!parts.attempts.mayTry(asker)) {
    return refuse('too-many-attempts', 'Cannot renew: too many attempts, wait a minute and try again');
  }
  parts.attempts.failed(asker);
  const outcome = 'code' in peer ? refuse(peer.code, peer.message) : await attempt(parts, peer, asked.body);
  if (outcome.kind === 'refused') {
    const actor = 'code' in peer ? 'agent' : `agent:${peer.workload}`;
    const detail = { code: outcome.refusal.code };
    await parts.store.audit.add({ actor, action: 'renew.refused', subject: source, detail });
  }
  return outcome;
}

async function attempt(parts: RenewParts, peer: Peer, body: string | null): Promise<RenewOutcome> {
  if (body === null) return refuse('wire-too-large', `Cannot renew: at most ${enrolLimit} bytes are allowed`);
  const { authority, certificates, certificateLifetime: lifetime } = parts;
  const { workload, serial: shown } = peer;
  const request = decodeRenewRequest(body);
  if (request.kind === 'refused') return { kind: 'refused', refusal: request.problem };
  const issued = await issueClientCertificate(authority, request.value.csr, { workload, lifetime });
  if (issued === null) {
    return refuse(
      'csr-invalid',
      `Cannot renew "${workload}": the request is not a signed PKCS #10 request for a P-256 key`,
    );
  }
  const detail = { serial: issued.serial, shown };
  const audit = { actor: `agent:${workload}`, action: 'renew', subject: workload, detail };
  if (!(await certificates.issue(workload, { shown, issued: issued.serial, audit }))) {
    return refuse('certificate-revoked', `Cannot renew "${workload}": its certificate was revoked or replaced`);
  }
  return { kind: 'renewed', answer: { certificate: issued.certificate, authority: authority.certificate } };
}

const refuse = (code: string, message: string): RenewOutcome => ({ kind: 'refused', refusal: { code, message } });
