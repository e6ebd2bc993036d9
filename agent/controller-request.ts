import { request } from 'node:https';
import { enrolLimit } from '@bulkhead/wire/control.ts';
import { type Endpoint, trusting } from './controller-trust.ts';

const requestTimeout = 15_000;

export type Asked = {
  readonly endpoint: Endpoint;
  readonly authority: string;
  readonly path: '/enrol' | '/renew';
  readonly body: unknown;
  /** Absent: without a client certificate. */
  readonly client?: { readonly key: string; readonly certificate: string };
};

export type Answer = { readonly status: number; readonly body: string };

/** One POST to the agents' port of a controller that has to prove itself first. Rejects when there is no answer. */
export function askController({ endpoint, authority, path, body, client }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const options = {
      ...endpoint,
      ...trusting(authority),
      ...(client === undefined ? {} : { key: client.key, cert: client.certificate }),
      path,
      method: 'POST',
      headers,
      agent: false,
    } as const;
    const call = request(options, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        answer += piece;
        if (answer.length > enrolLimit) call.destroy(new Error(`the answer is longer than ${enrolLimit} characters`));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: answer }));
      response.on('error', reject);
    });
    call.setTimeout(requestTimeout, () => call.destroy(new Error('the controller took too long')));
    call.on('error', reject);
    call.end(text);
  });
}

/** `refused` stays so until somebody acts; `unreachable` may be over at the next attempt. */
export type Failed =
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unreachable'; readonly message: string };

/** What an answer that is not a success means; `what` is the verb of the sentence and the beginning of the code. */
export function failure(what: 'enrol' | 'renew', { status, body }: Answer): Failed {
  const message = `Cannot ${what}: the controller answered ${status}`;
  // The controller is starting, overloaded, or has seen too many attempts: ask again later.
  if (status >= 500 || status === 429) return { kind: 'unreachable', message };
  return { kind: 'refused', ...(refusal(body) ?? { code: `${what}-${status}`, message }) };
}

function refusal(body: string): { readonly code: string; readonly message: string } | null {
  try {
    const { code, message } = JSON.parse(body) as { readonly code?: unknown; readonly message?: unknown };
    return typeof code === 'string' && typeof message === 'string' ? { code, message: message.slice(0, 1000) } : null;
  } catch {
    return null;
  }
}
