import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, type checks, product, type Ran, type Running, start, until } from '../scenario.ts';
import { type State, tryOut } from './endpoint.ts';
import { type AgentOptions, agentsPort, controllerAddress, Host } from './host.ts';

export type HostRow = {
  readonly name: string;
  readonly connected: boolean;
  readonly proven: boolean;
  readonly version: number | null;
  readonly restored: number | null;
  readonly spooledBatches: number | null;
  readonly generation: { readonly intended: number; readonly applied: number | null; readonly proven: number | null };
  readonly capabilities: { readonly absent: readonly string[] } | null;
  readonly problems: readonly string[];
};

/** From whom to whom and where: `client-1 server-1 80`. `world` is an address that no rule names. */
export type Line = `${string} ${string} ${number}`;

export const enforced = '{kind: Mode, selector: "", inbound: enforce, outbound: enforce}\n';
/** Clients reach servers at some TCP ports, and nothing else is allowed. */
export const policy = (...allowed: readonly number[]): string => `${enforced}---
kind: Ruleset
name: shop
rules:
${allowed.map((port) => `  - {name: at-${port}, allow: [tcp/${port}], from: role=client, to: role=server}`).join('\n')}
`;

/** Milliseconds without an answer after which a connection counts as silent: everything is on one machine. */
const slow = 700;

type Opening = {
  readonly agents?: Readonly<Record<string, AgentOptions>>;
  /** Of the controller, and of agents that are not special. */
  readonly env?: NodeJS.ProcessEnv;
};

/** A few hosts with real agents and a real controller, on one cable; this process is in the controller's network. */
export class Estate {
  readonly folder = mkdtempSync(join(tmpdir(), 'bulkhead-bad-day-'));
  readonly online = ['--data', join(this.folder, 'controller')];
  readonly #hosts = new Map<string, Host>();
  readonly #report: ReturnType<typeof checks>;
  #controller: Running | null = null;
  #drafts = 0;

  constructor(report: ReturnType<typeof checks>) {
    this.#report = report;
    execFileSync('sh', [
      '-c',
      `ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
       ip link add world type bridge; ip addr add ${controllerAddress}/24 dev world; ip link set world up`,
    ]);
  }

  get controllerPid(): number {
    return this.#controller?.process.pid ?? 0;
  }

  async startController(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const listen = ['--listen', '127.0.0.1:8443', '--listen-agents', `${controllerAddress}:${agentsPort}`];
    const log = join(this.folder, 'controller.log');
    this.#controller = start(['up', ...this.online, ...listen], log, { ...process.env, ...env });
    await until('the controller answers', async () =>
      (await product(['status', ...this.online])).code === 0 ? true : null,
    );
  }

  async killController(): Promise<void> {
    const child = this.#controller?.process;
    child?.kill('SIGKILL');
    await until('the controller to end', async () => (child?.signalCode !== null ? true : null));
  }

  /** `names`: role and number, as in `client-1`. */
  async addHosts(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const host = new Host({ name, number: this.#hosts.size + 1, folder: this.folder });
      this.#hosts.set(name, host);
      await host.build();
      await host.plugIn();
    }
  }

  /** Builds everything and brings a policy into force; `agents`: what is special about some. */
  async open(names: readonly string[], text: string, { agents = {}, env = {} }: Opening = {}): Promise<void> {
    await this.startController(env);
    await this.addHosts(...names);
    for (const name of names) await this.enrol(name, agents[name] ?? { env });
    await this.allProven();
    await this.provision(text);
    await this.allProven();
  }

  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`There is no host ${name}`);
    return host;
  }

  async enrol(name: string, options: AgentOptions = {}, ...more: readonly string[]): Promise<void> {
    const role = name.replace(/-.*/, '');
    const asked = ['pairing-key', 'create', '--name', name, '--label', `role=${role}`, ...more, ...this.online];
    const { key } = await answer<{ key: string }>(asked);
    const where = ['--controller', `https://${controllerAddress}:${agentsPort}`, '--pairing-key', key];
    this.host(name).startAgent({ ...options, words: [...(options.words ?? []), ...where] });
  }

  row(name: string): Promise<HostRow> {
    return answer<HostRow>(['hosts', name, ...this.online]);
  }

  async allProven(names: readonly string[] = [...this.#hosts.keys()], seconds = 90): Promise<void> {
    let rows: readonly HostRow[] = [];
    await until(
      `${names.join(', ')} to be proven`,
      async () => {
        rows = (await answer<HostRow[]>(['hosts', ...this.online])).filter(({ name }) => names.includes(name));
        return rows.length === names.length && rows.every((row) => row.connected && row.proven) ? true : null;
      },
      { seconds, seen: () => rows },
    );
  }

  /** Waits until a host says something among its problems. */
  async says(name: string, what: RegExp, seconds = 60): Promise<string> {
    let seen: readonly string[] = [];
    return until(
      `${name} to say ${what}`,
      async () => {
        seen = (await this.row(name)).problems;
        return seen.find((text) => what.test(text)) ?? null;
      },
      { seconds, seen: () => seen },
    );
  }

  async provision(text: string): Promise<void> {
    const ran = await this.provisionRan(text, 90);
    if (ran.code !== 0) throw new Error(`The policy was not provisioned: ${ran.stdout}${ran.stderr}`);
  }

  /** Waits for hosts for so many seconds. */
  async provisionRan(text: string, seconds: number): Promise<Ran> {
    const policies = join(this.folder, 'policy');
    mkdirSync(policies, { recursive: true });
    writeFileSync(join(policies, 'policy.yaml'), text);
    const draft = `day-${++this.#drafts}`;
    await answer(['draft', 'put', draft, policies, ...this.online]);
    const words = ['provision', draft, '--yes', '--timeout', String(seconds), '--json', ...this.online];
    return product(words, { seconds: seconds + 60 });
  }

  async connect(line: Line): Promise<State> {
    const [from = '', to = '', port = ''] = line.split(' ');
    const place = { to: this.host(to).address, port: Number(port) };
    return from === 'world' ? tryOut(place, slow) : this.host(from).connect(place, slow);
  }

  /** Each line with packets of its own. */
  async expect(when: string, state: State, ...lines: readonly Line[]): Promise<void> {
    for (const line of lines) {
      const found = await this.connect(line);
      this.#report.check(`${when}: ${line} is ${state}`, found === state, found);
    }
  }

  async close(): Promise<void> {
    for (const host of this.#hosts.values()) await host.destroy();
    this.#controller?.process.kill('SIGKILL');
    if (process.env.BULKHEAD_KEEP === undefined) rmSync(this.folder, { recursive: true, force: true });
    else this.#report.say(`kept ${this.folder}`);
  }
}
