import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';
import type { ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';
import {
  type Applied,
  type ChangeTerms,
  type ControllerMessage,
  type Health,
  type LearnedAddresses,
  type Probed,
  type ProbeOrder,
  type Trial,
  wireVersion,
} from '@bulkhead/wire/messages.ts';
import type { SignedStatement } from '@bulkhead/wire/proof.ts';
import { BatchSender } from './batch-sender.ts';
import { capabilitiesOf } from './capabilities.ts';
import { heldOf } from './changes.ts';
import type { Enforcement, Result } from './enforcement.ts';
import type { Guests } from './guests.ts';
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
  readonly guests: Guests;
  readonly connections: Pick<LiveConnections, 'endDenied'>;
  readonly spool: Spool;
  readonly problems: Problems;
  readonly log: Log;
  readonly random: () => number;
  readonly files: FileTree;
  /** What the tool or kernel of this host refuses of what rulesets need. */
  readonly lacks: () => readonly string[];
  readonly listeners: () => ListenerTable;
  /** What this host learned of names; undefined: its rules ask for none. */
  readonly names: () => LearnedAddresses | undefined;
  readonly health: () => Health;
  /** Tries cells with real packets; never throws. */
  readonly probe: (order: ProbeOrder) => Promise<Probed>;
  /** Connected, or what is held: something that others on this host may wait for is another than before. */
  readonly changed: () => void;
};

const nothing = '0'.repeat(64);

/** The conversation with the controller: what it says is done, what this host has to say is said. */
export class Link {
  readonly #parts: LinkParts;
  readonly #session: Session;
  readonly #batches: BatchSender;
  #identity: Identity;
  #takes: readonly string[] = [];
  #welcomed = false;
  /** The last generation whose change asked for it, by workload. */
  readonly #resets = new Map<string, number>();
  #inventory = '';
  #capabilities = '';
  /** What this session was told last about the kernel, of the host and of each guest. */
  readonly #proofs = new Map<string, string>();
  /** How long the last change took, of each. */
  readonly #milliseconds = new Map<string, number>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#identity = parts.identity;
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
    parts.guests.listen((workload, result) => this.#answer(workload, result));
  }

  get workload(): string {
    return this.#parts.identity.workload;
  }
  /** The controller knows us and has said so in this session. */
  get welcomed(): boolean {
    return this.#welcomed;
  }

  get identity(): Identity {
    return this.#identity;
  }

  open(): void {
    this.#session.open();
  }

  /** The same workload with a renewed certificate. */
  renewed(identity: Identity): void {
    this.#identity = identity;
    this.#session.become(identity);
  }

  stop(): void {
    this.#session.stop();
  }

  sendBatches(): void {
    this.#batches.send();
  }

  /** False: not sent, also to a controller that does not take statements. */
  sendStatement(proof: SignedStatement): boolean {
    return this.#welcomed && this.#takes.includes('proof') && this.#session.send({ kind: 'proof', proof });
  }

  sendHealth(): void {
    if (this.#welcomed) this.#session.send({ kind: 'health', health: this.#parts.health() });
  }

  /** Only when it is another than the last one sent in this session. */
  sendInventory(): void {
    if (!this.#session.connected) return;
    const inventory = takeInventory(this.#parts.files, this.#parts.listeners(), this.#parts.names());
    const text = JSON.stringify(inventory);
    if (text !== this.#inventory && this.#session.send({ kind: 'inventory', inventory })) this.#inventory = text;
    if (this.#welcomed && JSON.stringify(this.#capabilitiesNow()) !== this.#capabilities)
      this.#sayHello(this.#parts.enforcement.held);
  }

  #hello(): void {
    const { held } = this.#parts.enforcement;
    this.#inventory = '';
    this.#proofs.clear();
    this.#sayHello(held);
    this.sendInventory();
  }

  #capabilitiesNow() {
    return capabilitiesOf(this.#parts.files, this.#parts.lacks());
  }

  #sayHello(held: HostRuleset | null): void {
    const capabilities = this.#capabilitiesNow();
    this.#capabilities = JSON.stringify(capabilities);
    this.#session.send({
      kind: 'hello',
      wire: wireVersion,
      agent: this.workload,
      held: held === null ? null : heldOf(held),
      guests: this.#parts.guests.held,
      capabilities,
    });
  }

  async #receive(message: ControllerMessage): Promise<void> {
    const { enforcement, guests, problems, log } = this.#parts;
    switch (message.kind) {
      case 'welcome':
        return this.#welcome(message);
      case 'ruleset':
        this.#noteReset(message.ruleset.workload, message.ruleset.generation, message);
        if (guests.isWanted(message.ruleset.workload)) return guests.replace(message.ruleset);
        return this.#answerOwn(await enforcement.replace(this.workload, message.ruleset, this.#trialOf(message)));
      case 'delta':
        this.#noteReset(message.workload ?? this.workload, message.delta.generation, message);
        if (message.workload !== undefined) return guests.amend(message.workload, message.delta);
        return this.#answerOwn(await enforcement.amend(this.workload, message.delta, this.#trialOf(message)));
      case 'guests':
        return guests.keep(message.workloads);
      case 'probe':
        this.#session.send({ kind: 'probed', probed: await this.#parts.probe(message.probe) });
        return;
      case 'ack':
        return this.#batches.acknowledge(message.sequence);
      case 'refused':
        problems.set('refused', `The controller refused: ${message.message}`);
        log('error', message.message, { code: message.code });
    }
  }

  /** Of one that is not applied, the next that is says what it denies. */
  #noteReset(workload: string, generation: number, { live }: ChangeTerms): void {
    if (live === 'reset') this.#resets.set(workload, generation);
  }

  /** Not waited for: it takes its time and changes nothing of what is held. */
  #endDenied(workload: string, held: HostRuleset | null): void {
    const asked = this.#resets.get(workload);
    if (held === null || asked === undefined) return;
    if (held.generation >= asked) this.#resets.delete(workload);
    void this.#parts.connections.endDenied(held);
  }

  #trialOf({ trial }: { readonly trial?: Trial | null }): TrialRun | null {
    return trial === undefined || trial === null ? null : { ...trial, controller: this.#session.controller };
  }

  #welcome({ workload, acknowledged, takes = [] }: Extract<ControllerMessage, { kind: 'welcome' }>): void {
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
    this.#takes = takes;
    this.#session.welcomed();
    this.#batches.begin(acknowledged);
    this.sendHealth();
    // What was answered in an earlier session may not be so any more.
    this.sendProof();
    changed();
  }

  /** Whether the kernel still holds what was answered for; said when it is another than was said last. */
  sendProof(): void {
    const { enforcement, guests } = this.#parts;
    if (!this.#welcomed) return;
    this.#prove(this.workload, enforcement);
    for (const guest of guests.all) this.#prove(guest.workload, guest.enforcement);
  }

  #prove(workload: string, { held, proven, busy }: Enforcement): void {
    if (held === null || busy) return;
    const { generation, hash } = held;
    const text = JSON.stringify({ generation, hash, proven });
    if (text === this.#proofs.get(workload)) return;
    const problem = proven ? null : `The kernel is not proven to hold generation ${generation}`;
    const milliseconds = this.#milliseconds.get(workload) ?? 0;
    if (this.#sendApplied(workload, { generation, hash, proven, problem, milliseconds }))
      this.#proofs.set(workload, text);
  }

  #sendApplied(workload: string, applied: Applied): boolean {
    const whose = workload === this.workload ? {} : { workload };
    return this.#session.send({ kind: 'applied', ...whose, applied });
  }

  #answerOwn(result: Result): void {
    this.#answer(this.workload, result);
  }

  /** A refused change is answered with what is held; one on another base also with a hello, which asks for the whole. */
  #answer(workload: string, result: Result): void {
    const { held, proven, problem, milliseconds } = result;
    const done = result.kind === 'applied';
    const applied: Applied = {
      generation: held?.generation ?? 0,
      hash: held?.hash ?? nothing,
      proven,
      problem: problem?.slice(0, 2000) ?? null,
      milliseconds,
    };
    if (result.kind === 'again') this.#sayHello(this.#parts.enforcement.held);
    else if (this.#sendApplied(workload, applied)) {
      const { generation, hash } = applied;
      this.#proofs.set(workload, JSON.stringify({ generation, hash, proven }));
      this.#milliseconds.set(workload, milliseconds);
    }
    if (done) this.#endDenied(workload, held);
    if (done) this.#parts.log('info', `Holding generation ${applied.generation}`, { workload, milliseconds, proven });
    this.#parts.changed();
  }

  async #unreadable(problem: Problem): Promise<void> {
    this.#parts.log('error', problem.message, { code: problem.code });
    this.#answerOwn(await this.#parts.enforcement.decline(problem.message));
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
