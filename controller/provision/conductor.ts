import type { Problem } from '@bulkhead/model/problem.ts';
import type { Logger } from 'pino';
import type { Hosts } from '../agents/hosts.ts';
import type { Estate } from '../estate/estate.ts';
import type { Events } from '../events.ts';
import { paced } from '../paced.ts';
import { serial } from '../serial.ts';
import type { Store, Stores } from '../store/open-store.ts';
import type { HostProgress, ProvisionRecord } from '../store/provisions.ts';
import type { NewVersion, VersionRecord } from '../store/versions.ts';
import { type Deliveries, type Target, trialSeconds } from './deliveries.ts';
import { type Compiled, type CompiledHost, HostCompiler } from './host-compiler.ts';
import type { Meaning } from './meaning.ts';
import { planProvision, type Step } from './plan.ts';
import { widen } from './widen.ts';

export type ConductorParts = {
  readonly store: Store;
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  readonly events: Events;
  readonly log: Logger;
  readonly clock: () => number;
  /** What a version means now: its text and labels over the estate as it is. */
  readonly meaning: (version: Pick<VersionRecord, 'files' | 'labels'>) => Meaning;
};

/** How long a step waits for hosts that are connected and do not answer; milliseconds. */
const answerTimeout = 5000;
/** What takes something away is tried out by the host before it answers. */
const triedTimeout = answerTimeout + trialSeconds * 1000;
/**
 * Estate changes that come together are compiled together. Then three times what that took belongs to others, so that
 * hosts that enrol one after the other share a few compilations instead of waiting for one each; a new host waits for
 * its first ruleset no longer than the longest rest.
 */
const settleMilliseconds = 15;
const restAfter = (worked: number): number => Math.min(3 * worked, longestRest);
const longestRest = 3000;
const retryMilliseconds = 30_000;
/** setTimeout's limit; a later expiry is looked at again then. */
const timerLimit = 2 ** 31 - 1;

/**
 * Everything that changes what hosts enforce goes through here, one after the other: the estate changed, a version is
 * provisioned, a rule expired. What is enforced depends on the active version and the estate alone, so after a crash
 * it is simply worked out again.
 */
export class Conductor {
  readonly #parts: ConductorParts;
  readonly #queue = serial();
  #current: VersionRecord;
  /** The version that hosts are brought to; behind `#current` while earlier work is still going on. */
  #active: VersionRecord;
  /** Follows `#active` and the estate; made when there is something to compile for the first time. */
  #compiler: HostCompiler | null = null;
  /** A version whose provisioning broke off, as on a full disk. */
  #unfinished: VersionRecord | null = null;
  /** Workloads that changed since the compiler was told. */
  #touched = new Set<string>();
  #problems: ReadonlyMap<string, Problem> = new Map();
  /** Soon, together with whatever else changes until then. */
  readonly #convergeSoon: () => void;
  #expiry: NodeJS.Timeout | undefined;
  #retries: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ConductorParts, current: VersionRecord) {
    this.#parts = parts;
    this.#current = current;
    this.#active = current;
    this.#convergeSoon = paced((begin) => this.#convergeInTurn(begin), {
      settle: settleMilliseconds,
      rest: restAfter,
      now: () => performance.now(),
    });
  }

  get current(): VersionRecord {
    return this.#current;
  }

  /** Why a host could not be compiled; it keeps what it has. */
  problem(workload: string): Problem | null {
    return this.#problems.get(workload) ?? null;
  }

  /** Goes on with what a crash interrupted, else brings every host to the current version. */
  async start(): Promise<void> {
    const { store, estate } = this.#parts;
    estate.onChange(({ workload }) => {
      this.#touched.add(workload);
      this.converge();
    });
    this.#retries = setInterval(() => this.#retry(), retryMilliseconds);
    const unfinished = await store.provisions.unfinished();
    for (const record of unfinished.filter(({ version }) => version !== this.#current.number)) {
      await store.provisions.put({ ...record, state: 'incomplete' });
    }
    if (!unfinished.some(({ version }) => version === this.#current.number)) {
      await this.#queue(() => this.#converge());
      return;
    }
    this.#parts.log.info({ version: this.#current.number }, 'going on with an interrupted provisioning');
    // Without this the steps would find nobody to wait for.
    void this.#queue(() => this.#untilConnected(answerTimeout));
    this.#begin(this.#current);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#expiry);
    clearInterval(this.#retries);
    await this.#queue(async () => {});
  }

  converge(): void {
    if (!this.#stopped) this.#convergeSoon();
  }

  async #convergeInTurn(begin: () => void): Promise<void> {
    const run = this.#queue(() => {
      begin();
      return this.#stopped ? Promise.resolve() : this.#converge();
    });
    await run.catch((error: unknown) => this.#parts.log.error(error, 'cannot converge'));
  }

  /** Stores the version; hosts follow in the background (see `provisions`). `also` is stored in the same transaction. */
  async provision(
    version: NewVersion,
    also: (stores: Stores, added: VersionRecord) => Promise<void>,
  ): Promise<VersionRecord> {
    const added = await this.#parts.store.transaction(async (stores) => {
      const stored = await stores.versions.add(version);
      await stores.provisions.put(newRecord(stored.number, this.#parts.clock()));
      await also(stores, stored);
      return stored;
    });
    this.#current = added;
    this.#parts.events.emit('version', { version: added.number, by: added.createdBy });
    this.#begin(added);
    return added;
  }

  #begin(version: VersionRecord): void {
    const run = this.#queue(() => this.#provision(version));
    run.then(
      () => {
        this.#unfinished = null;
      },
      (error: unknown) => {
        this.#unfinished = version;
        this.#parts.log.error(error, `cannot finish provisioning version ${version.number}`);
      },
    );
  }

  async #untilConnected(milliseconds: number): Promise<void> {
    const managed = this.#parts.estate.workloads().filter((workload) => workload.managed);
    const deadline = Date.now() + milliseconds;
    while (Date.now() < deadline && !this.#stopped) {
      if (managed.every(({ name }) => this.#parts.hosts.link(name) !== null)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What could not be stored, as on a full disk, is still to be done; hosts that failed may be able to now. */
  #retry(): void {
    this.#parts.deliveries.retry();
    const unfinished = this.#unfinished;
    this.#unfinished = null;
    if (unfinished?.number === this.#current.number) this.#begin(unfinished);
    else if (this.#compiler?.isSettled === false) this.converge();
  }

  async #converge(): Promise<void> {
    const compiler = this.#follow();
    const { hosts } = this.#take(compiler);
    await this.#parts.deliveries.aim(targets(hosts, this.#active.number));
    compiler.settle();
  }

  async #provision(version: VersionRecord): Promise<void> {
    const { deliveries, estate, hosts } = this.#parts;
    this.#active = version;
    estate.assign(version.labels);
    const compiler = this.#change(version);
    const final = this.#take(compiler).hosts;
    const widened = new Map([...final].map(([name, host]) => [name, widen(deliveries.content(name), host)]));
    const plan = planProvision(
      [...final].map(([workload, { hash }]) => ({
        workload,
        connected: hosts.link(workload) !== null,
        sent: deliveries.meant(workload).hash,
        widened: widened.get(workload)?.hash ?? hash,
        final: hash,
      })),
    );
    const progress = await this.#progressOf(version);
    const before = new Set(progress.keys());
    for (const step of plan) {
      const aims = targets(step.phase === 'widen' ? widened : final, version.number);
      await this.#step(step, aims, { version, progress });
    }
    compiler.settle();
    for (const step of plan) for (const workload of step.workloads) before.delete(workload);
    await this.#askAgain(before, progress);
    await this.#finish(version, progress);
  }

  /** What is known of it from before it broke off. */
  async #progressOf({ number }: VersionRecord): Promise<Progress> {
    const record = await this.#parts.store.provisions.get(number);
    return new Map((record?.hosts ?? []).map((host) => [host.workload, host]));
  }

  /** Hosts that were sent theirs before it broke off, and of whose answers nobody took note. */
  async #askAgain(workloads: Iterable<string>, progress: Progress): Promise<void> {
    const waiting = [...workloads]
      .flatMap((name) => progress.get(name) ?? [])
      .filter(({ state }) => state !== 'applied');
    await Promise.all(
      waiting.map(async (host) => {
        const { state, problem } = await this.#parts.deliveries.answered(host.workload, answerTimeout);
        progress.set(host.workload, { ...host, state, problem, at: this.#parts.clock() });
      }),
    );
  }

  async #step(
    step: Step,
    all: readonly Target[],
    { version, progress }: { readonly version: VersionRecord; readonly progress: Progress },
  ): Promise<void> {
    const { deliveries, clock } = this.#parts;
    const named = new Set(step.workloads);
    await deliveries.aim(all.filter((target) => named.has(target.workload)));
    const note = (workload: string, state: HostProgress['state'], problem: string | null) => {
      const { generation } = deliveries.meant(workload);
      const entry = { workload, phase: step.phase, state, generation, problem, at: clock() } as const;
      progress.set(workload, entry);
      this.#parts.events.emit('provision', { version: version.number, ...entry });
    };
    for (const workload of step.workloads) note(workload, 'sent', null);
    await this.#store(version, 'running', progress);
    await Promise.all(
      step.workloads.map(async (workload) => {
        const timeout = step.phase === 'narrow' ? triedTimeout : answerTimeout;
        const { state, problem } = await deliveries.answered(workload, timeout);
        note(workload, state, problem);
      }),
    );
    await this.#store(version, 'running', progress);
  }

  async #finish(version: VersionRecord, progress: Progress): Promise<void> {
    const open = [...progress.values()].some(({ state }) => state === 'failed' || state === 'timeout');
    const state = open ? 'incomplete' : 'done';
    await this.#store(version, state, progress);
    this.#parts.events.emit('provision', { version: version.number, state });
  }

  async #store(version: VersionRecord, state: ProvisionRecord['state'], progress: Progress) {
    const { store, clock } = this.#parts;
    const started = (await store.provisions.get(version.number)) ?? newRecord(version.number, clock());
    const finishedAt = state === 'running' ? null : clock();
    await store.provisions.put({ ...started, state, finishedAt, hosts: [...progress.values()] });
  }

  /** The compiler of the active version, told of the estate and the time. */
  #follow(): HostCompiler {
    const { meaning, estate, clock } = this.#parts;
    const touched = this.#touched;
    this.#touched = new Set();
    if (this.#compiler === null) this.#compiler = new HostCompiler(meaning(this.#active));
    else this.#compiler.moveWorkloads(new Map([...touched].map((name) => [name, estate.document(name)])), clock());
    return this.#compiler;
  }

  /** The compiler, told of another version. */
  #change(version: VersionRecord): HostCompiler {
    const meaning = this.#parts.meaning(version);
    this.#touched = new Set();
    if (this.#compiler === null) this.#compiler = new HostCompiler(meaning);
    else this.#compiler.move(meaning);
    return this.#compiler;
  }

  #take(compiler: HostCompiler): Compiled {
    const compiled = compiler.take();
    this.#problems = compiled.problems;
    if (compiler.policyProblems.length > 0) {
      const told = { version: this.#active.number, problems: compiler.policyProblems };
      this.#parts.log.error(told, 'cannot build the policy');
    }
    for (const problem of compiled.problems.values()) this.#parts.log.error(problem.message);
    this.#expire(compiler.nextExpiry);
    return compiled;
  }

  #expire(at: number | null): void {
    clearTimeout(this.#expiry);
    if (at === null || this.#stopped) return;
    const wait = Math.min(Math.max(at - this.#parts.clock(), 0) + 1, timerLimit);
    this.#expiry = setTimeout(() => this.converge(), wait);
  }
}

type Progress = Map<string, HostProgress>;

const targets = (hosts: ReadonlyMap<string, CompiledHost>, version: number): Target[] =>
  [...hosts].map(([workload, compiled]) => ({ workload, version, ...compiled }));

const newRecord = (version: number, startedAt: number): ProvisionRecord => ({
  version,
  state: 'running',
  startedAt,
  finishedAt: null,
  hosts: [],
});
