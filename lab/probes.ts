import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { addressOf } from './address-plan.ts';
import type { Estate } from './estate.ts';
import { forgetSession, type RunningHost, runOnHost, session, spawnOnHost } from './host-process.ts';
import type { Site } from './site.ts';

export type Target = { readonly to: string; readonly address: string; readonly service: string };
/** `open`: answered; `closed`: refused; `filtered`: silence, or unreachable. */
export type Finding = Target & {
  readonly state: 'open' | 'closed' | 'filtered';
  readonly detail: string;
  readonly milliseconds: number;
};

const scannedPorts = [22, 25, 53, 80, 443, 3306, 5432, 6379, 8080, 9100];
const sidewaysPorts = [22, 5432, 6379];
const node = '/opt/shop/node';

/** Tries every target from inside a host, at most a second each. */
export async function probe(site: Site, from: RunningHost, targets: readonly Target[]): Promise<Finding[]> {
  const command = session([node, '/opt/shop/app/probe.ts', JSON.stringify(targets)]);
  const output = await runOnHost(site, from, command, 30 + targets.length);
  if (output.code !== 0) throw new Error(`Cannot probe from ${from.host.name}: ${output.stderr.trim()}`);
  const lines = output.stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Finding);
}

/** `scan`: the usual ports of every other host; `sideways`: databases, caches and SSH. Both over IPv4 and IPv6. */
export function attackTargets(site: Site, from: string, kind: 'scan' | 'sideways'): Target[] {
  const others = site.lab.hosts.filter((host) => host.name !== from);
  const ports = kind === 'scan' ? scannedPorts : sidewaysPorts;
  return others.flatMap((host) =>
    ports.flatMap((port) => [host.v4, host.v6].map((address) => ({ to: host.name, address, service: `tcp/${port}` }))),
  );
}

type Held = { readonly process: ChildProcess; readonly lines: AsyncIterator<string>; readonly title: string };
export type HoldState = {
  readonly id: number;
  readonly title: string;
  readonly flows: boolean;
  readonly detail?: string;
};

const holdLimit = 100;

/** Connections that stay open until they are let go, so that a test can see whether an established one is cut. */
export class Holds {
  readonly #estate: Estate;
  readonly #held = new Map<number, Held>();
  #last = 0;

  constructor(estate: Estate) {
    this.#estate = estate;
  }

  async open(running: RunningHost, to: string, service: string, family: 4 | 6): Promise<HoldState> {
    if (this.#held.size >= holdLimit) throw new Error(`Cannot hold another connection: ${holdLimit} are held`);
    const { site } = this.#estate;
    const address = addressOf(site.lab, to, family);
    const command = session([node, '/opt/shop/app/hold.ts', address, service.split('/')[1] ?? '']);
    const child = spawnOnHost(site, running, command, ['pipe', 'pipe', 'ignore']);
    if (child.stdout === null) throw new Error('Cannot hold a connection: no output');
    const id = ++this.#last;
    child.once('close', () => forgetSession(site, running.host, command.unit));
    child.stdin?.on('error', () => {});
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const held = { process: child, lines, title: `${running.host.name} -> ${to} ${service}` };
    this.#held.set(id, held);
    return this.#answer(id, held);
  }

  async check(id: number): Promise<HoldState | null> {
    const held = this.#held.get(id);
    if (held === undefined) return null;
    held.process.stdin?.write('check\n');
    return this.#answer(id, held);
  }

  close(id: number): boolean {
    const held = this.#held.get(id);
    held?.process.stdin?.end();
    return this.#held.delete(id);
  }

  async #answer(id: number, held: Held): Promise<HoldState> {
    const line = (await held.lines.next()).value;
    const state = line === undefined ? { flows: false, detail: 'ended' } : (JSON.parse(line) as { flows: boolean });
    return { id, title: held.title, ...state };
  }
}
