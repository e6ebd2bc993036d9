import { X509Certificate } from 'node:crypto';
import { decodeRenewAnswer } from '@bulkhead/wire/control.ts';
import type { RenewRequest } from '@bulkhead/wire/messages.ts';
import { errorText } from './atomic-file.ts';
import { type Answer, askController, type Failed, failure } from './controller-request.ts';
import { signingRequest } from './csr.ts';
import { belongsTogether, type Identity, type KeyPair, keyText, newKey } from './identity.ts';

export type RenewOutcome = { readonly kind: 'renewed'; readonly pair: KeyPair } | Failed;

/**
 * Trades the certificate that is still good for one for a new key. Nothing is stored, and the old pair stays good until
 * the new one is used: an answer that gets lost costs nothing but another attempt.
 */
export async function renew(identity: Identity, now: number): Promise<RenewOutcome> {
  const key = newKey();
  const body: RenewRequest = { csr: signingRequest(key, identity.workload) };
  const { controller: endpoint, authority } = identity;
  try {
    const answer = await askController({ endpoint, authority, path: '/renew', body, client: identity });
    return read(answer, { identity, key: keyText(key), now });
  } catch (error) {
    return { kind: 'unreachable', message: `Cannot renew: ${errorText(error)}` };
  }
}

type Asked = { readonly identity: Identity; readonly key: string; readonly now: number };

function read(given: Answer, { identity, key, now }: Asked): RenewOutcome {
  if (given.status !== 200) return failure('renew', given);
  const answer = decodeRenewAnswer(given.body);
  if (answer.kind === 'refused') return { kind: 'refused', code: answer.problem.code, message: answer.problem.message };
  // The authority stays the one that was proved at enrolment, whatever the answer says.
  const pair = { key, certificate: answer.value.certificate };
  const wrong = wrongCertificate(pair, identity, now);
  if (wrong === null) return { kind: 'renewed', pair };
  return { kind: 'refused', code: 'certificate-wrong', message: `Cannot renew: the certificate that came ${wrong}` };
}

/** Why a certificate would be of no use, null when it is what was asked for: the one that works must not go for it. */
function wrongCertificate(pair: KeyPair, { authority, workload }: Identity, now: number): string | null {
  if (!belongsTogether(pair)) return 'is not for our key';
  const certificate = new X509Certificate(pair.certificate);
  if (!certificate.verify(new X509Certificate(authority).publicKey)) return 'is not signed by our authority';
  if (certificate.subjectAltName !== `URI:spiffe://bulkhead/workload/${workload}`)
    return `is not that of "${workload}"`;
  return certificate.validToDate.getTime() > now ? null : 'has expired already';
}
