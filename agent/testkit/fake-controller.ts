import { createPublicKey, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  decodeAgentMessage,
  decodeEnrolRequest,
  decodeRenewRequest,
  encodeControllerMessage,
} from '@bulkhead/wire/control.ts';
import { decodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import type { AgentMessage, ControllerMessage, FlowBatch } from '@bulkhead/wire/messages.ts';
import { formatPairingKey } from '@bulkhead/wire/pairing-key.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import { fingerprintOf } from '../controller-trust.ts';
import { certify, controllerUri, type TestKeys } from './certificates.ts';

const webUri = 'spiffe://bulkhead/workload/web-1';

export type FakeOptions = {
  /** The URI in the server's certificate. */
  readonly uri?: string;
  readonly enrolStatus?: number;
  readonly enrolBody?: string;
  readonly renewStatus?: number;
  readonly renewBody?: string;
  /** So many renewals are answered by cutting the connection, after the certificate was issued. */
  readonly lostRenewals?: number;
  /** What renewed certificates say of their end; absent: 2049. */
  readonly renewedUntil?: number;
  /** Sessions are answered with this status and body instead of an upgrade. */
  readonly refuseSession?: { readonly status: number; readonly body: string };
  readonly welcome?: { readonly workload: string; readonly acknowledged: number };
  /** What the second and later sessions are told to be acknowledged. */
  readonly acknowledgedLater?: number;
};

type Validity = { readonly from?: number; readonly until?: number | undefined };

/** A controller that does as it is told, on a port of its own, and remembers what agents said. */
export class FakeController {
  readonly authority: TestKeys;
  readonly messages: AgentMessage[] = [];
  readonly batches: FlowBatch[] = [];
  readonly enrolments: string[] = [];
  /** The serial numbers of the certificates that were shown for a renewal; null: none that is good. */
  readonly renewals: (string | null)[] = [];
  /** What it says it takes beside the messages of the first version. */
  takes: readonly string[] = ['proof'];
  sessions = 0;
  resumed = 0;
  /** What the client certificate of the last session says. */
  peer: string | undefined;
  peerSerial: string | undefined;
  /** The certificate for a key that is renewed. */
  renewWith = (key: KeyObject): string =>
    this.certify('web-1', webUri, key, { until: this.#options.renewedUntil }).certificate;
  readonly #options: FakeOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #waiting: (() => void)[] = [];
  #socket: WebSocket | null = null;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    this.authority = certify({ name: 'authority', uri: null, issuer: null });
    const server = this.certify('controller', options.uri ?? controllerUri);
    this.#server = createServer(
      {
        key: server.key,
        cert: server.certificate + this.authority.certificate,
        ca: this.authority.certificate,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.3',
      },
      (request, response) => {
        let body = '';
        request.on('data', (piece) => {
          body += piece;
        });
        request.on('end', () => {
          if (request.url === '/renew') this.#answerRenewal(request.socket as TLSSocket, body, response);
          else {
            this.enrolments.push(body);
            response.writeHead(options.enrolStatus ?? 200).end(options.enrolBody ?? this.#enrol(body));
          }
          this.wake();
        });
      },
    );
    this.#server.on('tlsClientError', () => {});
    this.#server.on('upgrade', (request, socket, head) => {
      const refusal = options.refuseSession;
      if (refusal !== undefined) {
        socket.end(`HTTP/1.1 ${refusal.status} No\r\ncontent-length: ${refusal.body.length}\r\n\r\n${refusal.body}`);
        return;
      }
      const tls = socket as TLSSocket;
      if (tls.isSessionReused()) this.resumed++;
      this.peer = tls.authorized ? tls.getPeerX509Certificate()?.subjectAltName : undefined;
      this.peerSerial = tls.authorized ? tls.getPeerX509Certificate()?.serialNumber : undefined;
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#serve(opened));
    });
  }

  async listen(host = '127.0.0.1'): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, host, resolve));
    return this;
  }

  get endpoint(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  get pairing(): { readonly id: string; readonly secret: string; readonly fingerprint: string } {
    return { id: 'key-1', secret: 's'.repeat(32), fingerprint: fingerprintOf(this.authority.der) };
  }
  get pairingText(): string {
    return formatPairingKey(this.pairing);
  }

  certify(name: string, uri: string, publicKey?: KeyObject, valid: Validity = {}): TestKeys {
    const issuer = { name: 'authority', key: this.authority.object };
    return certify({ name, uri, issuer, ...valid, ...(publicKey === undefined ? {} : { publicKey }) });
  }

  send(message: ControllerMessage): void {
    this.#socket?.send(encodeControllerMessage(message));
  }
  sendText(text: string): void {
    this.#socket?.send(text);
  }
  drop(): void {
    this.#socket?.terminate();
  }

  said<K extends AgentMessage['kind']>(kind: K): Extract<AgentMessage, { kind: K }>[] {
    return this.messages.filter((m): m is Extract<AgentMessage, { kind: K }> => m.kind === kind);
  }

  /** Resolves when it holds; looked at after everything an agent does. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #serve(socket: WebSocket): void {
    this.#socket = socket;
    this.sessions++;
    const { welcome = { workload: 'web-1', acknowledged: 0 }, acknowledgedLater: later } = this.#options;
    socket.on('message', (data: Buffer, binary) => {
      if (binary) {
        const batch = decodeFlowBatch(data);
        if (batch.kind === 'decoded') this.batches.push(batch.value);
      } else {
        const message = decodeAgentMessage(data.toString('utf8'));
        if (message.kind === 'refused') throw new Error(message.problem.message);
        this.messages.push(message.value);
        const isFirst = message.value.kind === 'hello' && this.#socket === socket && !this.#greeted.has(socket);
        if (isFirst) {
          this.#greeted.add(socket);
          const acknowledged = this.sessions > 1 ? (later ?? welcome.acknowledged) : welcome.acknowledged;
          this.send({ kind: 'welcome', workload: welcome.workload, acknowledged, takes: this.takes });
        }
      }
      this.wake();
    });
    socket.on('close', () => this.wake());
    this.wake();
  }

  readonly #greeted = new WeakSet<WebSocket>();

  #enrol(body: string): string {
    const request = decodeEnrolRequest(body);
    if (request.kind === 'refused') return '{}';
    const { certificate } = this.certify('web-1', webUri, publicKeyOf(request.value.csr));
    return JSON.stringify({ certificate, authority: this.authority.certificate, workload: 'web-1' });
  }

  #answerRenewal(socket: TLSSocket, body: string, response: ServerResponse): void {
    const { renewStatus = 200, renewBody, lostRenewals = 0 } = this.#options;
    this.renewals.push(socket.authorized ? (socket.getPeerX509Certificate()?.serialNumber ?? null) : null);
    const request = decodeRenewRequest(body);
    if (request.kind === 'refused') throw new Error(request.problem.message);
    const certificate = this.renewWith(publicKeyOf(request.value.csr));
    if (this.renewals.length <= lostRenewals) socket.destroy();
    else {
      const answer = JSON.stringify({ certificate, authority: this.authority.certificate });
      response.writeHead(renewStatus).end(renewBody ?? answer);
    }
  }

  /** Something happened that a test may wait for. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A P-256 key in a request is always the same 91 bytes long and starts the same. */
function publicKeyOf(csr: string): KeyObject {
  const der = Buffer.from(csr.split('\n').slice(1, -2).join(''), 'base64');
  const start = der.indexOf(Buffer.from('3059301306072a8648ce3d0201', 'hex'));
  return createPublicKey({ key: der.subarray(start, start + 91), format: 'der', type: 'spki' });
}
