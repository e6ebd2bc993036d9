import type { SizeBudget } from '@bulkhead/model/host-ruleset-size.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { defaultLiveMode, type LiveMode } from '@bulkhead/model/words.ts';
import { withMembership } from '@bulkhead/policy/isolation.ts';
import type { Logger } from 'pino';
import type { Hosts } from '../agents/hosts.ts';
import type { Estate } from '../estate/estate.ts';
import type { Events } from '../events.ts';
import { paced } from '../paced.ts';
import { rankedSerial } from '../ranked-serial.ts';
import { type Serial, serial } from '../serial.ts';
import type { Store, Stores } from '../store/open-store.ts';
import type { ProvisionRecord } from '../store/provisions.ts';
import type { NewVersion, VersionRecord } from '../store/versions.ts';
import type { Deliveries } from './deliveries.ts';
import type { FlowWatch } from './flow-watch.ts';
import { type Compiled, type CompiledHost, HostCompiler } from './host-compiler.ts';
import type { Isolations } from './isolations.ts';
import type { Meaning } from './meaning.ts';
import { newProvision, type RollBackReason, rollBack } from './roll-back.ts';
import { Stage } from './stage.ts';
import type { WaveSettings } from './wave-settings.ts';
import { answerTimeout, targetOf, type WaveParts, WaveRun } from './waves.ts';

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
  /** The part of it that is no workload. */
  readonly policy: (version: Pick<VersionRecord, 'files'>) => Meaning['policy'];
  readonly isolations: Isolations;
  /** Absent: no flow is judged while a version is brought to its hosts. */
  readonly flows?: FlowWatch;
  /** What a host may be asked to hold; absent: the default. */
  readonly budget?: SizeBudget;
};

/** `sent` is told of hosts as soon as theirs is on the way. */
export type UrgentOrder = {
  readonly first: ReadonlySet<string>;
  readonly sent: (workloads: readonly string[]) => void;
  /** What becomes of connections that exist and are denied now. */
  readonly live: LiveMode;
};

/** Who goes first of what waits to change hosts. */
const ranks = { isolation: 0, usual: 1 } as const;

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
  readonly #ranked = rankedSerial();
  readonly #queue: Serial = (work) => this.#ranked(work, ranks.usual);
  /** Provisionings, each in its own steps in the queue: between two of them the estate may go on changing. */
  readonly #runs = serial();
  #current: VersionRecord;
  /** The version that hosts are brought to; behind `#current` while earlier work is still going on. */
  #active: VersionRecord;
  /** The last one that all its hosts were brought to: what a version that is taken back gives way to. */
  #settled: VersionRecord;
  /** While hosts are on their way from one version to `#active`. */
  #stage: Stage | null = null;
  /** Follows `#active` and the estate; made when there is something to compile for the first time. */
  #compiler: HostCompiler | null = null;
  /** What the compiler was told of isolations. */
  #laid = -1;
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
    this.#settled = current;
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
    const former = unfinished.find(({ version }) => version === this.#current.number)?.waves?.former;
    this.#settled = (former === undefined ? null : await store.versions.get(former)) ?? this.#current;
    // What the estate does before the steps begin must not bring hosts to the version ahead of their waves.
    this.#stage = new Stage(this.#current, (name) => this.#parts.deliveries.content(name));
    // Without this the steps would find nobody to wait for.
    void this.#runs(() => this.#untilConnected(answerTimeout));
    this.#begin(this.#current);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#expiry);
    clearInterval(this.#retries);
    await this.#runs(async () => {});
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

  /**
   * Stores the version; hosts follow in the background (see `provisions`). `also` is stored in the same transaction.
   * Without waves all hosts get it at once, and it is not taken back.
   */
  async provision(
    version: NewVersion,
    also: (stores: Stores, added: VersionRecord) => Promise<void>,
    { waves = null, live = defaultLiveMode }: { readonly waves?: WaveSettings | null; readonly live?: LiveMode } = {},
  ): Promise<VersionRecord> {
    const added = await this.#parts.store.transaction(async (stores) => {
      const stored = await stores.versions.add(version);
      const told = { settings: waves, live, former: this.#settled.number, startedAt: this.#parts.clock() };
      await stores.provisions.put(newProvision(stored.number, told));
      await also(stores, stored);
      return stored;
    });
    this.#current = added;
    this.#parts.events.emit('version', { version: added.number, by: added.createdBy });
    this.#begin(added);
    return added;
  }

  /**
   * Isolations have changed: hosts follow at once, `first` before all others, ahead of whatever waits. In the middle of a
   * provisioning they get it over what they are at. Answers when everything is sent: why hosts were not.
   */
  async followIsolations(order: UrgentOrder): Promise<ReadonlyMap<string, Problem>> {
    return this.#ranked(() => this.#isolate(order), ranks.isolation);
  }

  async #isolate({ first, sent, live }: UrgentOrder): Promise<ReadonlyMap<string, Problem>> {
    const { deliveries } = this.#parts;
    const compiler = this.#follow();
    this.#rebase();
    const aim = async (hosts: ReadonlyMap<string, CompiledHost>) => {
      const aims = [...(this.#stage?.follow(hosts) ?? hosts)];
      // Kept at once: an isolation is not tried out.
      const targets = aims.map(([name, host]) => targetOf(name, host, this.#active.number, live));
      sent(await deliveries.aim(targets.map((target) => ({ ...target, untried: true }))));
    };
    await aim(compiler.takeFirst(first));
    await aim(this.#take(compiler).hosts);
    compiler.settle();
    return this.#problems;
  }

  /** What hosts hold whose wave has not come allows what the version before allows, but never through an isolation. */
  #rebase(): void {
    if (this.#stage === null) return;
    this.#stage.rebase(new HostCompiler(this.#parts.meaning(this.#settled)).take().hosts);
  }

  #begin(version: VersionRecord): void {
    const run = this.#runs(() => this.#provision(version));
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
    // Workloads that have just come to be matched are closed in both versions.
    if (this.#parts.isolations.meanings.length > 0) this.#rebase();
    const { hosts } = this.#take(compiler);
    const aims = this.#stage?.follow(hosts) ?? hosts;
    await this.#parts.deliveries.aim(
      [...aims].map(([name, host]) => targetOf(name, host, this.#active.number, defaultLiveMode)),
    );
    compiler.settle();
  }

  async #provision(version: VersionRecord): Promise<void> {
    if (this.#stopped) return;
    const { store } = this.#parts;
    const record = await store.provisions.get(version.number);
    if (record === null) throw new Error(`Version ${version.number} was provisioned without a record`);
    // Once it has begun it goes back to what it began with, whatever became of versions since.
    const begun = record.hosts.length > 0 ? await store.versions.get(record.waves?.former ?? -1) : null;
    const former = begun ?? this.#settled;
    const run = new WaveRun(this.#waveParts(version), version, { record, former });
    const ended = await run.run();
    if (ended.kind === 'beyond') await this.#takeBack(version, { former, record: run.record, why: ended.why });
    if (ended.kind === 'finished')
      await this.#queue(() => this.#close(version, run.record.waves?.live ?? defaultLiveMode));
  }

  #waveParts(version: VersionRecord): WaveParts {
    const open = (narrowed: Iterable<string>) => this.#queue(() => this.#open(version, narrowed));
    const isOver = () => (this.#stopped ? 'stopping' : this.#current.number === version.number ? null : 'superseded');
    return { ...this.#parts, flows: this.#parts.flows ?? null, queue: this.#queue, open, isOver };
  }

  async #open(version: VersionRecord, narrowed: Iterable<string>): Promise<Stage> {
    const { deliveries, estate } = this.#parts;
    this.#active = version;
    estate.assign(version.labels);
    const older = this.#stage;
    const stage = older?.version === version ? older : new Stage(version, (name) => deliveries.content(name));
    stage.narrow(narrowed);
    // Hosts that an earlier stage left half-way are among them, though this version may say the same for them.
    stage.follow(new Map([...(older?.finals ?? []), ...this.#take(this.#change(version)).hosts]));
    this.#stage = stage;
    return stage;
  }

  /** All hosts hold the version or know of it; what was compiled meanwhile is theirs, too. */
  async #close(version: VersionRecord, live: LiveMode): Promise<void> {
    const stage = this.#stage;
    if (stage?.version !== version) return;
    stage.narrow(stage.finals.keys());
    await this.#parts.deliveries.aim(
      [...stage.finals].map(([name, host]) => targetOf(name, host, version.number, live)),
    );
    this.#stage = null;
    this.#settled = version;
    await this.#converge();
  }

  /** Hosts get what they had: a version that equals the former one, which a restart would bring them to as well. */
  async #takeBack(version: VersionRecord, { former, record, why }: TakenBack): Promise<void> {
    const { store, events, clock, log } = this.#parts;
    const added = await store.transaction((stores) => rollBack(stores, { version, former, record, why, now: clock() }));
    if (added === null) return;
    log.warn({ version: version.number, by: added.number, reason: why.reason }, 'rolled back');
    this.#current = added;
    events.emit('version', { version: added.number, by: added.createdBy });
    events.emit('provision', { version: version.number, state: 'rolled-back' });
    this.#begin(added);
  }

  /** The compiler of the active version, told of the estate and the time. */
  #follow(): HostCompiler {
    const { meaning, isolations, clock, budget } = this.#parts;
    const touched = this.#touched;
    this.#touched = new Set();
    if (this.#compiler === null) this.#compiler = new HostCompiler(meaning(this.#active), budget);
    else {
      if (isolations.revision !== this.#laid) for (const name of this.#relay(this.#compiler)) touched.add(name);
      this.#compiler.moveWorkloads(new Map([...touched].map((name) => [name, this.#document(name)])), clock());
    }
    this.#laid = isolations.revision;
    return this.#compiler;
  }

  /** The policy with the isolations as they are; whose membership may be another. */
  #relay(compiler: HostCompiler): string[] {
    const { policy, isolations } = this.#parts;
    const former = compiler.memberships;
    compiler.movePolicy(policy(this.#active));
    return [...former, ...isolations.meanings.flatMap(({ of }) => (of.kind === 'names' ? of.names : []))];
  }

  #document(name: string) {
    const document = this.#parts.estate.document(name);
    return document === null ? null : withMembership(document, this.#parts.isolations.meanings);
  }

  /** The compiler, told of another version. */
  #change(version: VersionRecord): HostCompiler {
    const meaning = this.#parts.meaning(version);
    this.#touched = new Set();
    this.#laid = this.#parts.isolations.revision;
    if (this.#compiler === null) this.#compiler = new HostCompiler(meaning, this.#parts.budget);
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

type TakenBack = { readonly former: VersionRecord; readonly record: ProvisionRecord; readonly why: RollBackReason };
