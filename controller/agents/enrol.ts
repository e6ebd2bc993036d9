import { wrongWorkloadName } from '@bulkhead/model/name-text.ts';
import { decodeEnrolRequest } from '@bulkhead/wire/control.ts';
import type { EnrolAnswer, EnrolRequest } from '@bulkhead/wire/messages.ts';
import { parsePairingKey } from '@bulkhead/wire/pairing-key.ts';
import type { Attempts } from '../auth/attempts.ts';
import { tokenMatches } from '../auth/tokens.ts';
import type { Estate } from '../estate/estate.ts';
import type { Authority } from '../pki/authority.ts';
import { issueClientCertificate } from '../pki/client-certificate.ts';
import { isWorkloadName } from '../pki/identities.ts';
import type { Store } from '../store/open-store.ts';
import type { PairingKeyRecord } from '../store/pairing-keys.ts';
import type { WorkloadChange } from '../store/workloads.ts';
import type { Refusal } from './refusals.ts';

export type EnrolParts = {
  readonly store: Store;
  readonly estate: Estate;
  readonly authority: Authority;
  readonly attempts: Attempts;
  readonly clock: () => number;
  /** Milliseconds. */
  readonly certificateLifetime: number;
};

export type EnrolOutcome =
  | { readonly kind: 'enrolled'; readonly answer: EnrolAnswer }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * A pairing key and a certificate signing request against a client certificate. Codes: those of wire/, `too-many-attempts`,
 * `pairing-key-malformed`, `pairing-key-wrong` (unknown or wrong secret: not told apart), `pairing-key-expired`,
 * `pairing-key-used-up`, `workload-name`, `workload-enrolled`, `csr-invalid`.
 */
export async function enrol(parts: EnrolParts, body: string, source: string): Promise<EnrolOutcome> {
  if (!parts.attempts.mayTry(source)) {
    return refuse('too-many-attempts', 'Cannot enrol: too many failed attempts, wait a minute and try again');
  }
  const outcome = await attempt(parts, body);
  if (outcome.kind === 'refused') {
    parts.attempts.failed(source);
    await auditRefusal(parts.store, source, outcome.refusal);
  }
  return outcome;
}

async function attempt(parts: EnrolParts, body: string): Promise<EnrolOutcome> {
  const request = decodeEnrolRequest(body);
  if (request.kind === 'refused') return { kind: 'refused', refusal: request.problem };
  const key = await acceptedKey(parts, request.value.pairingKey);
  if ('code' in key) return { kind: 'refused', refusal: key };
  const name = key.name ?? request.value.hostname;
  const refusal = refuseName(parts.estate, key, name);
  return refusal === null ? issue(parts, { key, name, csr: request.value.csr }) : { kind: 'refused', refusal };
}

async function acceptedKey({ store, clock }: EnrolParts, text: string): Promise<PairingKeyRecord | Refusal> {
  const given = parsePairingKey(text);
  if (given === null) {
    return {
      code: 'pairing-key-malformed',
      message: 'Cannot enrol: the pairing key is cut off or not one, copy it whole',
    };
  }
  const key = await store.pairingKeys.get(given.id);
  // Compared even where there is no such key, so that the time taken does not tell which ids exist.
  const matches = tokenMatches(given.secret, key?.secretHash ?? '0'.repeat(64));
  if (key === null || !matches) {
    return { code: 'pairing-key-wrong', message: 'Cannot enrol: nobody issued this pairing key, a new one is needed' };
  }
  if (clock() >= key.expiresAt) {
    return {
      code: 'pairing-key-expired',
      message: `Cannot enrol: pairing key ${key.id} has expired, a new one is needed`,
    };
  }
  return key.usesLeft > 0 ? key : usedUp(key.id);
}

const usedUp = (id: string): Refusal => ({
  code: 'pairing-key-used-up',
  message: `Cannot enrol: pairing key ${id} has been used as often as it may be, a new one is needed`,
});

function refuseName(estate: Estate, key: PairingKeyRecord, name: string): Refusal | null {
  if (!isWorkloadName(name) || wrongWorkloadName(name) !== null) {
    const message = `Cannot enrol "${name.slice(0, 80)}": it is no name for a workload, letters, digits, "-", "_" and "." are needed`;
    return { code: 'workload-name', message };
  }
  // Unmanaged workloads too: a key without a name would let a host pick somebody else's labels by its host name.
  if (estate.get(name) === null || key.replaces) return null;
  const message = `Cannot enrol "${name}": a workload has this name, a pairing key that says replace is needed`;
  return { code: 'workload-enrolled', message };
}

async function issue(
  parts: EnrolParts,
  { key, name, csr }: { readonly key: PairingKeyRecord; readonly name: string; readonly csr: EnrolRequest['csr'] },
): Promise<EnrolOutcome> {
  const { estate, authority, certificateLifetime: lifetime } = parts;
  const issued = await issueClientCertificate(authority, csr, { workload: name, lifetime });
  if (issued === null) {
    return refuse(
      'csr-invalid',
      `Cannot enrol "${name}": the request is not a signed PKCS #10 request for a P-256 key`,
    );
  }
  const previous = estate.get(name);
  const workload: WorkloadChange = {
    name,
    managed: true,
    labels: key.labels,
    addresses: [],
    ports: previous?.ports ?? {},
    fallbackMode: key.mode,
    serial: issued.serial,
    enrolment: (previous?.enrolment ?? 0) + 1,
    source: null,
    host: null,
  };
  const actor = `agent:${name}`;
  const detail = { pairingKey: key.id, serial: issued.serial, replaced: previous !== null };
  try {
    await estate.change({
      kind: 'enrolled',
      workload: name,
      to: workload,
      also: async (stores) => {
        if (!(await stores.pairingKeys.use(key.id))) throw new KeyUsedUp();
        await stores.audit.add({ actor, action: 'enrol', subject: name, detail });
      },
    });
  } catch (error) {
    if (error instanceof KeyUsedUp) return { kind: 'refused', refusal: usedUp(key.id) };
    throw error;
  }
  const answer = { certificate: issued.certificate, authority: authority.certificate, workload: name };
  return { kind: 'enrolled', answer };
}

/** Rolls the transaction back when another host took the last use in between. */
class KeyUsedUp extends Error {}

async function auditRefusal(store: Store, source: string, refusal: Refusal): Promise<void> {
  await store.audit.add({ actor: 'agent', action: 'enrol.refused', subject: source, detail: { code: refusal.code } });
}

const refuse = (code: string, message: string): EnrolOutcome => ({ kind: 'refused', refusal: { code, message } });
