import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { agentMessageLimit, enrolLimit } from '@bulkhead/wire/control.ts';
import { flowBatchLimit } from '@bulkhead/wire/flow-batch.ts';
import type { Reach } from '@bulkhead/wire/messages.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ServerCertificate } from '../pki/server-certificate.ts';
import type { EnrolOutcome } from './enrol.ts';
import { type IdentifyParts, identify, type Peer } from './identify.ts';
import { reachedAt } from './reached-at.ts';
import type { Refusal, Refusals } from './refusals.ts';
import type { RenewAsked, RenewOutcome } from './renew.ts';

export type AgentsServerParts = IdentifyParts & {
  readonly authority: string;
  readonly certificate: ServerCertificate;
  readonly refusals: Refusals;
  readonly enrol: (body: string, source: string) => Promise<EnrolOutcome>;
  readonly renew: (asked: RenewAsked) => Promise<RenewOutcome>;
  /** `reachedAt`: where the agent connected to; null: not over TCP. */
  readonly session: (socket: WebSocket, peer: Peer, reachedAt: Reach | null) => void;
};

/** `end` also ends what was upgraded, which the server itself forgets. */
export type AgentsDoor = { readonly server: Server; readonly end: () => void };

/** Statuses of what is refused to those that enrol or renew; all others are 400. */
const refusedStatus: Readonly<Record<string, number>> = {
  'too-many-attempts': 429,
  'pairing-key-wrong': 403,
  'pairing-key-expired': 403,
  'pairing-key-used-up': 403,
  'workload-enrolled': 409,
  'certificate-missing': 403,
  'certificate-expired': 403,
  'certificate-invalid': 403,
  'certificate-foreign': 403,
  'certificate-revoked': 403,
  'wire-too-large': 413,
};

/** Connections that have no session: each costs memory before anything is known of its peer. */
const waitingLimit = 2000;

/**
 * The port for agents: TLS 1.3, `POST /enrol` without, `POST /renew` and `/session` with a client certificate. Nothing
 * else is there. One per listening address, all alike.
 */
export function createAgentsServer(parts: AgentsServerParts): AgentsDoor {
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
  return { server, end: () => end(server, sockets) };
}

function end(server: Server, sockets: WebSocketServer): void {
  server.close();
  server.closeAllConnections();
  // Those that were told why are closing by themselves.
  for (const socket of sockets.clients) if (socket.readyState === socket.OPEN) socket.close(1001, 'stopping');
}

async function answer(parts: AgentsServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const ask = request.method === 'POST' ? requests.get(request.url ?? '') : undefined;
  if (ask === undefined) {
    const message = 'Cannot find this: only POST /enrol, POST /renew and /session are here';
    reply(response, 404, { code: 'not-found', message });
    return;
  }
  const source = request.socket.remoteAddress ?? 'local';
  try {
    const outcome = await ask(parts, request, source);
    if (outcome.kind !== 'refused') {
      reply(response, 200, outcome.answer);
      return;
    }
    const { code, message } = outcome.refusal;
    parts.refusals.note({ code, message }, { source });
    reply(response, refusedStatus[code] ?? 400, { code, message });
  } catch (error) {
    parts.refusals.note({ code: 'internal', message: error instanceof Error ? error.message : String(error) });
    reply(response, 500, { code: 'internal', message: 'Cannot answer: the controller failed, see its log' });
  }
}

type Outcome = EnrolOutcome | RenewOutcome;
type Ask = (parts: AgentsServerParts, request: IncomingMessage, source: string) => Promise<Outcome>;

const requests: ReadonlyMap<string, Ask> = new Map<string, Ask>([
  [
    '/enrol',
    async (parts, request, source) => {
      const body = await readBody(request);
      return body === null ? tooLarge : parts.enrol(body, source);
    },
  ],
  [
    '/renew',
    async (parts, request, source) => {
      const peer = identify(request.socket as TLSSocket, parts, 'renew');
      // What a stranger says is not even read.
      return parts.renew({ peer, source, body: 'code' in peer ? '' : await readBody(request) });
    },
  ],
]);

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
  const peer = request.url === '/session' ? identify(socket as TLSSocket, parts, 'open a session') : noSuchPath;
  if ('workload' in peer) {
    // Those of known hosts do not count: their number is that of the hosts.
    server.maxConnections++;
    socket.once('close', () => server.maxConnections--);
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      parts.session(webSocket, peer, reachedAt(request.socket)),
    );
    return;
  }
  parts.refusals.note(peer, { source: request.socket.remoteAddress ?? 'local' });
  const body = JSON.stringify(peer);
  const headers = `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${headers}\r\nconnection: close\r\n\r\n${body}`);
}

const noSuchPath: Refusal = { code: 'not-found', message: 'Cannot find this: only /session is upgraded' };
