import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bulkhead, until } from '../scenario.ts';
import type { Answer, Order, Place, State } from './endpoint.ts';

/** Where the estate is: the controller's address, and the first three numbers of every host's. */
export const [controllerAddress, agentsPort, network] = ['10.9.0.254', 8444, '10.9.0'];
export const ports = [22, 80, 443, 5432];
const endpointFile = fileURLToPath(new URL('endpoint.ts', import.meta.url));

export type HostOptions = { readonly name: string; readonly number: number; readonly folder: string };
export type AgentOptions = {
  /** Added to the environment of the agent. */
  readonly env?: NodeJS.ProcessEnv;
  /** Instead of the product's own launcher. */
  readonly launcher?: readonly string[];
  readonly words?: readonly string[];
};

/** A host: a network namespace, a folder for its agent, and a process that makes and takes connections. */
export class Host {
  readonly name: string;
  readonly address: string;
  readonly data: string;
  readonly log: string;
  readonly #cable: string;
  /** A host keeps its card through a boot. */
  readonly #card: string;
  #holder: ChildProcess | null = null;
  #endpoint: Endpoint | null = null;
  #agent: ChildProcess | null = null;

  constructor({ name, number, folder }: HostOptions) {
    this.name = name;
    this.address = `${network}.${number}`;
    this.data = join(folder, name);
    this.log = join(folder, `${name}.log`);
    this.#cable = `to-${name}`;
    this.#card = `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;
    mkdirSync(this.data);
  }

  /** Its kernel's part of it begins, with no rules and no cable. */
  async build(): Promise<void> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    this.#holder = holder;
    this.inside('ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6');
  }

  async plugIn(): Promise<void> {
    const cable = this.#cable;
    execFileSync('sh', [
      '-c',
      `ip link add ${cable} type veth peer name eth0 address ${this.#card} netns ${this.#holder?.pid}; ip link set ${cable} master world up`,
    ]);
    this.inside(`ip addr add ${this.address}/24 dev eth0; ip link set eth0 up`);
    this.#endpoint = new Endpoint(this.#enter);
    await this.#endpoint.ready;
  }

  cable(state: 'up' | 'down'): void {
    execFileSync('ip', ['link', 'set', this.#cable, state]);
  }

  /** Everything that its kernel held goes, at once. What is on its disk stays. */
  async destroy(): Promise<void> {
    this.killAgent();
    await this.#endpoint?.end();
    spawnSync('ip', ['link', 'del', this.#cable]);
    if (this.#holder !== null) await endedBy(this.#holder);
    this.#holder = null;
  }

  loseDisk(): void {
    rmSync(this.data, { recursive: true });
    mkdirSync(this.data);
  }

  inside(command: string): string {
    const words = [...this.#enter.slice(1), 'sh', '-c', command];
    return execFileSync('nsenter', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  startAgent({ env = {}, launcher = [bulkhead, 'agent'], words = [] }: AgentOptions = {}): ChildProcess {
    const output = openSync(this.log, 'a', 0o600);
    const command = ['--pdeathsig', 'KILL', ...this.#enter, ...launcher, '--data', this.data, ...words];
    const stdio: ['ignore', number, number] = ['ignore', output, output];
    this.#agent = spawn('setpriv', command, { stdio, env: { ...process.env, ...env } });
    closeSync(output);
    return this.#agent;
  }

  /** `agent --once`: what a boot does before there is a network. */
  boot(): { readonly code: number | null; readonly text: string } {
    const words = [...this.#enter.slice(1), bulkhead, 'agent', '--once', '--data', this.data];
    const { status, stdout, stderr } = spawnSync('nsenter', words, { encoding: 'utf8' });
    return { code: status, text: stdout + stderr };
  }

  killAgent(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' = 'SIGKILL'): void {
    this.#agent?.kill(signal);
  }

  async agentEnded(): Promise<void> {
    const agent = this.#agent;
    await until(`the agent of ${this.name} to end`, async () =>
      agent === null || agent.exitCode !== null || agent.signalCode !== null ? true : null,
    );
  }

  get agentLog(): string {
    return readFileSync(this.log, 'utf8');
  }

  connect(place: Place, milliseconds: number): Promise<State> {
    return this.#order({ op: 'connect', milliseconds, ...place }) as Promise<State>;
  }
  hold(name: string, count: number, place: Place): Promise<number> {
    return this.#order({ op: 'hold', name, count, ...place }) as Promise<number>;
  }
  /** How many of the held connections carry something there and back. */
  flow(name: string, milliseconds = 2000): Promise<number> {
    return this.#order({ op: 'flow', name, milliseconds }) as Promise<number>;
  }
  release(name: string): Promise<unknown> {
    return this.#order({ op: 'close', name });
  }

  /** What the kernel says it holds; null: nothing of ours. */
  get generation(): number | null {
    const found = /\bg=(\d+) /.exec(this.inside('nft list chain inet bulkhead held 2>/dev/null || true'))?.[1];
    return found === undefined ? null : Number(found);
  }

  #order(order: Order): Promise<State | number> {
    if (this.#endpoint === null) throw new Error(`${this.name} is not plugged in`);
    return this.#endpoint.order(order);
  }

  get #enter(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.#holder?.pid}/ns/net`];
  }
}

/** By the end of its input. */
async function endedBy(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

class Endpoint {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (value: State | number) => void>();
  readonly ready: Promise<void>;
  #count = 0;

  constructor(enter: readonly string[]) {
    const [program = '', ...words] = [...enter, process.execPath, endpointFile, ...ports.map(String)];
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('The endpoint has no output');
    const lines = createInterface({ input: stdout });
    this.ready = once(lines, 'line').then(() => {});
    lines.on('line', (line) => {
      if (line === 'ready') return;
      const { number, value } = JSON.parse(line) as Answer;
      this.#waiting.get(number)?.(value);
      this.#waiting.delete(number);
    });
  }

  order(order: Order): Promise<State | number> {
    const number = ++this.#count;
    this.#child.stdin?.write(`${JSON.stringify({ number, order })}\n`);
    return new Promise((resolve) => this.#waiting.set(number, resolve));
  }

  async end(): Promise<void> {
    await endedBy(this.#child);
  }
}
