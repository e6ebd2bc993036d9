import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { routerBatch } from './address-plan.ts';
import { guestsOf, startGuest } from './guests.ts';
import { compileCache, makeJumpKey, prepareHost, unitLog } from './host-folder.ts';
import { type Output, type RunningHost, runOnHost, startHost, startUnit, unitProcesses } from './host-process.ts';
import type { Guest, Host } from './lab-file.ts';
import { LogReader } from './log-reader.ts';
import { estateFolder, type Site } from './site.ts';
import { type EdgeTraffic, TrafficCount } from './traffic-count.ts';
import { type Unit, unitsOf } from './units.ts';

const run = promisify(execFile);
const readySeconds = 60;

export type Say = (progress: string) => void;

/** The running hosts of one lab with their guests and what was counted about their traffic. Lives in the router's namespace. */
export class Estate {
  readonly site: Site;
  readonly #units: ReadonlyMap<string, readonly Unit[]>;
  readonly #running = new Map<string, RunningHost>();
  readonly #guests = new Map<string, RunningHost>();
  readonly #logs = new LogReader();
  readonly #traffic: TrafficCount;

  constructor(site: Site) {
    this.site = site;
    this.#units = new Map(site.lab.hosts.map((host) => [host.name, unitsOf(site.lab, host)]));
    this.#traffic = new TrafficCount(site.lab);
  }

  /** Namespaces, links and routes of every host, then the daemons; returns when each of them answers. */
  async start(say: Say): Promise<void> {
    mkdirSync(compileCache(this.site), { mode: 0o700 });
    await makeJumpKey(this.site);
    await Promise.all(this.site.lab.hosts.map((host) => this.#startHost(host)));
    await this.#connectHosts();
    say(`${this.#running.size} hosts are connected`);
    await Promise.all(
      this.site.lab.hosts.flatMap((host) => this.unitsAt(host, 'daemon').map((unit) => this.#serve(host, unit))),
    );
    say('every daemon answers');
    const guests = guestsOf(this.site.lab.hosts);
    await Promise.all(guests.map(({ host, guest }) => this.#startGuest(host, guest)));
    if (guests.length > 0) say(`${guests.length} guests answer`);
  }

  async #startGuest(host: Host, guest: Guest): Promise<void> {
    const running = this.#running.get(host.name);
    if (running !== undefined) this.#guests.set(guest.name, await startGuest(this.site, running, guest));
  }

  startTraffic(): void {
    for (const host of this.site.lab.hosts) {
      for (const unit of this.unitsAt(host, 'traffic')) this.#startUnit(host, unit);
    }
    setInterval(() => this.traffic(), 2000).unref();
  }

  unitsAt(host: Host, start: 'daemon' | 'traffic'): Unit[] {
    return (this.#units.get(host.name) ?? []).filter((unit) => unit.start === start);
  }

  runningHost(name: string): RunningHost | null {
    return this.#running.get(name) ?? this.#guests.get(name) ?? null;
  }

  traffic(): EdgeTraffic[] {
    this.#traffic.take(this.#logs.read());
    return this.#traffic.edges();
  }

  resetTraffic(): void {
    this.traffic();
    this.#traffic.reset();
  }

  /** Runs a job to its end; null when no host has a job of that name. */
  async trigger(job: string): Promise<(Output & { readonly host: string }) | null> {
    for (const [name, running] of this.#running) {
      const unit = this.#units.get(name)?.find(({ start }) => typeof start === 'object' && start.job === job);
      if (unit === undefined) continue;
      const output = await runOnHost(this.site, running, { ...unit, unit: unit.name }, 30);
      this.#traffic.take(output.stdout);
      return { host: name, ...output };
    }
    return null;
  }

  async #startHost(host: Host): Promise<void> {
    await prepareHost(this.site, host, this.#units.get(host.name) ?? []);
    this.#running.set(host.name, await startHost(this.site, host));
  }

  async #connectHosts(): Promise<void> {
    const pids = new Map([...this.#running].map(([name, { pid }]) => [name, pid]));
    writeFileSync(`${estateFolder(this.site)}/network`, routerBatch(this.site.lab, pids));
    await run('ip', ['-batch', `${estateFolder(this.site)}/network`]);
    await Promise.all([...this.#running.values()].map((host) => host.configureNetwork()));
  }

  async #serve(host: Host, unit: Unit): Promise<void> {
    const running = this.#running.get(host.name);
    if (unit.prepare !== null && running !== undefined) {
      const command = { ...unit, unit: unit.name, command: ['sh', '-ec', unit.prepare] };
      const done = await runOnHost(this.site, running, command, readySeconds);
      if (done.code !== 0) throw new Error(`Cannot prepare ${unit.name} on ${host.name}: ${done.stderr.trim()}`);
    }
    this.#startUnit(host, unit);
    if (unit.port !== null) await this.#untilAnswers(host, unit, unit.port);
  }

  #startUnit(host: Host, unit: Unit): void {
    const running = this.#running.get(host.name);
    if (running === undefined) return;
    startUnit(this.site, running, { ...unit, unit: unit.name });
    this.#logs.watch(unitLog(this.site, host, unit.name));
  }

  async #untilAnswers(host: Host, unit: Unit, port: number): Promise<void> {
    const began = Date.now();
    while (!(await answers(host.v4, port)) || !(await answers(host.v6, port))) {
      const seconds = (Date.now() - began) / 1000;
      const ended = seconds > 2 && unitProcesses(this.site, host, unit.name).length === 0;
      if (ended || seconds > readySeconds) {
        const log = readFileSync(unitLog(this.site, host, unit.name), 'utf8').slice(-1000);
        const state = ended ? 'it has ended' : 'it runs';
        throw new Error(`Cannot start ${unit.name} on ${host.name}: port ${port} does not answer, ${state}\n${log}`);
      }
      await delay(50);
    }
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const finish = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', finish(true)).once('error', finish(false)).once('timeout', finish(false));
  });
}
