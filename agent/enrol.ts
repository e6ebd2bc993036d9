import type { KeyObject } from 'node:crypto';
import { decodeEnrolAnswer } from '@bulkhead/wire/control.ts';
import type { EnrolAnswer, EnrolRequest } from '@bulkhead/wire/messages.ts';
import { formatPairingKey, type PairingKey } from '@bulkhead/wire/pairing-key.ts';
import { errorText } from './atomic-file.ts';
import { type Answer, askController, type Failed, failure } from './controller-request.ts';
import { type Endpoint, findAuthority, WrongAuthority } from './controller-trust.ts';
import { signingRequest } from './csr.ts';

export type EnrolOutcome =
  | { readonly kind: 'enrolled'; readonly certificate: string; readonly authority: string; readonly workload: string }
  | Failed;

export type EnrolParts = {
  readonly endpoint: Endpoint;
  readonly pairing: PairingKey;
  readonly key: KeyObject;
  readonly hostname: string;
};

/** Trades the pairing key for a client certificate. The key's secret is sent only after the controller proved itself. */
export async function enrol({ endpoint, pairing, key, hostname }: EnrolParts): Promise<EnrolOutcome> {
  try {
    const authority = await findAuthority(endpoint, pairing.fingerprint);
    const body: EnrolRequest = {
      pairingKey: formatPairingKey(pairing),
      csr: signingRequest(key, hostname),
      hostname,
    };
    return read(await askController({ endpoint, authority, path: '/enrol', body }), authority);
  } catch (error) {
    if (error instanceof WrongAuthority)
      return { kind: 'refused', code: 'wrong-authority', message: cannot(error.message) };
    return { kind: 'unreachable', message: cannot(errorText(error)) };
  }
}

function read(given: Answer, authority: string): EnrolOutcome {
  if (given.status !== 200 && given.status !== 201) return failure('enrol', given);
  const answer = decodeEnrolAnswer(given.body);
  if (answer.kind === 'refused') return { kind: 'refused', code: answer.problem.code, message: answer.problem.message };
  const { certificate, workload }: EnrolAnswer = answer.value;
  // The authority that was proved, not whatever the answer says.
  return { kind: 'enrolled', certificate, authority, workload };
}

const cannot = (why: string): string => `Cannot enrol: ${why}`;
