import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Call } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { chooseEndpoint, type Endpoint } from './endpoint.ts';
import { type Sent, send } from './request.ts';

/** The controller's API as one command uses it. Every method throws a Failure instead of returning an error answer. */
export type Api = {
  readonly endpoint: Endpoint;
  readonly get: (path: string) => Promise<Answer>;
  readonly post: (path: string, body?: unknown, revision?: Revision) => Promise<Answer>;
  readonly put: (path: string, body: unknown, revision?: Revision) => Promise<Answer>;
  readonly remove: (path: string) => Promise<Answer>;
  readonly postText: (path: string, text: string, type: string) => Promise<Answer>;
  readonly putText: (path: string, text: string, type: string) => Promise<Answer>;
};

/** Of a draft as it was seen: the controller refuses when it is another one by now. Undefined: it is not asked to look. */
export type Revision = number | undefined;

/** JSON as it came; what a command shows of it is read with online/fields.ts, so a newer controller is no error. */
export type Answer = unknown;

export function openApi(call: Call): Api {
  const endpoint = chooseEndpoint(call);
  const ask = async (sent: Sent): Promise<Answer> => readAnswer(await send(endpoint, { ...sent, signal: call.ended }));
  const withJson = (method: Sent['method'], path: string, { body = {}, revision }: JsonSent) => {
    const match = revision === undefined ? {} : { 'if-match': `"${revision}"` };
    const headers = { 'content-type': 'application/json', ...match, ...(method === 'POST' && idempotent()) };
    return ask({ method, path, headers, body: JSON.stringify(body) });
  };
  return {
    endpoint,
    get: (path) => ask({ method: 'GET', path }),
    post: (path, body, revision) => withJson('POST', path, { body, revision }),
    put: (path, body, revision) => withJson('PUT', path, { body, revision }),
    remove: (path) => ask({ method: 'DELETE', path }),
    postText: (path, text, type) =>
      ask({ method: 'POST', path, headers: { 'content-type': type, ...idempotent() }, body: text }),
    putText: (path, text, type) => ask({ method: 'PUT', path, headers: { 'content-type': type }, body: text }),
  };
}

type JsonSent = { readonly body?: unknown; readonly revision: Revision };

const idempotent = () => ({ 'idempotency-key': randomUUID() });

/** The body of an answer that says yes; throws what the controller said otherwise. */
export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += part;
  const status = response.statusCode ?? 0;
  const body = parseBody(text);
  if (status >= 200 && status < 300) return body;
  throw refusal(status, body);
}

function parseBody(text: string): Answer {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return { title: text.slice(0, 200) };
  }
}

/** HTTP status to exit code: what the caller can repair is bad input, what only the other side can is not. */
const exitOfStatus = (status: number) =>
  [400, 404, 405, 409, 412, 413, 415, 422].includes(status) ? exitCodes.badInput : exitCodes.cannot;

/** RFC 9457: `title` and `detail` for people, `code` for scripts, `problems` where policy text was refused. */
function refusal(status: number, body: Answer): Failure {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof said[name] === 'string' ? said[name] : null);
  const message = text('detail') ?? text('title') ?? `the controller answered ${status}`;
  const listed = Array.isArray(said.problems) ? said.problems.map((item) => `\n  ${problemLine(item)}`).join('') : '';
  return new Failure(message + listed, {
    code: text('code') ?? `http-${status}`,
    exit: exitOfStatus(status),
    hint:
      text('hint') ??
      (text('code') === 'not-logged-in' ? 'the session or the token ended; log in again or make another' : null),
  });
}

function problemLine(item: unknown): string {
  const { code, message, place } = (item ?? {}) as {
    code?: string;
    message?: string;
    place?: { file: string; line: number } | null;
  };
  const where = place ? `${place.file}:${place.line}: ` : '';
  return `${where}${code ?? ''}: ${message ?? JSON.stringify(item)}`;
}
