import type { KeyObject } from 'node:crypto';
import { request } from 'node:https';
import { decodeEnrolAnswer, enrolLimit } from '@bulkhead/wire/control.ts';
import type { EnrolAnswer, EnrolRequest } from '@bulkhead/wire/messages.ts';
import { formatPairingKey, type PairingKey } from '@bulkhead/wire/pairing-key.ts';
import { errorText } from './atomic-file.ts';
import { type Endpoint, findAuthority, trusting, WrongAuthority } from './controller-trust.ts';
import { signingRequest } from './csr.ts';

const requestTimeout = 15_000;

/** `refused` stays so until somebody acts; `unreachable` may be over at the next attempt. */
export type EnrolOutcome =
  | { readonly kind: 'enrolled'; readonly certificate: string; readonly authority: string; readonly workload: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unreachable'; readonly message: string };

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
    const answer = await post(endpoint, authority, JSON.stringify(body));
    return read(answer, authority);
  } catch (error) {
    if (error instanceof WrongAuthority)
      return { kind: 'refused', code: 'wrong-authority', message: cannot(error.message) };
    return { kind: 'unreachable', message: cannot(errorText(error)) };
  }
}

type Answer = { readonly status: number; readonly body: string };

function read({ status, body }: Answer, authority: string): EnrolOutcome {
  if (status === 200 || status === 201) {
    const answer = decodeEnrolAnswer(body);
    if (answer.kind === 'refused')
      return { kind: 'refused', code: answer.problem.code, message: answer.problem.message };
    const { certificate, workload }: EnrolAnswer = answer.value;
    // The authority that was proved, not whatever the answer says.
    return { kind: 'enrolled', certificate, authority, workload };
  }
  // The controller is starting, overloaded, or has seen too many attempts: ask again later.
  if (status >= 500 || status === 429)
    return { kind: 'unreachable', message: cannot(`the controller answered ${status}`) };
  return { kind: 'refused', ...refusal(status, body) };
}

function refusal(status: number, body: string): { readonly code: string; readonly message: string } {
  const otherwise = { code: `enrol-${status}`, message: cannot(`the controller answered ${status}`) };
  try {
    const { code, message } = JSON.parse(body) as { readonly code?: unknown; readonly message?: unknown };
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : otherwise;
  } catch {
    return otherwise;
  }
}

const cannot = (why: string): string => `Cannot enrol: ${why}`;

function post(endpoint: Endpoint, authority: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = {
      ...endpoint,
      ...trusting(authority),
      path: '/enrol',
      method: 'POST',
      headers,
      agent: false,
    } as const;
    const call = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > enrolLimit) call.destroy(new Error(`the answer is longer than ${enrolLimit} characters`));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    call.setTimeout(requestTimeout, () => call.destroy(new Error('the controller took too long')));
    call.on('error', reject);
    call.end(body);
  });
}
