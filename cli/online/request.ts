import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { cannot, type Failure } from '../failure.ts';
import type { Endpoint } from './endpoint.ts';

export type Sent = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
};

const silenceMs = 30_000;
const controllerUri = 'URI:spiffe://bulkhead/controller';

/** The response with its body still to be read. Not being able to get one is a Failure that says what to do. */
export async function send(endpoint: Endpoint, sent: Sent): Promise<IncomingMessage> {
  const authority = endpoint.kind === 'https' ? await endpoint.authority() : '';
  return new Promise((resolve, reject) => {
    const outgoing = open(endpoint, sent, authority);
    outgoing.on('response', resolve);
    outgoing.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(endpoint, error)));
    // A controller that answers nothing at all must not hang a script; a stream that has begun may be silent.
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${silenceMs / 1000} s`)), silenceMs);
    outgoing.on('response', () => clearTimeout(timer));
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.end(sent.body);
  });
}

function open(endpoint: Endpoint, sent: Sent, authority: string): ClientRequest {
  const common = {
    method: sent.method,
    path: `/api/v1${sent.path}`,
    headers: { accept: 'application/json', ...sent.headers },
    ...(sent.signal && { signal: sent.signal }),
  };
  if (endpoint.kind === 'socket') return httpRequest({ ...common, socketPath: endpoint.path });
  const headers = { ...common.headers, ...endpoint.signedIn };
  return httpsRequest({ ...common, ...httpsTarget(endpoint.url, authority), headers });
}

/** Trusts the pinned authority and the controller's identity in its certificate, whatever name it is reached by. */
export function httpsTarget(url: URL, authority: string): RequestOptions {
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 443 : Number(url.port),
    ca: authority,
    checkServerIdentity: (_name, certificate) => {
      const names = (certificate.subjectaltname ?? '').split(', ');
      return names.includes(controllerUri) ? undefined : new Error('its certificate is not that of a controller');
    },
  };
}

function unreachable(endpoint: Endpoint, error: NodeJS.ErrnoException): Failure {
  if (endpoint.kind === 'https') {
    const hint = 'check the address, and that bulkhead up runs there';
    return cannot('unreachable', `Cannot reach the controller at "${endpoint.url.origin}": ${error.message}`, hint);
  }
  const said = reasons[error.code ?? ''] ?? { text: error.message, hint: 'bulkhead doctor says more' };
  return cannot('unreachable', `Cannot reach the controller at "${endpoint.path}": ${said.text}`, said.hint);
}

const reasons: Readonly<Record<string, { readonly text: string; readonly hint: string }>> = {
  ENOENT: { text: 'there is no such socket', hint: 'start it with bulkhead up, or name its directory with --data' },
  ECONNREFUSED: { text: 'nothing listens there any more', hint: 'start it again with bulkhead up' },
  EACCES: { text: 'only root may use it', hint: 'run as root, or log in over HTTPS with bulkhead login' },
  EPERM: { text: 'only root may use it', hint: 'run as root, or log in over HTTPS with bulkhead login' },
};
