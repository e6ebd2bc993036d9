import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { defaultLiveMode } from '@bulkhead/model/words.ts';
import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';
import type { ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';
import {
  type Applied,
  type Capabilities,
  type ChangeTerms,
  type ControllerMessage,
  type Health,
  type Trial,
  wireVersion,
} from '@bulkhead/wire/messages.ts';
import { BatchSender } from './batch-sender.ts';
import { heldOf } from './changes.ts';
import type { Enforcement, Result } from './enforcement.ts';
import type { Identity } from './identity.ts';
import { takeInventory } from './inventory.ts';
import type { LiveConnections } from './live-connections.ts';
import type { Log } from './log.ts';
import type { Problems } from './problems.ts';
import { Session } from './session.ts';
import type { Spool } from './spool.ts';
import type { TrialRun } from './trials.ts';

export type LinkParts = {
  readonly identity: Identity;
  readonly enforcement: Enforcement;
  readonly connections: Pick<LiveConnections, 'changed'>;
  readonly spool: Spool;
  readonly problems: Problems;
  readonly log: Log;
  readonly random: () => number;
  readonly files: FileTree;
  readonly listeners: () => ListenerTable;
  readonly health: () => Health;
  /** Connected, or what is held: something that others on this host may wait for is another than before. */
  readonly changed: () => void;
};

/** What this step of the product does not do yet is named, not left to be found out. */
const capabilities: Capabilities = {
  level: 'no process',
  absent: ['process of outbound connections', 'process rules', 'forwarded traffic', 'byte volumes'],
};
const nothing = '0'.repeat(64);

/** The conversation with the controller: what it says is done, what this host has to say is said. */
export class Link {
  readonly #parts: LinkParts;
  readonly #session: Session;
  readonly #batches: BatchSender;
  #welcomed = false;
  #inventory = '';
  /** What this session was told last about the kernel. */
  #proof = '';
  #milliseconds = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#session = new Session({
      identity: parts.identity,
      log: parts.log,
      random: parts.random,
      events: {
        opened: () => this.#hello(),
        message: (message) => void this.#receive(message),
        unreadable: (problem) => void this.#unreadable(problem),
        closed: (why) => this.#closed(why),
      },
    });
    this.#batches = new BatchSender(this.#session, parts.spool);
  }

  get workload(): string {
    return this.#parts.identity.workload;
  }
  /** The controller knows us and has said so in this session. */
  get welcomed(): boolean {
    return this.#welcomed;
  }

  open(): void {
    this.#session.open();
  }

  /** The same workload with a renewed certificate. */
  renewed(identity: Identity): void {
    this.#session.become(identity);
  }

  stop(): void {
    this.#session.stop();
  }

  sendBatches(): void {
    this.#batches.send();
  }

  sendHealth(): void {
    if (this.#welcomed) this.#session.send({ kind: 'health', health: this.#parts.health() });
  }

  /** Only when it is another than the last one sent in this session. */
  sendInventory(): void {
    if (!this.#session.connected) return;
    const inventory = takeInventory(this.#parts.files, this.#parts.listeners());
    const text = JSON.stringify(inventory);
    if (text !== this.#inventory && this.#session.send({ kind: 'inventory', inventory })) this.#inventory = text;
  }

  #hello(): void {
    const { held } = this.#parts.enforcement;
    this.#inventory = '';
    this.#proof = '';
    this.#sayHello(held);
    this.sendInventory();
  }

  #sayHello(held: HostRuleset | null): void {
    this.#session.send({
      kind: 'hello',
      wire: wireVersion,
      agent: this.workload,
      held: held === null ? null : heldOf(held),
      capabilities,
    });
  }

  async #receive(message: ControllerMessage): Promise<void> {
    const { enforcement, problems, log } = this.#parts;
    switch (message.kind) {
      case 'welcome':
        return this.#welcome(message);
      case 'ruleset':
        return this.#applied(
          await enforcement.replace(this.workload, message.ruleset, this.#trialOf(message)),
          message,
        );
      case 'delta':
        return this.#applied(await enforcement.amend(this.workload, message.delta, this.#trialOf(message)), message);
      case 'ack':
        return this.#batches.acknowledge(message.sequence);
      case 'refused':
        problems.set('refused', `The controller refused: ${message.message}`);
        log('error', message.message, { code: message.code });
    }
  }

  #trialOf({ trial }: { readonly trial?: Trial | null }): TrialRun | null {
    return trial === undefined || trial === null ? null : { ...trial, controller: this.#session.controller };
  }

  #welcome({ workload, acknowledged }: Extract<ControllerMessage, { kind: 'welcome' }>): void {
    const { log, problems, changed } = this.#parts;
    if (workload !== this.workload) {
      problems.set(
        'refused',
        `Cannot go on: the controller takes this host for "${workload}", enrolled is "${this.workload}"`,
      );
      return;
    }
    problems.clear('refused');
    log('info', 'In session with the controller', { workload, acknowledged });
    this.#welcomed = true;
    this.#session.welcomed();
    this.#batches.begin(acknowledged);
    this.sendHealth();
    changed();
  }

  /** Whether the kernel still holds what was answered for; said when it is another than was said last. */
  sendProof(): void {
    const { held, proven, busy } = this.#parts.enforcement;
    if (!this.#welcomed || held === null || busy) return;
    const { generation, hash } = held;
    const text = JSON.stringify({ generation, hash, proven });
    if (text === this.#proof) return;
    const problem = proven ? null : `The kernel is not proven to hold generation ${generation}`;
    const applied: Applied = { generation, hash, proven, problem, milliseconds: this.#milliseconds };
    if (this.#session.send({ kind: 'applied', applied })) this.#proof = text;
  }

  /** Answered for first: what becomes of connections takes its time and changes nothing of what is held. */
  async #applied(result: Result, { live = defaultLiveMode }: ChangeTerms): Promise<void> {
    this.#answer(result);
    if (result.kind === 'applied' && result.held !== null) await this.#parts.connections.changed(result.held, live);
  }

  /** A refused change is answered with what is held; one on another base also with a hello, which asks for the whole. */
  #answer(result: Result): void {
    const { held, proven, problem, milliseconds } = result;
    const done = result.kind === 'applied';
    const applied: Applied = {
      generation: held?.generation ?? 0,
      hash: held?.hash ?? nothing,
      proven,
      problem: problem?.slice(0, 2000) ?? null,
      milliseconds,
    };
    if (result.kind === 'again') this.#sayHello(held);
    else if (this.#session.send({ kind: 'applied', applied })) {
      const { generation, hash } = applied;
      this.#proof = JSON.stringify({ generation, hash, proven });
      this.#milliseconds = milliseconds;
    }
    if (done) this.#parts.log('info', `Holding generation ${applied.generation}`, { milliseconds, proven });
    this.#parts.changed();
  }

  async #unreadable(problem: Problem): Promise<void> {
    this.#parts.log('error', problem.message, { code: problem.code });
    this.#answer(await this.#parts.enforcement.decline(problem.message));
  }

  #closed(why: string): void {
    const { problems } = this.#parts;
    if (why.startsWith('refused')) {
      problems.set('refused', `Cannot open a session as "${this.workload}": the controller ${why}`);
    }
    this.#welcomed = false;
    this.#batches.end();
    this.#parts.changed();
  }
}
