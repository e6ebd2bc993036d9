import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Problem } from '@bulkhead/model/problem.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { controllerMessageLimit, decodeControllerMessage, encodeAgentMessage } from '@bulkhead/wire/control.ts';
import type { AgentMessage, ControllerMessage, Reach } from '@bulkhead/wire/messages.ts';
import { WebSocket } from 'ws';
import { backoff } from './backoff.ts';
import { trusting } from './controller-trust.ts';
import type { Identity } from './identity.ts';
import type { Log } from './log.ts';

const handshakeTimeout = 10_000;
/** Without an answer to a ping for a whole interval the connection is dead, whatever TCP thinks. */
const pingInterval = 10_000;
/** Bytes waiting in the socket; above it flow batches stay in the spool. */
const sendBufferLimit = 4 * 1024 * 1024;

/** What a session tells its owner; `message` is awaited by nobody, order is kept by the owner's own queue. */
export type SessionEvents = {
  readonly opened: () => void;
  readonly message: (message: ControllerMessage) => void;
  readonly unreadable: (problem: Problem) => void;
  readonly closed: (why: string) => void;
};

export type SessionParts = {
  readonly identity: Identity;
  readonly events: SessionEvents;
  readonly log: Log;
  readonly random: () => number;
};

/** One connection to the controller at a time, for ever: opened again after every end, later each time it fails. */
export class Session {
  readonly #parts: SessionParts;
  #identity: Identity;
  #socket: WebSocket | null = null;
  #ticket: Buffer | undefined;
  #remote: Reach | null = null;
  #failures = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#identity = parts.identity;
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Where the controller of this session is, as seen from here. */
  get controller(): Reach | null {
    return this.connected ? this.#remote : null;
  }

  /** False: not sent, and the caller keeps it. */
  send(message: AgentMessage): boolean {
    if (!this.connected) return false;
    this.#socket?.send(encodeAgentMessage(message));
    return true;
  }

  sendBatch(bytes: Uint8Array): boolean {
    if (!this.connected || (this.#socket?.bufferedAmount ?? 0) > sendBufferLimit) return false;
    this.#socket?.send(bytes, { binary: true });
    return true;
  }

  open(): void {
    const { events } = this.#parts;
    const identity = this.#identity;
    const { host, port } = identity.controller;
    const socket = new WebSocket(`wss://${host.includes(':') ? `[${host}]` : host}:${port}/session`, {
      ...trusting(identity.authority),
      key: identity.key,
      cert: identity.certificate,
      ...(this.#ticket === undefined ? {} : { session: this.#ticket }),
      maxPayload: controllerMessageLimit,
      perMessageDeflate: false,
      handshakeTimeout,
    });
    this.#socket = socket;
    let why = 'closed by the controller';
    let tls: TLSSocket | null = null;
    const stopPinging = this.#ping(socket);
    socket.on('upgrade', (response) => {
      tls = response.socket as TLSSocket;
      this.#remote = remoteOf(tls);
    });
    socket.on('open', () => events.opened());
    socket.on('message', (data, isBinary) => {
      // TLS 1.3 sends tickets after the handshake, so only now one is sure to be there.
      // One of another identity would open the next session as that one.
      if (identity === this.#identity) this.#ticket = tls?.getSession() ?? this.#ticket;
      this.#receive(data, isBinary);
    });
    socket.on('unexpected-response', (_request, response) => {
      readRefusal(response, (text) => {
        why = `refused with ${response.statusCode}${text}`;
        socket.terminate();
      });
    });
    socket.on('error', (error) => {
      if (!why.startsWith('refused')) why = error.message;
    });
    socket.on('close', () => {
      stopPinging();
      events.closed(why);
      if (identity === this.#identity) this.#openLater(why);
      else if (!this.#stopped) this.open();
    });
  }

  /** Goes on as somebody else: what is open ends, and another session is opened at once. */
  become(identity: Identity): void {
    this.#identity = identity;
    this.#ticket = undefined;
    this.#failures = 0;
    if (this.#stopped || this.#socket === null) return;
    if (this.#socket.readyState === WebSocket.CLOSED) {
      clearTimeout(this.#timer);
      this.open();
    } else this.#socket.terminate();
  }

  /** The controller accepted us: the next failure is the first again. */
  welcomed(): void {
    this.#failures = 0;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  #receive(data: unknown, isBinary: boolean): void {
    const { events } = this.#parts;
    const decoded = decodeControllerMessage(isBinary ? '' : String(data));
    if (decoded.kind === 'decoded') events.message(decoded.value);
    else events.unreadable(decoded.problem);
  }

  #ping(socket: WebSocket): () => void {
    let answered = true;
    socket.on('pong', () => {
      answered = true;
    });
    const timer = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (!answered) return socket.terminate();
      answered = false;
      socket.ping();
    }, pingInterval);
    return () => clearInterval(timer);
  }

  #openLater(why: string): void {
    if (this.#stopped) return;
    // A ticket that the other side no longer takes must not stand in the way for ever.
    if (this.#failures > 0) this.#ticket = undefined;
    const wait = backoff(this.#failures, this.#parts.random);
    this.#failures++;
    this.#parts.log('warn', 'No session with the controller', { why, retryMilliseconds: Math.round(wait) });
    this.#timer = setTimeout(() => this.open(), wait);
  }
}

function remoteOf({ remoteAddress = '', remotePort: port }: TLSSocket): Reach | null {
  const address = parseAddress(remoteAddress);
  return address === null || port === undefined ? null : { address, port };
}

/** What the controller says about a session it does not open, cut short. */
function readRefusal(response: IncomingMessage, done: (text: string) => void): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (piece: string) => {
    text = (text + piece).slice(0, 500);
  });
  response.on('close', () => done(text === '' ? '' : `: ${text}`));
}
