import { decodeAgentMessage, encodeControllerMessage } from '@bulkhead/wire/control.ts';
import { decodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import { type AgentMessage, type Reach, wireVersion } from '@bulkhead/wire/messages.ts';
import type { WebSocket } from 'ws';
import { type AgentLink, contested, type Hosts } from './hosts.ts';
import type { Ingest } from './ingest.ts';
import type { Refusal } from './refusals.ts';

export type Hello = Extract<AgentMessage, { readonly kind: 'hello' }>;

/** What the rest of the controller does with what agents say; a refusal ends the session. */
export type SessionHandlers = {
  readonly hello: (link: AgentLink, said: Hello) => Promise<Refusal | null>;
  /** `certificate`: what the session was opened with, in PEM. */
  readonly message: (
    link: AgentLink,
    message: Exclude<AgentMessage, { kind: 'hello' }>,
    certificate: string,
  ) => Promise<Refusal | null>;
};

export type SessionParts = {
  readonly hosts: Hosts;
  readonly ingest: Pick<Ingest, 'begin' | 'add'>;
  readonly handlers: SessionHandlers;
  /** What it was opened with, in PEM. */
  readonly certificate: string;
  /** Why the certificate it began with is good no more: revoked, replaced, or past its end; null: it is good. */
  readonly unfit: () => Refusal | null;
  readonly reachedAt?: Reach | null;
  readonly refused: (refusal: Refusal, workload: string) => void;
  readonly broken: (error: Error, workload: string) => void;
};

/** Batches of one agent that wait for the disk; then its socket is no longer read. */
const pendingLimit = 8;
/** A disk that fails now will fail again at once: how long before the agent is told to come back and try. */
const failurePause = 5000;
/** Bytes an agent may leave unread before it counts as gone. */
const unreadLimit = 96 * 1024 * 1024;
const pingMilliseconds = 10_000;
/** How long a session may last without a hello. */
const helloMilliseconds = 10_000;

/** One agent's connection, from its hello to its end. Frames are handled in the order they came. */
export class AgentSession {
  readonly #socket: WebSocket;
  readonly #parts: SessionParts;
  readonly #link: AgentLink;
  #greeted = false;
  /** Told to go: a peer that does not close would otherwise go on for as long as closing may take. */
  #ended = false;
  #alive = true;
  #failing = false;
  #deadline: NodeJS.Timeout | undefined;
  #pending = 0;
  #frames: Promise<void> = Promise.resolve();
  #acknowledgements: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, workload: string, parts: SessionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#link = {
      workload,
      held: null,
      send: (message) => this.#send(encodeControllerMessage(message)),
      close: (code, message) => this.#end({ code, message }),
      ...(parts.reachedAt && { reachedAt: parts.reachedAt }),
    };
  }

  run(): void {
    const pings = setInterval(() => this.#ping(), pingMilliseconds);
    this.#deadline = setTimeout(() => this.#refuse(noHello), helloMilliseconds);
    this.#socket.on('message', (data: Buffer, binary: boolean) => this.#receive(data, binary));
    this.#socket.on('pong', () => this.#heard());
    this.#socket.on('error', (error) => this.#parts.broken(error, this.#link.workload));
    this.#socket.on('close', () => {
      clearInterval(pings);
      clearTimeout(this.#deadline);
      this.#parts.hosts.disconnect(this.#link);
    });
  }

  #receive(data: Buffer, binary: boolean): void {
    this.#heard();
    this.#hold(1);
    this.#frames = this.#frames.then(() => this.#take(data, binary)).catch((error: unknown) => this.#fail(error));
  }

  async #take(data: Buffer, binary: boolean): Promise<void> {
    if (this.#ended) this.#hold(-1);
    else if (binary) this.#batch(data);
    else await this.#control(data.toString('utf8'));
  }

  async #control(frame: string): Promise<void> {
    const message = decodeAgentMessage(frame);
    const refusal = message.kind === 'refused' ? message.problem : await this.#handle(message.value);
    this.#hold(-1);
    if (refusal !== null) this.#refuse(refusal);
  }

  async #handle(message: AgentMessage): Promise<Refusal | null> {
    if (message.kind === 'hello') return this.#hello(message);
    if (this.#greeted) return this.#parts.handlers.message(this.#link, message, this.#parts.certificate);
    return notGreeted;
  }

  /** Also a later one: the agent could not use a delta and says what it holds instead. */
  async #hello(message: Hello): Promise<Refusal | null> {
    const { hosts, ingest, handlers, unfit } = this.#parts;
    const { workload } = this.#link;
    const refusal = refuseHello(message, workload) ?? unfit();
    if (refusal !== null) return refusal;
    clearTimeout(this.#deadline);
    this.#link.held = message.held;
    if (!this.#greeted) {
      const acknowledged = await ingest.begin(workload);
      // What was so before a slow disk answered need not be so any more.
      if (this.#ended || this.#socket.readyState !== this.#socket.OPEN) return null;
      const refusedNow = unfit();
      if (refusedNow !== null) return refusedNow;
      // Without a working history the session goes on: rulesets matter more than reports.
      const durable = typeof acknowledged === 'number' ? acknowledged : 0;
      this.#link.send({ kind: 'welcome', workload, acknowledged: durable, takes: ['proof'] });
      this.#greeted = true;
      hosts.connect(this.#link);
      if (hosts.isContested(workload)) this.#parts.refused(contested(workload), workload);
    }
    hosts.note(workload, { capabilities: message.capabilities });
    return handlers.hello(this.#link, message);
  }

  /** The next frame is read while this one waits for the disk; acknowledgements still go out in order. */
  #batch(data: Buffer): void {
    const batch = decodeFlowBatch(data);
    const refusal = batch.kind === 'refused' ? batch.problem : this.#greeted ? null : notGreeted;
    if (refusal !== null || batch.kind === 'refused') {
      this.#hold(-1);
      this.#refuse(refusal ?? notGreeted);
      return;
    }
    const stored = this.#parts.ingest.add(this.#link.workload, batch.value);
    this.#acknowledgements = this.#acknowledgements
      .then(() => stored)
      .then((failure) => {
        this.#hold(-1);
        if (failure === null) this.#link.send({ kind: 'ack', sequence: batch.value.sequence });
        else this.#refuseLater(failure);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #hold(change: 1 | -1): void {
    this.#pending += change;
    if (this.#pending >= pendingLimit) this.#socket.pause();
    else if (this.#socket.isPaused) this.#socket.resume();
  }

  #heard(): void {
    this.#alive = true;
    if (this.#greeted && !this.#ended) this.#parts.hosts.seen(this.#link.workload);
  }

  #ping(): void {
    const refusal = this.#ended ? null : this.#parts.unfit();
    if (refusal !== null) {
      this.#refuse(refusal);
      return;
    }
    // A socket that we stopped reading cannot answer: it is our doing, not the agent's.
    if (!this.#alive && !this.#socket.isPaused) this.#socket.terminate();
    else this.#socket.ping();
    this.#alive = false;
  }

  #send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > unreadLimit) this.#socket.terminate();
    else this.#socket.send(text);
  }

  #refuse(refusal: Refusal): void {
    this.#parts.refused(refusal, this.#link.workload);
    this.#end(refusal);
  }

  /** Its reports stay with the agent; until it comes back it still gets rulesets. */
  #refuseLater(refusal: Refusal): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#parts.refused(refusal, this.#link.workload);
    setTimeout(() => this.#end(refusal), failurePause).unref();
  }

  #end({ code, message }: Refusal): void {
    this.#ended = true;
    this.#send(encodeControllerMessage({ kind: 'refused', code, message }));
    this.#socket.close(1008, code.slice(0, 100));
    this.#parts.hosts.disconnect(this.#link);
  }

  #fail(error: unknown): void {
    this.#ended = true;
    this.#parts.broken(error instanceof Error ? error : new Error(String(error)), this.#link.workload);
    this.#socket.close(1011, 'internal');
    this.#parts.hosts.disconnect(this.#link);
  }
}

const notGreeted: Refusal = { code: 'hello-first', message: 'Cannot take a message: none was expected before hello' };

const noHello: Refusal = {
  code: 'hello-missing',
  message: `Cannot keep this session: no hello came within ${helloMilliseconds / 1000} s`,
};

function refuseHello(message: { readonly wire: number; readonly agent: string }, workload: string): Refusal | null {
  if (message.wire !== wireVersion) {
    const text = `Cannot speak wire version ${message.wire}: this controller speaks ${wireVersion}, the same is needed`;
    return { code: 'wire-version', message: text };
  }
  if (message.agent === workload) return null;
  const text = `Cannot speak for "${message.agent.slice(0, 80)}": the certificate is that of "${workload}"`;
  return { code: 'foreign-workload', message: text };
}
