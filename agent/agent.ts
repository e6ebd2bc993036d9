import { networkInterfaces } from 'node:os';
import type { Depth } from '@bulkhead/enforce/back-end.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { type FileTree, hostFiles } from '@bulkhead/sensors/procfs/file-tree.ts';
import { ListenerSensor } from '@bulkhead/sensors/procfs/listener-sensor.ts';
import type { Probed, ProbeOrder } from '@bulkhead/wire/messages.ts';
import { Accounting } from './accounting.ts';
import { AnswerReader } from './answer-reader.ts';
import { errorText } from './atomic-file.ts';
import { ChangeWatch } from './change-watch.ts';
import { DecisionBook } from './decision-book.ts';
import type { AgentDirectory } from './directory.ts';
import { Enforcement } from './enforcement.ts';
import { FeatureWatch } from './feature-watch.ts';
import { ForeignDrops } from './foreign-drops.ts';
import { Guests } from './guests.ts';
import type { Identity } from './identity.ts';
import { Link } from './link.ts';
import { LiveConnections } from './live-connections.ts';
import type { Log } from './log.ts';
import { watchMarks } from './mark-watch.ts';
import { residentBytes } from './memory.ts';
import { namedKernel, namesOf } from './named-kernel.ts';
import { Names, nameTick } from './names.ts';
import { newConnection } from './new-connection.ts';
import type { Privileged } from './privileged.ts';
import { Probes } from './probe.ts';
import { Problems } from './problems.ts';
import { Prover } from './prover.ts';
import { agentState, writeState } from './readiness.ts';
import { finishRenewal, Renewal } from './renewal.ts';
import { RulesetFile } from './ruleset-file.ts';
import { Spool } from './spool.ts';
import { Telemetry } from './telemetry.ts';
import { TrackingWatch } from './tracking-room.ts';
import { Trials } from './trials.ts';
import { userNames } from './user-names.ts';

export type AgentParts = {
  readonly directory: AgentDirectory;
  readonly privileged: Privileged;
  readonly log: Log;
  readonly clock: () => number;
  readonly random: () => number;
  /** Milliseconds for which an address of a domain name stays after its answer ran out. */
  readonly nameGrace: number;
};

/** Milliseconds between looks at things; each is small against the two seconds an edge may take to be seen. */
const every = { window: 500, host: 2000, health: 5000, look: 5000, everything: 180_000 } as const;
/** Milliseconds after which a record that the kernel counted has arrived, if it ever does. */
const settling = 700;
const defaultNetwork = 'main';

/** Loopback and link-local ones as well: a connection has them, too. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));

function olderTables(files: FileTree): string[] {
  return ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names']
    .flatMap((path) => (files.readText(path) ?? '').split('\n'))
    .filter((name) => name !== '');
}

/** The agent of one host: its parts, and who tells whom. Nothing here decides anything. */
export class Agent {
  readonly enforcement: Enforcement;
  readonly guests: Guests;
  readonly #parts: AgentParts;
  readonly #problems: Problems;
  readonly #accounting: Accounting;
  readonly #listeners = new ListenerSensor(hostFiles);
  readonly #spool: Spool;
  readonly #telemetry: Telemetry;
  readonly #changes: ChangeWatch;
  readonly #connections: LiveConnections;
  readonly #probes: Probes;
  readonly #names: Names;
  readonly #answers: AnswerReader;
  readonly #drops: ForeignDrops;
  readonly #features: FeatureWatch;
  readonly #tracking: TrackingWatch;
  readonly #timers: NodeJS.Timeout[] = [];
  #settling: NodeJS.Timeout | undefined;
  #link: Link | null = null;
  #prover: Prover | null = null;
  #renewal: Renewal | null = null;
  #state = '';
  /** Not only loading what it has. */
  #serving = false;

  constructor(parts: AgentParts) {
    const { directory, privileged, log, clock, random } = parts;
    this.#parts = parts;
    this.#problems = new Problems(log);
    this.#accounting = new Accounting(directory.accounting);
    this.#features = new FeatureWatch(privileged.features, this.#problems);
    this.#tracking = new TrackingWatch(hostFiles, this.#problems);
    const decisions = new DecisionBook();
    const file = new RulesetFile(directory.ruleset, this.#problems);
    this.#names = this.#openNames();
    this.#answers = new AnswerReader({
      startAnswers: privileged.startAnswers,
      heard: (packet) => this.#names.heard(packet),
      problems: this.#problems,
      random,
    });
    const kernel = namedKernel(privileged.kernel, (names) => this.#follow(names));
    this.enforcement = new Enforcement({
      kernel,
      file,
      problems: this.#problems,
      log,
      clock,
      counters: this.#accounting,
      decisions,
      trials: new Trials({
        path: directory.undo,
        kernel,
        startWatchdog: privileged.startWatchdog,
        connect: newConnection,
        clock,
      }),
    });
    this.#probes = new Probes({
      knows: (address) => this.enforcement.held?.content.addresses.some((peer) => peer.address === address) === true,
      now: () => performance.now(),
    });
    const guestParts = { folder: directory.guests, privileged, log, clock, counters: this.#accounting };
    this.guests = new Guests({ ...guestParts, problems: this.#problems });
    this.#connections = new LiveConnections({
      flows: privileged.flows,
      problems: this.#problems,
      log,
      hostAddresses: ownAddresses,
      files: hostFiles,
    });
    this.#spool = new Spool(directory.spool, this.#problems);
    this.#changes = new ChangeWatch({
      busy: () => this.enforcement.changing || this.guests.changing || this.#names.busy,
      look: (depth, by) => this.#check(depth, by),
      clock,
    });
    const drops = new ForeignDrops({
      kernel,
      problems: this.#problems,
      clock,
      olderTables: () => olderTables(hostFiles),
    });
    this.#drops = drops;
    this.#telemetry = new Telemetry({
      privileged,
      attempts: {
        network: defaultNetwork,
        decisionOf: (generation, decision, place) =>
          place === 0 ? decisions.find(generation, decision) : this.guests.decisionOf(generation, decision, place),
        isGuest: (place, address) => this.guests.isGuest(place, address),
        userName: userNames(hostFiles, clock),
        denied: (denial) => this.#probes.denied(denial),
      },
      listeners: () => this.#listeners.table,
      spool: this.#spool,
      received: Math.max(this.#spool.received, this.#accounting.received),
      problems: this.#problems,
      stuck: (flow) => void drops.found(flow),
      rulesChanged: (by) => this.#changes.changed(by),
      random,
    });
  }

  /** Kernel first, then counters, then the log: nothing that is logged from now on goes unseen or uncounted. */
  async start(): Promise<void> {
    this.#serving = true;
    await this.enforcement.loadLastGood();
    // A kernel that held the ruleset already was not changed.
    await this.#follow(namesOf(this.enforcement.held));
    await this.guests.loadLastGood();
    await this.#readCounters();
    this.#telemetry.start();
    this.#listeners.refresh();
    this.#repeat(every.window, () => this.#closeWindow());
    this.#repeat(every.host, () => this.#lookAtHost());
    this.#repeat(every.health, () => void this.#account());
    this.#repeat(nameTick, () => void this.#names.tick());
    this.#repeat(every.look, () => void this.#look());
    this.#repeat(every.everything, () => void this.#check('everything'));
    const marks = () => void watchMarks(this.#parts.privileged.flows, this.#problems);
    this.#repeat(every.everything, marks);
    this.#repeat(every.everything, () => void this.#features.look());
    marks();
    await this.#features.look();
    this.#noteState();
  }

  connect(identity: Identity): void {
    finishRenewal(this.#parts.directory, this.#parts.log);
    const link = new Link({
      identity,
      enforcement: this.enforcement,
      guests: this.guests,
      connections: this.#connections,
      spool: this.#spool,
      problems: this.#problems,
      log: this.#parts.log,
      random: this.#parts.random,
      files: hostFiles,
      lacks: () => this.#features.missing,
      listeners: () => this.#listeners.table,
      probe: (order) => this.#probe(order),
      names: () => this.#names.report(),
      health: () => this.#health(),
      changed: () => this.#linkChanged(),
    });
    this.#link = link;
    this.#prover = this.#openProver(link);
    this.#renewal = this.#keepCertificate(identity, link);
    link.open();
    this.#renewal.start();
    this.#noteState();
  }

  #keepCertificate(identity: Identity, link: Link): Renewal {
    const { directory, log, clock, random } = this.#parts;
    return new Renewal({
      identity,
      directory,
      problems: this.#problems,
      log,
      clock,
      random,
      renewed: (next) => link.renewed(next),
      changed: () => this.#noteState(),
    });
  }

  #openNames(): Names {
    const { privileged, directory, log, clock, nameGrace } = this.#parts;
    return new Names({
      table: privileged.names,
      path: directory.names,
      problems: this.#problems,
      log,
      clock,
      grace: nameGrace,
      inUse: privileged.flowDestinations,
    });
  }

  /** Answers are heard before the rules that ask for them count as taken. */
  async #follow(names: readonly string[]): Promise<void> {
    if (this.#serving) await this.#answers.want(names.length > 0);
    await this.#names.follow(names);
  }

  /** What was seen is on disk afterwards; the kernel keeps its rules. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#settling);
    this.#changes.stop();
    this.#telemetry.stop();
    this.#answers.stop();
    this.#names.close();
    this.#save();
    this.#renewal?.stop();
    this.#link?.stop();
    this.#link = null;
    this.#noteState();
    this.#spool.close();
  }

  async #check(depth: Depth, by: readonly string[] = []): Promise<boolean> {
    const own = await this.enforcement.check(depth, by);
    const restored = (await this.guests.check(depth, by)) || own;
    await this.#names.sync();
    this.#link?.sendProof();
    this.#noteState();
    this.#sayProof();
    return restored;
  }

  async #look(): Promise<void> {
    await Promise.all(this.#enforced().map((enforcement) => enforcement.look(() => this.#changes.by)));
    this.#link?.sendProof();
    this.#noteState();
    this.#sayProof();
  }

  #enforced(): Enforcement[] {
    return [this.enforcement, ...this.guests.all.map(({ enforcement }) => enforcement)];
  }

  /** What was seen goes into the next statement, too. */
  async #probe(order: ProbeOrder): Promise<Probed> {
    const probed = await this.#probes.run(order);
    const at = this.#parts.clock();
    for (const { address, service, outcome } of probed.results) {
      if (outcome !== 'skipped') this.#prover?.probed({ at, address, service: formatServicePoint(service), outcome });
    }
    return probed;
  }

  #openProver(link: Link): Prover {
    const { directory, clock } = this.#parts;
    return new Prover({
      path: directory.proof,
      identity: () => link.identity,
      send: (statement) => link.sendStatement(statement),
      problems: this.#problems,
      clock,
      boot: () => (hostFiles.readText('/proc/sys/kernel/random/boot_id') ?? '').trim(),
    });
  }

  /** A new session has heard nothing yet, and a new ruleset was read back. */
  #linkChanged(): void {
    // What the kernel refused may be a feature that it lacks.
    if (this.#problems.text('kernel-apply') !== null) void this.#features.look();
    this.#noteState();
    this.#sayProof();
  }

  #sayProof(): void {
    for (const { held, sight, restored, busy } of this.#enforced()) {
      if (held === null || busy) continue;
      const applied = sight.appliedAt(held.generation);
      this.#prover?.say({ held, seen: sight.seen, applied, whole: sight.whole, restored });
    }
  }

  #closeWindow(): void {
    if (this.#telemetry.closeWindow()) this.#link?.sendBatches();
  }

  #lookAtHost(): void {
    this.#listeners.refresh();
    this.#link?.sendInventory();
  }

  async #account(): Promise<void> {
    this.#noteStamps();
    this.#tracking.look();
    this.#drops.tidy();
    const counted = await this.#readCounters();
    this.#telemetry.closeWindow();
    if (counted !== null) {
      this.#settling = setTimeout(() => {
        this.#accounting.settle(counted, this.#telemetry.received);
        this.#link?.sendHealth();
      }, settling);
    }
    this.#save();
  }

  #noteStamps(): void {
    const why = this.#parts.privileged.flows.unswept();
    if (why === null) this.#problems.clear('stamps');
    else this.#problems.set('stamps', `A flow that slept very long may be taken for one that is allowed now: ${why}`);
  }

  /** Null when the kernel did not answer. */
  async #readCounters(): Promise<number | null> {
    const counts = await this.#parts.privileged.kernel.counts();
    if (counts.kind === 'failed') {
      this.#problems.set('counters', `Loss is not known: ${counts.message}`);
      return null;
    }
    this.#problems.clear('counters');
    this.#accounting.read(counts.value);
    return this.#accounting.counted;
  }

  #health() {
    return {
      counted: Math.max(0, this.#accounting.counted),
      received: this.#telemetry.received,
      lost: this.#accounting.lost,
      spooledBatches: this.#spool.length,
      droppedBatches: this.#spool.dropped,
      restored: this.enforcement.restored + this.guests.restored,
      connectionsEnded: this.#connections.ended,
      agentBytes: process.memoryUsage.rss(),
      helperBytes: residentBytes(hostFiles, this.#telemetry.helperPid),
      problems: this.#problems.texts().map((text) => text.slice(0, 1000)),
    };
  }

  #save(): void {
    this.#onDisk(() => this.#accounting.save(this.#telemetry.received));
  }

  #noteState(): void {
    const link = this.#link;
    const [workload, connected] = [link?.workload ?? null, link?.welcomed ?? false];
    const state = agentState(this.enforcement.held, {
      pid: process.pid,
      workload,
      connected,
      proven: this.enforcement.proven,
      certificate: this.#renewal?.state ?? null,
      refused: this.#problems.text('refused'),
      problems: this.#problems.texts().map((text) => text.slice(0, 1000)),
    });
    if (JSON.stringify(state) === this.#state) return;
    this.#state = JSON.stringify(state);
    this.#onDisk(() => writeState(this.#parts.directory.state, state));
  }

  /** A full disk must not stop the agent. */
  #onDisk(write: () => void): void {
    try {
      write();
      this.#problems.clear('disk');
    } catch (error) {
      this.#problems.set(
        'disk',
        `Cannot write "${this.#parts.directory.path}": ${errorText(error)}, free space is needed`,
      );
    }
  }

  #repeat(milliseconds: number, task: () => void): void {
    this.#timers.push(setInterval(task, milliseconds));
  }
}
