import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { agentMessageLimit, enrolLimit } from '@bulkhead/wire/control.ts';
import { flowBatchLimit } from '@bulkhead/wire/flow-batch.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Estate } from '../estate/estate.ts';
import { workloadOfCertificate } from '../pki/identities.ts';
import type { ServerCertificate } from '../pki/server-certificate.ts';
import type { EnrolOutcome } from './enrol.ts';
import type { Refusal, Refusals } from './refusals.ts';

export type AgentsServerParts = {
  readonly authority: string;
  readonly certificate: ServerCertificate;
  readonly estate: Estate;
  readonly refusals: Refusals;
  readonly enrol: (body: string, source: string) => Promise<EnrolOutcome>;
  readonly session: (socket: WebSocket, workload: string) => void;
};

/** Refusals of enrolment that are no one's fault but the number of attempts; all others are 403 or 400. */
const enrolStatus: Readonly<Record<string, number>> = {
  'too-many-attempts': 429,
  'pairing-key-wrong': 403,
  'pairing-key-expired': 403,
  'pairing-key-used-up': 403,
  'workload-enrolled': 409,
  'wire-too-large': 413,
};

/** Connections that have no session: each costs memory before anything is known of its peer. */
const waitingLimit = 2000;

/**
 * The port for agents: TLS 1.3, `POST /enrol` without and `/session` with a client certificate. Nothing else is
 * there. One per listening address, all alike.
 */
export function createAgentsServer(parts: AgentsServerParts): Server {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: Math.max(flowBatchLimit, agentMessageLimit),
    perMessageDeflate: false,
  });
  const server = createServer({
    minVersion: 'TLSv1.3',
    requestCert: true,
    // Refused by us, not by TLS, so that the agent learns why and the refusal is counted.
    rejectUnauthorized: false,
    ca: parts.authority,
    cert: parts.certificate.certificate,
    key: parts.certificate.key,
    handshakeTimeout: 10_000,
    requestTimeout: 10_000,
    headersTimeout: 10_000,
    maxHeaderSize: 8192,
  });
  server.maxConnections = waitingLimit;
  server.on('drop', () => {
    parts.refusals.count('too-many-connections');
  });
  server.on('request', (request, response) => void answer(parts, request, response));
  server.on('upgrade', (request, socket, head) => upgrade(parts, { server, sockets }, { request, socket, head }));
  server.on('tlsClientError', (error) => {
    parts.refusals.note({ code: 'tls', message: `Cannot finish a TLS handshake: ${error.message}` });
  });
  return server;
}

async function answer(parts: AgentsServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/enrol') {
    reply(response, 404, { code: 'not-found', message: 'Cannot find this: only POST /enrol and /session are here' });
    return;
  }
  const source = request.socket.remoteAddress ?? 'local';
  try {
    const body = await readBody(request);
    const outcome = body === null ? tooLarge : await parts.enrol(body, source);
    if (outcome.kind === 'enrolled') {
      reply(response, 200, outcome.answer);
      return;
    }
    const { code, message } = outcome.refusal;
    parts.refusals.note({ code, message }, { source });
    reply(response, enrolStatus[code] ?? 400, { code, message });
  } catch (error) {
    parts.refusals.note({ code: 'internal', message: error instanceof Error ? error.message : String(error) });
    reply(response, 500, { code: 'internal', message: 'Cannot enrol: the controller failed, see its log' });
  }
}

const tooLarge: EnrolOutcome = {
  kind: 'refused',
  refusal: { code: 'wire-too-large', message: `Cannot read the request: at most ${enrolLimit} bytes are allowed` },
};

/** Null once it is over the limit. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > enrolLimit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}

type Upgrade = { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer };

type Doors = { readonly server: Server; readonly sockets: WebSocketServer };

function upgrade(parts: AgentsServerParts, { server, sockets }: Doors, { request, socket, head }: Upgrade): void {
  const peer = request.url === '/session' ? identify(socket as TLSSocket, parts.estate) : noSuchPath;
  if (typeof peer === 'string') {
    // Those of known hosts do not count: their number is that of the hosts.
    server.maxConnections++;
    socket.once('close', () => server.maxConnections--);
    sockets.handleUpgrade(request, socket, head, (webSocket) => parts.session(webSocket, peer));
    return;
  }
  parts.refusals.note(peer, { source: request.socket.remoteAddress ?? 'local' });
  const body = JSON.stringify(peer);
  const headers = `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${headers}\r\nconnection: close\r\n\r\n${body}`);
}

const noSuchPath: Refusal = { code: 'not-found', message: 'Cannot find this: only /session is upgraded' };

/** The workload whose one valid certificate the peer showed, or why it has none. */
function identify(socket: TLSSocket, estate: Estate): string | Refusal {
  const certificate = socket.getPeerX509Certificate?.();
  if (certificate === undefined) {
    return {
      code: 'certificate-missing',
      message: 'Cannot open a session: no client certificate was shown, enrol first',
    };
  }
  if (!socket.authorized) {
    const why = String(socket.authorizationError);
    return {
      code: 'certificate-invalid',
      message: `Cannot open a session: the client certificate is not valid (${why})`,
    };
  }
  const name = workloadOfCertificate(certificate.subjectAltName);
  if (name === null) {
    return { code: 'certificate-foreign', message: 'Cannot open a session: the certificate is not that of a workload' };
  }
  // INVARIANT: one serial number per workload is good. Revoked, replaced and unknown are the same: not that one.
  if (estate.get(name)?.serial === certificate.serialNumber) return name;
  return {
    code: 'certificate-revoked',
    message: `Cannot open a session as "${name}": its certificate was revoked or replaced`,
  };
}
