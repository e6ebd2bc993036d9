import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect as connectSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { compareAddresses } from '@bulkhead/model/host-ruleset-invariants.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { decodeControllerMessage, encodeAgentMessage } from '@bulkhead/wire/control.ts';
import { encodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import {
  type AgentMessage,
  type ControllerMessage,
  type Held,
  type ProbeCell,
  type ProbeOrder,
  type ProbeOutcome,
  probing,
  type RulesetDelta,
  wireVersion,
} from '@bulkhead/wire/messages.ts';
import { firstPrevious, type ProofStatement, type SignedStatement, statementText } from '@bulkhead/wire/proof.ts';
import { WebSocket } from 'ws';
import { clientKey } from './client-key.ts';

export type Credentials = {
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
  readonly workload: string;
};

/** What an agent does with a ruleset it is sent. `silent` takes it and says nothing, `fails` says it did not load. */
export type Manner = 'applies' | 'silent' | 'fails';

type Answered = { readonly status: number; readonly body: Record<string, string> };
type Asked = { readonly path: '/enrol' | '/renew'; readonly body: string; readonly client?: Partial<Credentials> };

/** POST with whatever body and client certificate, over the socket of the file system. */
function post(socketPath: string, { path, body, client = {} }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { key, certificate } = client;
    const own = { ...(key && { key }), ...(certificate && { cert: certificate }) };
    const createConnection = () => connectTls({ socket: connectSocket(socketPath), rejectUnauthorized: false, ...own });
    const call = request({ method: 'POST', path, createConnection }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

export const postEnrol = (socketPath: string, body: string): Promise<Answered> =>
  post(socketPath, { path: '/enrol', body });

export const postRenew = (socketPath: string, body: string, client: Partial<Credentials>): Promise<Answered> =>
  post(socketPath, { path: '/renew', body, client });

export async function enrolWith(socketPath: string, pairingKey: string, hostname: string): Promise<Credentials> {
  const { key, csr } = await clientKey(hostname);
  const { status, body } = await postEnrol(socketPath, JSON.stringify({ pairingKey, csr, hostname }));
  if (status !== 200) throw new Error(`enrolment answered ${status} ${JSON.stringify(body)}`);
  const { certificate = '', authority = '', workload = '' } = body;
  return { key, certificate, authority, workload };
}

/** An agent without a kernel: it speaks the protocol, keeps what it holds, and remembers everything it was told. */
export class FakeAgent {
  readonly credentials: Credentials;
  readonly received: ControllerMessage[] = [];
  manner: Manner = 'applies';
  /** What comes of cells it is asked to try; null: it is from before there were probes. */
  tries: ((cell: ProbeCell) => ProbeOutcome) | null = null;
  held: HostRuleset | null = null;
  /** What it says it does beyond the oldest agents; with `forwarded traffic` it enforces for guests. */
  covers: readonly string[] = [];
  /** What it holds for guests, and which it was last told that there are. */
  readonly guests = new Map<string, HostRuleset>();
  told: readonly string[] | null = null;
  acknowledged = 0;
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly #path: string;
  #socket: WebSocket | null = null;
  #sequence = 0;
  #proofs = { sequence: 0, previous: firstPrevious };

  constructor(socketPath: string, credentials: Credentials) {
    this.#path = socketPath;
    this.credentials = credentials;
  }

  /** Resolves once the connection is open; rejects when the controller does not want it. */
  async open(credentials: Partial<Credentials> = this.credentials): Promise<void> {
    this.closed = null;
    const { key, certificate } = credentials;
    const socket = new WebSocket('wss://controller/session', {
      createConnection: () =>
        connectTls({
          socket: connectSocket(this.#path),
          rejectUnauthorized: false,
          ...(key && { key }),
          ...(certificate && { cert: certificate }),
        }),
    });
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => reject(new Error(`refused ${response.statusCode}`)));
      socket.on('error', reject);
    });
  }

  /** Opens, says hello and reports its addresses. */
  async connect(addresses: readonly string[] = []): Promise<void> {
    await this.open();
    this.hello();
    if (addresses.length > 0) this.inventory(addresses);
  }

  hello(change: { readonly agent?: string; readonly wire?: number; readonly held?: Held | null } = {}): void {
    const held = change.held === undefined ? this.#holds() : change.held;
    const { agent = this.credentials.workload, wire = wireVersion } = change;
    const covers = this.tries === null ? this.covers : [...this.covers, probing];
    const guests = [...this.guests].map(([workload, ruleset]) => ({ workload, held: holds(ruleset) }));
    const more = this.covers.length === 0 ? {} : { guests };
    const said = { level: 'no process', absent: ['everything'], ...(covers.length > 0 && { covers }) } as const;
    this.say({ kind: 'hello', wire, agent, held, ...more, capabilities: said });
  }

  inventory(addresses: readonly string[]): void {
    const listed = addresses.map((address) => ({ interface: 'eth0', address }));
    const hostname = this.credentials.workload;
    this.say({
      kind: 'inventory',
      inventory: { hostname, kernel: 'k', system: 's', addresses: listed, listeners: [] },
    });
  }

  /** Sends one batch under the next number, or the given one. */
  batch(reports: readonly ConnectionReport[], sequence = ++this.#sequence): void {
    this.#sequence = Math.max(this.#sequence, sequence);
    this.raw(encodeFlowBatch({ sequence, reports }));
  }

  say(message: AgentMessage): void {
    this.raw(encodeAgentMessage(message));
  }

  raw(frame: string | Uint8Array): void {
    this.#socket?.send(frame);
  }

  /** Says what it read back, on top of what it said before. */
  prove(change: Partial<ProofStatement> = {}): SignedStatement {
    const signed = this.statement(change);
    this.#proofs = {
      sequence: this.#proofs.sequence + 1,
      previous: createHash('sha256').update(signed.text).digest('hex'),
    };
    this.say({ kind: 'proof', proof: signed });
    return signed;
  }

  statement(change: Partial<ProofStatement> = {}): SignedStatement {
    const { workload, certificate, key } = this.credentials;
    const { generation = 0, hash = '0'.repeat(64), revision = 0, version = 0 } = this.held ?? {};
    const text = statementText({
      ...{ format: 1, host: workload, workload, boot: 'b', sequence: this.#proofs.sequence + 1, at: Date.now() },
      previous: this.#proofs.previous,
      certificate: new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase(),
      ...{ generation, hash, revision, version, applied: Date.now(), outcome: 'holds', reason: null },
      ...{ depth: 'everything', slice: { first: 0, count: 1, of: 1 }, turn: 0, epoch: 3, whole: Date.now() },
      ...{ restored: 0, probes: [] },
      ...change,
    });
    return { text, signature: sign('sha256', Buffer.from(text), createPrivateKey(key)).toString('base64') };
  }

  /** Cuts the connection as a crash would. */
  cut(): void {
    this.#socket?.terminate();
  }

  rulesets(): ControllerMessage[] {
    return this.received.filter(({ kind }) => kind === 'ruleset' || kind === 'delta');
  }

  refusal(): string | null {
    const refused = this.received.findLast((message) => message.kind === 'refused');
    return refused?.code ?? null;
  }

  #receive(text: string): void {
    const decoded = decodeControllerMessage(text);
    if (decoded.kind === 'refused') throw new Error(decoded.problem.message);
    const message = decoded.value;
    this.received.push(message);
    if (message.kind === 'welcome') this.#sequence = Math.max(this.#sequence, message.acknowledged);
    if (message.kind === 'ack') this.acknowledged = message.sequence;
    if (message.kind === 'guests') this.#keepGuests(message.workloads);
    if (message.kind === 'ruleset') this.#apply(message.ruleset);
    if (message.kind === 'delta') this.#applyDelta(message.delta, message.workload ?? this.credentials.workload);
    if (message.kind === 'probe') this.#try(message.probe);
  }

  #try({ id, cells }: ProbeOrder): void {
    const results = cells.map((cell) => {
      return { ...cell, outcome: this.tries?.(cell) ?? 'skipped', rule: null, milliseconds: 1 } as const;
    });
    if (this.manner === 'applies') this.say({ kind: 'probed', probed: { id, results } });
  }

  #keepGuests(workloads: readonly string[]): void {
    this.told = workloads;
    for (const name of this.guests.keys()) if (!workloads.includes(name)) this.guests.delete(name);
  }

  #applyDelta(delta: RulesetDelta, workload: string): void {
    const { base, addresses } = delta;
    const before = this.#heldFor(workload);
    const exact = before !== null && JSON.stringify(base) === JSON.stringify(holds(before));
    if (before === null || !exact) {
      this.hello();
      return;
    }
    const removed = new Set(addresses.removed.map(({ address }) => address));
    const peers = [...before.content.addresses.filter(({ address }) => !removed.has(address)), ...addresses.added];
    const content: HostRulesetContent = {
      ...before.content,
      addresses: peers.sort((a, b) => compareAddresses(a.address, b.address)),
    };
    const { generation, revision, hash, version } = delta;
    if (contentHash(content) !== hash) throw new Error('The delta does not lead to the hash it says');
    this.#apply({ ...before, content, generation, revision, hash, version });
  }

  #apply(ruleset: HostRuleset): void {
    const { workload } = ruleset;
    const before = this.#heldFor(workload);
    const older = before !== null && ruleset.generation <= before.generation;
    const isOwn = workload === this.credentials.workload;
    if (!isOwn && this.told?.includes(workload) !== true) throw new Error(`It was not told of guest ${workload}`);
    if (!older && this.manner !== 'fails') {
      if (isOwn) this.held = ruleset;
      else this.guests.set(workload, ruleset);
    }
    if (this.manner === 'silent') return;
    const { generation = 0, hash = '0'.repeat(64) } = this.#heldFor(workload) ?? {};
    const problem = this.manner === 'fails' ? 'it did not load' : older ? 'it is not above what is held' : null;
    const applied = { generation, hash, proven: this.manner !== 'fails', problem, milliseconds: 1 };
    this.say({ kind: 'applied', ...(!isOwn && { workload }), applied });
  }

  #heldFor(workload: string): HostRuleset | null {
    return workload === this.credentials.workload ? this.held : (this.guests.get(workload) ?? null);
  }

  #holds(): Held | null {
    return this.held === null ? null : holds(this.held);
  }
}

const holds = ({ generation, hash, revision }: HostRuleset): Held => ({ generation, hash, revision });
