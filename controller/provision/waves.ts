import { defaultLiveMode, type LiveMode } from '@bulkhead/model/words.ts';
import type { Hosts } from '../agents/hosts.ts';
import type { Events } from '../events.ts';
import type { Serial } from '../serial.ts';
import type { Store } from '../store/open-store.ts';
import type { HostProgress, ProvisionRecord, RollBack, WaveProgress } from '../store/provisions.ts';
import type { VersionRecord } from '../store/versions.ts';
import { type Deliveries, type Target, trialSeconds } from './deliveries.ts';
import type { FlowWatch } from './flow-watch.ts';
import type { CompiledHost } from './host-compiler.ts';
import { judgeWave } from './judge-wave.ts';
import { countedFlows, DeniedFlows, groupFlows, type NewlyDenied } from './newly-denied.ts';
import { planProvision, type Step } from './plan.ts';
import type { Stage } from './stage.ts';
import { flowsAllowed, type WaveSettings } from './wave-settings.ts';

export type WaveParts = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  readonly events: Events;
  readonly clock: () => number;
  /** Null: nobody reports flows, and none is judged. */
  readonly flows: FlowWatch | null;
  /** Whatever changes what hosts hold, one after the other. */
  readonly queue: Serial;
  /** The newer version is compiled, and hosts that were narrowed before a restart are known. */
  readonly open: (narrowed: Iterable<string>) => Promise<Stage>;
  /** A watch ends early: a newer version is there, or this controller stops. */
  readonly isOver: () => 'superseded' | 'stopping' | null;
};

/** `beyond`: nothing more is narrowed, and what was has to be taken back. */
export type Ended =
  | { readonly kind: 'finished' | 'superseded' | 'stopping' }
  | { readonly kind: 'beyond'; readonly why: Omit<RollBack, 'version'> };

/** How long a step waits for hosts that are connected and do not answer; milliseconds. */
export const answerTimeout = 5000;
/** What takes something away is tried out by the host before it answers. */
const triedTimeout = answerTimeout + trialSeconds * 1000;
/** Between two looks at what was reported. */
const lookEvery = 200;
/** What agents say of a ruleset that did not prove itself on their host. */
const rolledBack = 'rolled back:';
const silent = 'it is connected and did not say whether it took its ruleset';

/**
 * Brings hosts to one version: wider everywhere, then narrower wave by wave, and after each wave a pause in which it
 * may show that it was a mistake. Goes on where an earlier run stopped. See controller/provision/SPEC.md.
 */
export class WaveRun {
  readonly #parts: WaveParts;
  readonly #version: VersionRecord;
  readonly #former: VersionRecord;
  readonly #settings: WaveSettings | null;
  readonly #live: LiveMode;
  #record: ProvisionRecord;
  readonly #progress: Map<string, HostProgress>;
  readonly #waves: Map<number, WaveProgress>;
  readonly #denied = new DeniedFlows();
  /** By flow; null: it is none that passed before. */
  readonly #judged = new Map<string, { readonly foreseen: boolean } | null>();
  #foresee: ReturnType<FlowWatch['difference']> | null = null;

  constructor(
    parts: WaveParts,
    version: VersionRecord,
    { record, former }: { readonly record: ProvisionRecord; readonly former: VersionRecord },
  ) {
    this.#parts = parts;
    this.#version = version;
    this.#former = former;
    this.#settings = record.waves?.settings ?? null;
    this.#live = record.waves?.live ?? defaultLiveMode;
    this.#record = record;
    this.#progress = new Map(record.hosts.map((host) => [host.workload, host]));
    this.#waves = new Map((record.waves?.waves ?? []).map((wave) => [wave.wave, wave]));
  }

  get record(): ProvisionRecord {
    return this.#record;
  }

  async run(): Promise<Ended> {
    const { flows } = this.#parts;
    const listening = this.#settings === null || flows === null ? null : flows.listen((one) => this.#denied.note(one));
    try {
      return await this.#run();
    } finally {
      listening?.();
    }
  }

  async #run(): Promise<Ended> {
    const before = new Set(this.#progress.keys());
    const known = new Map(
      [...this.#progress.values()].flatMap(({ workload, wave }) => (wave ? [[workload, wave]] : [])),
    );
    const stage = await this.#parts.open(known.keys());
    const steps = this.#plan(stage, known);
    await this.#resume(steps);
    for (const step of steps) {
      await this.#step(step, stage);
      for (const workload of step.workloads) before.delete(workload);
      const ended = step.wave === null ? null : await this.#watch(step.wave, step);
      if (ended !== null) return ended;
    }
    await this.#askAgain(before);
    const open = [...this.#progress.values()].some(({ state }) => state === 'failed' || state === 'timeout');
    await this.#store(open ? 'incomplete' : 'done');
    this.#parts.events.emit('provision', { version: this.#version.number, state: this.#record.state });
    return { kind: 'finished' };
  }

  #plan(stage: Stage, known: ReadonlyMap<string, number>): Step[] {
    const { deliveries, hosts } = this.#parts;
    const targets = [...stage.finals.keys()].map((workload) => ({
      workload,
      connected: hosts.link(workload) !== null,
      sent: deliveries.meant(workload).hash,
      widened: stage.widened(workload).hash,
      final: stage.final(workload).hash,
    }));
    const steps = planProvision(targets, this.#settings, known);
    return steps.filter(({ wave }) => wave === null || this.#waves.get(wave)?.state !== 'passed');
  }

  /** What was reported while no controller ran, or before one stopped. */
  async #resume(steps: readonly Step[]): Promise<void> {
    const { flows, deliveries } = this.#parts;
    const begun = steps.flatMap(({ wave, workloads }) => {
      const startedAt = wave === null ? undefined : this.#waves.get(wave)?.startedAt;
      return startedAt === undefined ? [] : workloads.map((workload) => ({ workload, since: startedAt }));
    });
    if (flows === null || begun.length === 0) return;
    for (const { workload, since } of begun) {
      const generation = this.#progress.get(workload)?.generation ?? deliveries.meant(workload).generation;
      this.#denied.narrow(workload, { since, generation });
    }
    const earliest = Math.min(...begun.map(({ since }) => since));
    for (const report of await flows.since(earliest)) this.#denied.note(report);
  }

  /** What hosts answered is stored with whatever comes next; after a crash before that they are asked again. */
  async #step(step: Step, stage: Stage): Promise<void> {
    const { queue, deliveries } = this.#parts;
    if (step.wave !== null) await this.#begin(step, step.wave);
    await queue(() => {
      if (step.phase === 'narrow') stage.narrow(step.workloads);
      return deliveries.aim(this.#targets(step, stage));
    });
    for (const workload of step.workloads) this.#note(step, workload, { state: 'sent', problem: null });
    await this.#store('running');
    await Promise.all(
      step.workloads.map(async (workload) => {
        const timeout = step.phase === 'narrow' ? triedTimeout : answerTimeout;
        this.#note(step, workload, await deliveries.answered(workload, timeout));
      }),
    );
  }

  #targets({ workloads }: Step, stage: Stage): Target[] {
    return workloads.map((workload) => targetOf(workload, stage.target(workload), this.#version.number, this.#live));
  }

  /** Known to the store before it is done, so that a controller that is started again knows whom to watch. */
  async #begin(step: Step, wave: number): Promise<void> {
    const { clock, deliveries } = this.#parts;
    if (this.#waves.has(wave)) return;
    const now = clock();
    for (const workload of step.workloads) {
      this.#denied.narrow(workload, { since: now, generation: deliveries.meant(workload).generation + 1 });
      this.#note(step, workload, { state: 'waiting', problem: null });
    }
    const none = { watchedUntil: null, newlyDenied: 0, failed: 0 };
    this.#noteWave({ wave, state: 'running', hosts: step.workloads.length, startedAt: now, ...none });
    await this.#store('running');
  }

  #note(step: Step, workload: string, answer: Pick<HostProgress, 'state' | 'problem'>): void {
    const { generation } = this.#parts.deliveries.meant(workload);
    const { phase, wave } = step;
    const entry = { workload, phase, wave, ...answer, generation, at: this.#parts.clock() };
    this.#progress.set(workload, entry);
    this.#parts.events.emit('provision', { version: this.#version.number, ...entry });
  }

  #noteWave(wave: WaveProgress): void {
    this.#waves.set(wave.wave, wave);
    this.#parts.events.emit('provision', { version: this.#version.number, wave });
  }

  /** Null: the wave has passed. */
  async #watch(number: number, step: Step): Promise<Ended | null> {
    const settings = this.#settings;
    if (settings === null) return null;
    const { clock, flows, hosts, isOver } = this.#parts;
    const isThere = step.workloads.some((workload) => hosts.link(workload) !== null);
    const watch = isThere && flows !== null ? settings.watch : 0;
    const deadline = performance.now() + watch;
    if (watch > 0) {
      this.#changeWave(number, { state: 'watching', watchedUntil: clock() + watch });
      await this.#store('running');
    }
    for (;;) {
      // Asked for before the last look, so that the last look sees what came until then.
      const isLast = performance.now() >= deadline;
      for (const workload of step.workloads) this.#noteLate(step, workload, isLast ? 'the last time' : 'again');
      const why = await this.#look(number, step, settings);
      if (why !== null) return this.#beyond(number, why, settings);
      if (isLast) break;
      const over = isOver();
      if (over !== null) return this.#leave(over);
      await new Promise((resolve) => setTimeout(resolve, Math.min(lookEvery, watch)));
    }
    this.#changeWave(number, { state: 'passed' });
    await this.#store('running');
    return null;
  }

  async #look(number: number, step: Step, settings: WaveSettings): Promise<string | null> {
    const failures = step.workloads.flatMap((workload) => {
      const host = this.#progress.get(workload);
      return host?.state === 'failed' ? [[workload, host.problem ?? 'it did not say why'] as const] : [];
    });
    if (settings.watch > 0) await this.#judgeFlows(settings);
    const denied = this.#counted(settings).length;
    const { newlyDenied, failed } = this.#waves.get(number) ?? {};
    if (newlyDenied !== denied || failed !== failures.length) {
      this.#changeWave(number, { newlyDenied: denied, failed: failures.length });
    }
    const shown = { wave: number, hosts: step.workloads.length, failed: new Map(failures), denied };
    return judgeWave({ ...shown, inUse: this.#inUse(settings) }, settings);
  }

  /**
   * A host may have taken its ruleset, and gone back to what it had when that did not prove itself; and one that does not
   * say anything at all by the end of the pause is no proof that others may follow.
   */
  #noteLate(step: Step, workload: string, looked: 'again' | 'the last time'): void {
    const { hosts, deliveries } = this.#parts;
    const { applied } = hosts.status(workload);
    const { state } = this.#progress.get(workload) ?? {};
    const isBehind = (applied?.generation ?? 0) < deliveries.meant(workload).generation;
    if (state === 'failed' || state === 'away') return;
    if (applied?.problem?.startsWith(rolledBack)) {
      this.#note(step, workload, { state: 'failed', problem: applied.problem });
    } else if (state === 'timeout' && !isBehind) {
      this.#note(step, workload, { state: 'applied', problem: applied?.problem ?? null });
    } else if (state === 'timeout' && looked === 'the last time' && hosts.link(workload) !== null) {
      this.#note(step, workload, { state: 'failed', problem: silent });
    }
  }

  async #judgeFlows({ lookback }: WaveSettings): Promise<void> {
    const { flows } = this.#parts;
    if (flows === null) return;
    for (const [key, flow] of this.#denied.flows()) {
      if (this.#judged.has(key)) continue;
      const passed = await flows.passedBefore(flow, flow.since, lookback);
      if (passed) this.#foresee ??= flows.difference(this.#former, this.#version);
      this.#judged.set(key, passed ? { foreseen: this.#foresee?.(flow) ?? false } : null);
    }
  }

  #counted({ accept }: WaveSettings): NewlyDenied[] {
    const flows = [...this.#denied.flows()].flatMap(([key, flow]) => {
      const judged = this.#judged.get(key) ?? null;
      return judged === null ? [] : [{ ...flow, ...judged }];
    });
    return countedFlows(flows, accept);
  }

  /** Counted only where a share of it is the budget. */
  #inUse({ budgetShare }: WaveSettings): number {
    const { flows } = this.#parts;
    if (flows === null || budgetShare === 0) return 0;
    const narrowed = [...this.#progress.values()].filter(({ wave }) => wave !== null).map(({ workload }) => workload);
    return flows.inUse(new Set(narrowed));
  }

  #beyond(number: number, reason: string, settings: WaveSettings): Ended {
    this.#changeWave(number, { state: 'stopped' });
    const counted = this.#counted(settings);
    const failed = [...this.#progress.values()].filter(({ wave, state }) => wave !== null && state === 'failed');
    const why = {
      ...{ equals: this.#former.number, reason, flows: counted.length },
      allowed: flowsAllowed(settings, this.#inUse(settings)),
      failed: failed.map(({ workload }) => workload),
      ...groupFlows(counted),
    };
    this.#record = this.#now('running');
    return { kind: 'beyond', why };
  }

  /** What is left undone by a controller that stops is gone on with after the start. */
  async #leave(over: 'superseded' | 'stopping'): Promise<Ended> {
    if (over === 'superseded') {
      await this.#store('incomplete');
      this.#parts.events.emit('provision', { version: this.#version.number, state: 'incomplete' });
    }
    return { kind: over };
  }

  #changeWave(number: number, change: Partial<WaveProgress>): void {
    const wave = this.#waves.get(number);
    if (wave !== undefined) this.#noteWave({ ...wave, ...change });
  }

  /** Hosts that were sent theirs before it broke off, and of whose answers nobody took note. */
  async #askAgain(workloads: Iterable<string>): Promise<void> {
    const waiting = [...workloads]
      .flatMap((name) => this.#progress.get(name) ?? [])
      .filter(({ state }) => state !== 'applied');
    await Promise.all(
      waiting.map(async (host) => {
        const { state, problem } = await this.#parts.deliveries.answered(host.workload, answerTimeout);
        this.#progress.set(host.workload, { ...host, state, problem, at: this.#parts.clock() });
      }),
    );
  }

  async #store(state: ProvisionRecord['state']): Promise<void> {
    this.#record = this.#now(state);
    await this.#parts.store.provisions.put(this.#record);
  }

  #now(state: ProvisionRecord['state']): ProvisionRecord {
    const finishedAt = state === 'running' ? null : this.#parts.clock();
    const told = { former: this.#former.number, settings: this.#settings, live: this.#live, rolledBack: null };
    const waves = { ...told, waves: [...this.#waves.values()] };
    return { ...this.#record, state, finishedAt, hosts: [...this.#progress.values()], waves };
  }
}

export const targetOf = (workload: string, compiled: CompiledHost, version: number, live: LiveMode): Target => ({
  workload,
  version,
  live,
  ...compiled,
});
