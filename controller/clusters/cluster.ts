import { ClusterWatch } from '@bulkhead/importers/kubernetes/watch/cluster-watch.ts';
import type { ClusterWorkload } from '@bulkhead/importers/kubernetes/watch/cluster-workload.ts';
import { openKubernetesApi } from '@bulkhead/importers/kubernetes/watch/open-api.ts';
import { labelsBySource, type SourceRights } from '@bulkhead/policy/labels-by-source.ts';
import type { Logger } from 'pino';
import type { Disk } from '../agents/disk.ts';
import { type Estate, type EstateChange, EstateMoved } from '../estate/estate.ts';
import { paced } from '../paced.ts';
import type { Store } from '../store/open-store.ts';
import type { VersionRecord } from '../store/versions.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import type { ClusterOption } from './cluster-options.ts';
import { type DraftState, putLabelDraft } from './label-draft.ts';
import { planSync } from './plan-sync.ts';
import { proposedLabels } from './proposed-labels.ts';

export type ClusterParts = {
  readonly store: Store;
  readonly estate: Estate;
  readonly disk: Disk;
  readonly log: Logger;
  readonly clock: () => number;
  readonly current: () => VersionRecord;
  /** What the current version says of orchestrators. */
  readonly rights: () => SourceRights;
};

/** Milliseconds. Pods come in bursts; each of them is on the hosts well within a second. */
const pace = { settle: 15, rest: (worked: number) => Math.min(worked, 500), now: () => performance.now() };
/** Drafts are for people. */
const draftPace = { settle: 500, rest: () => 2000, now: () => performance.now() };
const retryMilliseconds = 5000;

/**
 * One cluster in the estate. What its API says is brought there as it comes; while it says nothing, what is there
 * stays, and from when on is told.
 */
export class Cluster {
  readonly option: ClusterOption;
  readonly watch: ClusterWatch;
  readonly #parts: ClusterParts;
  /** Workloads of the cluster that are not in the estate, and why. */
  readonly refused = new Map<string, string>();
  /** To be looked at again whether or not the cluster speaks of them. */
  #again = new Set<string>();
  /** Everything has to be compared: what happened while this did not run, or under other rights, is not known. */
  #isWhole = true;
  #draft: DraftState = { kind: 'none' };
  #problem: string | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;
  #working: Promise<void> = Promise.resolve();
  readonly #syncSoon: () => void;
  readonly #draftSoon: () => void;

  constructor(option: ClusterOption, parts: ClusterParts) {
    [this.option, this.#parts] = [option, parts];
    const { name: cluster, network, prefix, kubeconfig } = option;
    const api = openKubernetesApi(kubeconfig);
    this.#syncSoon = paced((begin) => this.#work(begin, () => this.#sync()), pace);
    this.#draftSoon = paced((begin) => this.#work(begin, () => this.#writeDraft()), draftPace);
    const watchParts = { api, clock: parts.clock, random: Math.random, cluster, network, prefix };
    this.watch = new ClusterWatch(watchParts, () => this.#syncSoon());
  }

  start(): void {
    this.#parts.estate.onChange((change) => this.#noticed(change));
    this.watch.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    await this.watch.stop();
    await this.#working;
  }

  /** Another version may let the cluster set other labels, and assigns others. */
  rightsChanged(): void {
    this.#isWhole = true;
    this.#syncSoon();
  }

  /** Of the estate. */
  workloads(): WorkloadRecord[] {
    return this.#parts.estate.workloads().filter(({ source }) => source?.cluster === this.option.name);
  }

  /** What is wrong beside the watch; null: nothing. */
  problem(): string | null {
    if (this.#draft.kind !== 'theirs') return this.#problem;
    return `its draft was changed by ${this.#draft.by}; deleted, it is written again`;
  }

  /** On how many workloads each key stays unset, because nobody lets the cluster set it. */
  unsetKeys(): Record<string, number> {
    const rights = this.#parts.rights();
    const counts: Record<string, number> = {};
    for (const { source } of this.workloads()) {
      for (const key of labelsBySource(rights, source?.labels ?? {}).unset) counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  /** A name that the cluster uses, too, may have become free, or somebody else's. */
  #noticed({ workload, kind, to }: EstateChange): void {
    if (kind === 'cluster' && to?.source?.cluster === this.option.name) return;
    if (!this.refused.has(workload) && this.watch.workload(workload) === null) return;
    this.#again.add(workload);
    this.#syncSoon();
  }

  #work(begin: () => void, work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(async () => {
      begin();
      if (this.#isStopped) return;
      try {
        await work();
        this.#problem = null;
      } catch (error) {
        this.#failed(error as Error);
      }
    });
    return this.#working;
  }

  async #sync(): Promise<void> {
    if (!this.watch.isSynced) {
      await this.#syncRights();
      return;
    }
    const isWhole = this.#isWhole;
    const touched = new Map(this.watch.take());
    if (isWhole) for (const [name, said] of this.#all()) touched.set(name, said);
    for (const name of this.#again) touched.set(name, this.watch.workload(name));
    [this.#again, this.#isWhole] = [new Set(), false];
    try {
      await this.#bring(touched);
    } catch (error) {
      for (const name of touched.keys()) this.#again.add(name);
      this.#isWhole ||= isWhole;
      throw error;
    }
  }

  /** The API has not answered since the start: what is known of the labels is what it said before. */
  #syncRights(): Promise<void> {
    const said = this.workloads().map((workload): [string, ClusterWorkload] => [
      workload.name,
      knownWorkload(workload),
    ]);
    return this.#bring(new Map(said));
  }

  async #bring(touched: ReadonlyMap<string, ClusterWorkload | null>): Promise<void> {
    const { estate, rights } = this.#parts;
    const { name: cluster } = this.option;
    const plan = planSync({ cluster, touched, known: (name) => estate.get(name), rights: rights() });
    if (plan.changes.length > 0) await estate.changeAll(plan.changes);
    for (const name of touched.keys()) this.refused.delete(name);
    for (const [name, why] of plan.refused) this.refused.set(name, why);
    if (touched.size > 0) this.#draftSoon();
  }

  #all(): Map<string, ClusterWorkload | null> {
    const all = new Map<string, ClusterWorkload | null>(this.workloads().map(({ name }) => [name, null]));
    for (const name of this.refused.keys()) all.set(name, null);
    for (const [name, said] of this.watch.workloads()) all.set(name, said);
    return all;
  }

  async #writeDraft(): Promise<void> {
    const { store, current, rights } = this.#parts;
    const version = current();
    const assigned = Map.groupBy(version.labels, ({ workload }) => workload);
    const labels = proposedLabels(this.workloads(), rights(), assigned);
    this.#draft = await putLabelDraft(store, { cluster: this.option.name, labels, current: version });
  }

  #failed(error: Error): void {
    const { log, disk } = this.#parts;
    const retry = () => {
      this.#syncSoon();
      this.#draftSoon();
    };
    if (error instanceof EstateMoved) {
      retry();
      return;
    }
    this.#problem = error.message;
    disk.failed('store', error);
    log.error({ cluster: this.option.name, problem: error.message }, 'cannot bring a cluster into the estate');
    clearTimeout(this.#retry);
    this.#retry = setTimeout(retry, retryMilliseconds);
  }
}

function knownWorkload({ name, addresses, ports, source }: WorkloadRecord): ClusterWorkload {
  return { name, addresses, ports, part: source?.part ?? 'pod', labels: source?.labels ?? {} };
}
