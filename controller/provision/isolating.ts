import { isIsolated } from '@bulkhead/policy/isolation.ts';
import { rolledBack } from '@bulkhead/wire/messages.ts';
import type { Logger } from 'pino';
import type { Hosts } from '../agents/hosts.ts';
import { paced } from '../api/paced.ts';
import type { Estate } from '../estate/estate.ts';
import type { Events } from '../events.ts';
import type { IsolationRecord, NewIsolation } from '../store/isolations.ts';
import type { Store } from '../store/open-store.ts';
import { isEnforced } from '../store/workloads.ts';
import type { Conductor } from './conductor.ts';
import type { Answered, Deliveries } from './deliveries.ts';
import { type IsolationHost, type IsolationRun, isProven, newRun, type Step } from './isolation-run.ts';
import type { Isolations } from './isolations.ts';
import { type Leaks, leaksInSteps } from './leaks.ts';
import { probeIsolated } from './probe-isolated.ts';
import type { Prober } from './prober.ts';
import type { Side } from './side.ts';

export type IsolatingParts = {
  readonly store: Store;
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  readonly isolations: Isolations;
  readonly conductor: Conductor;
  readonly prober: Prober;
  readonly events: Events;
  readonly log: Logger;
  readonly clock: () => number;
  /** The current version over the estate as it is, with all isolations. */
  readonly side: () => Side;
};

/** How long hosts that are connected have to answer; milliseconds. An answer later than that still counts when it comes. */
const answerTimeout = 5000;
/** Runs whose hosts are remembered; older ones are what the store has. */
const runsKept = 100;
/** Before an end that failed, as on a full disk, is tried again; milliseconds. */
const expiryPause = 30_000;
const byController = 'controller';

/** Puts isolations into force and takes them back: stored, sent ahead of everything, followed until it is known what they came to. */
export class Isolating {
  readonly #parts: IsolatingParts;
  readonly #runs = new Map<number, IsolationRun>();
  #stopped = false;

  constructor(parts: IsolatingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#watch();
  }

  stop(): void {
    this.#stopped = true;
    this.#parts.isolations.stop();
  }

  /** In force when it answers; hosts follow in the background (see `run`). */
  async isolate(isolation: NewIsolation): Promise<IsolationRecord> {
    const began = performance.now();
    const record = await this.#parts.isolations.add(isolation);
    this.#follow(record, 'isolate', began);
    return record;
  }

  /** Null: none of that number is in force. */
  async release(id: number, actor: string, reason: string): Promise<IsolationRecord | null> {
    const began = performance.now();
    const members = this.members(id);
    const record = await this.#parts.isolations.release(id, actor, reason);
    if (record !== null) this.#follow(record, 'release', began, members);
    return record;
  }

  /** What became of it last; null: nothing is remembered. */
  run(record: IsolationRecord): IsolationRun | null {
    const run = this.#runs.get(record.id) ?? (record.run as IsolationRun | null);
    if (run === null) return null;
    const hosts = run.hosts.map((host) => this.#now(host));
    const isDone = run.state === 'incomplete' && isClosedBy({ ...run, hosts });
    return { ...run, hosts, state: isDone ? 'done' : run.state };
  }

  /** Names of the workloads it closes. */
  members(id: number): string[] {
    const meaning = this.#parts.isolations.meanings.find((one) => one.id === id);
    if (meaning === undefined) return [];
    return this.#parts.estate
      .documents()
      .filter((workload) => isIsolated(meaning, workload))
      .map(({ name }) => name);
  }

  /** SPEC Q8, as of now. Null: the current version cannot be built. */
  async leaks(ids: readonly number[], signal?: AbortSignal): Promise<Leaks | null> {
    const { policy, estate } = this.#parts.side();
    if (policy === null) return null;
    const steps = leaksInSteps({ world: { policy, estate }, ids, unproven: this.#unproven() });
    return paced(steps, signal === undefined ? {} : { signal });
  }

  #unproven(): Set<string> {
    const enforced = this.#parts.estate.workloads().filter(isEnforced);
    return new Set(enforced.map(({ name }) => name).filter((name) => !isProven(this.#parts, name)));
  }

  /** A host that was late may have followed since. */
  #now(host: IsolationHost): IsolationHost {
    if (host.state === 'proven') return host;
    const { applied } = this.#parts.hosts.status(host.workload);
    if (applied === null || applied.generation < host.generation) return host;
    return { ...host, state: applied.proven ? 'proven' : 'applied', problem: applied.problem };
  }

  #watch(): void {
    this.#parts.isolations.watch((id) => void this.#expire(id));
  }

  async #expire(id: number): Promise<void> {
    const { log, clock, isolations } = this.#parts;
    if (this.#stopped) return;
    // Timers may be early, and clocks may be set.
    if ((isolations.record(id)?.expiresAt ?? 0) > clock()) {
      this.#watch();
      return;
    }
    try {
      await this.release(id, byController, 'it expired');
    } catch (error) {
      log.error(error, `cannot end isolation ${id}, which has expired`);
      setTimeout(() => this.#watch(), expiryPause).unref();
    }
  }

  #follow(record: IsolationRecord, step: Step, began: number, members = this.members(record.id)): void {
    this.#watch();
    const run = newRun(step, this.#parts.clock());
    this.#keep(record.id, run);
    void this.#carryOut({ record, run, members, began }).catch((error: unknown) => {
      this.#parts.log.error(error, `cannot follow isolation ${record.id}`);
      this.#keep(record.id, { ...run, state: 'incomplete', finishedAt: this.#parts.clock() });
    });
  }

  async #carryOut({ record, run, members, began }: Following): Promise<void> {
    const { conductor, deliveries, store, clock } = this.#parts;
    const first = new Set(members);
    const hosts = new Map<string, IsolationHost>();
    const answers: Promise<void>[] = [];
    const roleOf = (workload: string): IsolationHost['role'] => (first.has(workload) ? 'isolated' : 'peer');
    const since = () => Math.round(performance.now() - began);
    const note = (host: IsolationHost) => {
      hosts.set(host.workload, host);
      this.#keep(record.id, { ...run, hosts: [...hosts.values()] });
    };
    const follow = async (workload: string) => {
      const { generation } = deliveries.meant(workload);
      const role = roleOf(workload);
      const sent = { ...{ workload, role, generation, sent: since() }, ...nothingYet } as const;
      note(sent);
      note(this.#answered(sent, await this.#answer(workload), since()));
    };
    const problems = await conductor.followIsolations({
      first,
      sent: (workloads) => answers.push(...workloads.map(follow)),
      // Whoever is cut off is told, at both ends; a release cuts nobody.
      live: run.step === 'isolate' ? 'reset' : 'revalidate',
    });
    for (const [workload, { message }] of problems) {
      const role = roleOf(workload);
      note({ ...{ workload, role, generation: 0, sent: null }, ...nothingYet, state: 'failed', problem: message });
    }
    await Promise.all(answers);
    for (const workload of members) if (!hosts.has(workload)) this.#alreadyThere(workload, note);
    const settled: IsolationRun = { ...run, hosts: [...hosts.values()], state: 'checking' };
    this.#keep(record.id, settled);
    const probes = run.step === 'isolate' ? await this.#probe(members) : null;
    const leaks = run.step === 'isolate' ? await this.leaks([record.id]) : null;
    const state = isClosedBy({ hosts: settled.hosts, probes }) ? 'done' : 'incomplete';
    const finished: IsolationRun = { ...settled, state, probes, leaks, finishedAt: clock() };
    this.#keep(record.id, finished);
    await store.isolations.noteRun(record.id, finished);
  }

  /** A change that was being tried out when this one came is taken back first, and that is no answer to this one. */
  async #answer(workload: string): Promise<Answered> {
    const end = performance.now() + answerTimeout;
    for (;;) {
      const left = Math.max(end - performance.now(), 0);
      const answer = await this.#parts.deliveries.answered(workload, left);
      if (left === 0 || answer.problem?.startsWith(rolledBack) !== true) return answer;
    }
  }

  #answered(
    host: IsolationHost,
    { state, problem }: Awaited<ReturnType<Deliveries['answered']>>,
    at: number,
  ): IsolationHost {
    if (state !== 'applied') return { ...host, state, problem };
    const { applied } = this.#parts.hosts.status(host.workload);
    const proven = isProven(this.#parts, host.workload);
    const times = { applied: at, proven: proven ? at : null, apply: applied?.milliseconds ?? null };
    return { ...host, ...times, state: proven ? 'proven' : 'applied', problem };
  }

  /** Nothing had to be sent to it, as where another isolation closes it already. */
  #alreadyThere(workload: string, note: (host: IsolationHost) => void): void {
    const known = this.#parts.estate.get(workload);
    if (known === null || !isEnforced(known)) return;
    const { generation } = this.#parts.deliveries.meant(workload);
    const state = isProven(this.#parts, workload) ? 'proven' : 'timeout';
    note({ ...{ workload, role: 'isolated', generation, sent: null }, ...nothingYet, state });
  }

  #probe(members: readonly string[]) {
    const { policy, estate } = this.#parts.side();
    if (policy === null) return Promise.resolve(null);
    return probeIsolated({ ...this.#parts, world: { policy, estate } }, members);
  }

  #keep(id: number, run: IsolationRun): void {
    this.#runs.delete(id);
    this.#runs.set(id, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > runsKept && oldest !== undefined) this.#runs.delete(oldest);
    this.#parts.events.emit('isolation', { id, step: run.step, state: run.state });
  }
}

/** Every host was read back, and no packet came through. */
const isClosedBy = ({ hosts, probes }: Pick<IsolationRun, 'hosts' | 'probes'>): boolean =>
  hosts.every(({ state }) => state === 'proven') && (probes?.open.length ?? 0) === 0;

type Following = {
  readonly record: IsolationRecord;
  readonly run: IsolationRun;
  readonly members: readonly string[];
  readonly began: number;
};

const nothingYet = { state: 'sent', problem: null, applied: null, proven: null, apply: null } as const;
