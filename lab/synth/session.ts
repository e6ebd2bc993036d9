import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { decodeControllerMessage, encodeAgentMessage } from '@bulkhead/wire/control.ts';
import { encodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import {
  type AgentMessage,
  type ControllerMessage,
  type Held,
  type Inventory,
  wireVersion,
} from '@bulkhead/wire/messages.ts';
import { WebSocket } from 'ws';
import { type AgentsDoor, type ClientIdentity, doorTimeout } from './agents-door.ts';

/** An enrolled workload without a kernel, over all its sessions. */
export type SynthAgent = {
  readonly name: string;
  readonly identity: ClientIdentity;
  /** The ruleset it was last sent; it says that it applied it, and enforces nothing. */
  held: Held | null;
};

type Waiter = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/** One connection of one agent: what is sent is acknowledged before the next thing is sent. */
export class SynthSession {
  readonly #agent: SynthAgent;
  readonly #socket: WebSocket;
  #sequence = 0;
  /** What the sender waits for: the welcome, then the acknowledgement of the newest batch. */
  #waiter: Waiter | null = null;
  #ended: Error | null = null;

  private constructor(door: AgentsDoor, agent: SynthAgent) {
    this.#agent = agent;
    const createConnection = () => door.connect(agent.identity);
    this.#socket = new WebSocket('wss://controller/session', { createConnection, perMessageDeflate: false });
    this.#socket.on('message', (data, binary) => !binary && this.#receive(String(data)));
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', (code, reason) => this.#end(`it was closed with ${code} ${reason}`));
  }

  /** Resolves once the controller has said welcome. */
  static async open(door: AgentsDoor, agent: SynthAgent): Promise<SynthSession> {
    const session = new SynthSession(door, agent);
    session.#socket.on('open', () => session.#hello());
    await session.#answered();
    return session;
  }

  get open(): boolean {
    return this.#ended === null;
  }

  /** Resolves once the controller has taken it in: an empty batch behind it was acknowledged. */
  inventory(inventory: Inventory): Promise<void> {
    this.#say({ kind: 'inventory', inventory });
    return this.batch([]);
  }

  /** Resolves once the reports are durable. At most `rowLimit` of wire/ at once. */
  batch(reports: readonly ConnectionReport[]): Promise<void> {
    this.#socket.send(encodeFlowBatch({ sequence: ++this.#sequence, reports }));
    return this.#answered();
  }

  close(): void {
    this.#ended ??= new Error('closed');
    this.#socket.close(1000);
  }

  #answered(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.#end(`no answer within ${doorTimeout / 1000} s`), doorTimeout);
      const settle =
        <A extends unknown[]>(then: (...given: A) => void) =>
        (...given: A): void => {
          clearTimeout(late);
          this.#waiter = null;
          then(...given);
        };
      this.#waiter = { resolve: settle(resolve), reject: settle(reject) };
      if (this.#ended !== null) this.#waiter.reject(this.#ended);
    });
  }

  #receive(text: string): void {
    const decoded = decodeControllerMessage(text);
    if (decoded.kind === 'refused') this.#end(decoded.problem.message);
    else this.#take(decoded.value);
  }

  #take(message: ControllerMessage): void {
    switch (message.kind) {
      case 'welcome':
        this.#sequence = message.acknowledged;
        this.#waiter?.resolve();
        return;
      case 'ack':
        if (message.sequence === this.#sequence) this.#waiter?.resolve();
        return;
      case 'ruleset':
        this.#apply(message.ruleset);
        return;
      case 'delta':
        if (JSON.stringify(message.delta.base) === JSON.stringify(this.#agent.held)) this.#apply(message.delta);
        else this.#hello();
        return;
      case 'refused':
        this.#end(`the controller refused it: ${message.code} ${message.message}`);
    }
  }

  #apply({ generation, hash, revision }: Held): void {
    this.#agent.held = { generation, hash, revision };
    this.#say({ kind: 'applied', applied: { generation, hash, proven: true, problem: null, milliseconds: 1 } });
  }

  #hello(): void {
    const { name: agent, held } = this.#agent;
    const capabilities = { level: 'no process', absent: ['a kernel: this host is synthetic'] } as const;
    this.#say({ kind: 'hello', wire: wireVersion, agent, held, capabilities });
  }

  #say(message: AgentMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encodeAgentMessage(message));
  }

  #end(why: string): void {
    this.#ended ??= new Error(`Cannot go on with the session of "${this.#agent.name}": ${why}`);
    this.#waiter?.reject(this.#ended);
    this.#socket.terminate();
  }
}
