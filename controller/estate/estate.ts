import { AddressBook, pastLimit, type WorkloadState } from '@bulkhead/flows/address-book.ts';
import { type AssignedLabels, assignedLabels, layLabels } from '@bulkhead/model/assigned-labels.ts';
import type { WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { EstateEvent } from '../store/estate-events.ts';
import type { Store, Stores } from '../store/open-store.ts';
import type { LabelAssignment } from '../store/policy-text.ts';
import type { LabelTime } from '../store/versions.ts';
import { isEnforced, type WorkloadChange, type WorkloadRecord } from '../store/workloads.ts';
import { type GuestEnd, GuestIndex } from './guest-index.ts';

export type EstateChange = {
  readonly kind: EstateEvent['kind'];
  readonly workload: string;
  /** Null: the workload goes. */
  readonly to: WorkloadChange | null;
  /** Of the workload as it is stored by then; the whole change is given up where it does not hold. */
  readonly onlyIf?: (stored: WorkloadRecord | null) => boolean;
  /** What is stored in the same transaction, such as the audit entry. */
  readonly also?: (stores: Stores) => Promise<void>;
};

/** Reports may come from a spool; what happened to addresses and labels in the meantime is taken from the store. */
const rememberedMilliseconds = 48 * 3600 * 1000;
const rememberedEvents = 100_000;

/**
 * The estate now: workloads in memory as they are stored, and the address book that remembers how they were.
 * INVARIANT: a change is stored before it is seen by anything else.
 */
export class Estate {
  readonly book = new AddressBook();
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #workloads = new Map<string, WorkloadRecord>();
  readonly #guests = new GuestIndex();
  readonly #listeners: ((change: EstateChange) => void)[] = [];
  #assigned: AssignedLabels = new Map();
  #revision = 0;

  private constructor(store: Store, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The estate of the current version. */
  static async load(store: Store, clock: () => number): Promise<Estate> {
    const estate = new Estate(store, clock);
    for (const workload of await store.workloads.all()) estate.#keep(workload.name, workload);
    const since = clock() - rememberedMilliseconds;
    const labels = await store.versions.labelsSince(since, pastLimit);
    estate.#replay(await store.events.since(since, rememberedEvents), labels);
    return estate;
  }

  /** Grows with every change; what was worked out of the estate holds as long as it stays. */
  get revision(): number {
    return this.#revision;
  }

  /** In order of names. */
  workloads(): WorkloadRecord[] {
    return [...this.#workloads.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): WorkloadRecord | null {
    return this.#workloads.get(name) ?? null;
  }

  /** In order of names: what runs on the kernel of this workload. */
  guestsOf(host: string): string[] {
    return this.#guests.of(host);
  }

  /** Which guest of the host has the address, in whatever network. */
  guestAt(host: string, address: Address): GuestEnd | null {
    return this.#guests.at(host, address);
  }

  labels(workload: WorkloadRecord): Labels {
    return layLabels(workload.name, workload.labels, this.#assigned);
  }

  /**
   * Workload documents with the given label assignments, null: with those of the current version. `own`: what a workload
   * has without them.
   */
  documents(
    assignments: readonly LabelAssignment[] | null = null,
    own: (workload: WorkloadRecord) => Labels = ({ labels }) => labels,
  ): WorkloadDocument[] {
    const assigned = assignments === null ? this.#assigned : assignedLabels(assignments);
    return this.workloads().map((workload) => workloadDocument({ ...workload, labels: own(workload) }, assigned));
  }

  /** With the labels of the current version; null: no such workload. */
  document(name: string): WorkloadDocument | null {
    const workload = this.get(name);
    return workload === null ? null : workloadDocument(workload, this.#assigned);
  }

  onChange(listener: (change: EstateChange) => void): void {
    this.#listeners.push(listener);
  }

  change(change: EstateChange): Promise<void> {
    return this.changeAll([change]);
  }

  /** All of them or none. */
  async changeAll(changes: readonly EstateChange[]): Promise<void> {
    const stored = await this.#store.transaction((stores) => this.#storeAll(changes, stores));
    for (const change of changes) {
      const workload = stored.get(change.workload) ?? null;
      this.#keep(change.workload, workload);
      this.#note(change.workload, workload && remembered(workload), this.#clock());
    }
    this.#revision++;
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }

  async #storeAll(changes: readonly EstateChange[], stores: Stores): Promise<Map<string, WorkloadRecord>> {
    const names = changes.map(({ workload }) => workload);
    if (new Set(names).size < names.length) throw new Error('A change of the estate names a workload twice');
    if (changes.some(({ onlyIf }) => onlyIf !== undefined)) refuseMoved(changes, await stores.workloads.some(names));
    const puts = changes.flatMap(({ to }) => to ?? []);
    await stores.workloads.removeAll(changes.filter(({ to }) => to === null).map(({ workload }) => workload));
    await stores.workloads.putAll(puts);
    await stores.events.addAll(
      changes.map(({ kind, workload, to }) => {
        const previous = this.get(workload);
        return { kind, workload, body: { previous: previous && remembered(previous), state: to && remembered(to) } };
      }),
    );
    for (const { also } of changes) await also?.(stores);
    const stored = await stores.workloads.some(puts.map(({ name }) => name));
    return new Map(stored.map((workload) => [workload.name, workload]));
  }

  /** The labels of a version that has just become current. */
  assign(assignments: readonly LabelAssignment[]): void {
    this.#assigned = assignedLabels(assignments);
    this.#revision++;
    for (const workload of this.#workloads.values()) this.#note(workload.name, remembered(workload), this.#clock());
  }

  #keep(name: string, workload: WorkloadRecord | null): void {
    if (workload === null) this.#workloads.delete(name);
    else this.#workloads.set(name, workload);
    this.#guests.put(name, workload);
  }

  #note(name: string, workload: RememberedState | null, at: number): void {
    if (workload === null) this.book.remove(name, at);
    else this.book.set({ ...workload, name, labels: layLabels(name, workload.labels, this.#assigned) }, at);
  }

  /** Goes through the log and the versions once more, so that the address book knows what it knew before the restart. */
  #replay(events: readonly EstateEvent[], labels: readonly LabelTime[]): void {
    const changes = events.map(({ workload, at, body }) => ({ workload, at, ...(body as LoggedBody) }));
    const states = new Map<string, RememberedState | null>(
      [...this.#workloads].map(([name, workload]) => [name, remembered(workload)]),
    );
    // The first event of a workload says how it was before all of them.
    for (const { workload, previous } of changes.toReversed()) states.set(workload, previous);
    const noteAll = (at: number) => {
      for (const [name, state] of states) this.#note(name, state, at);
    };
    const [first, ...later] = labels;
    this.#assigned = assignedLabels(first?.labels ?? []);
    noteAll(0);
    for (const step of [...later, ...changes].sort((a, b) => a.at - b.at)) {
      if ('labels' in step) {
        this.#assigned = assignedLabels(step.labels);
        noteAll(step.at);
      } else {
        states.set(step.workload, step.state);
        this.#note(step.workload, step.state, step.at);
      }
    }
    for (const workload of this.#workloads.values()) this.#note(workload.name, remembered(workload), this.#clock());
  }
}

function refuseMoved(changes: readonly EstateChange[], stored: readonly WorkloadRecord[]): void {
  const byName = new Map(stored.map((workload) => [workload.name, workload]));
  const moved = changes.find(({ workload, onlyIf }) => onlyIf?.(byName.get(workload) ?? null) === false);
  if (moved !== undefined) throw new EstateMoved(moved.workload);
}

/** Somebody else changed the workload since the change was thought of. */
export class EstateMoved extends Error {
  constructor(workload: string) {
    super(`Cannot change workload "${workload}": it was changed in the meantime`);
  }
}

type RememberedState = Omit<WorkloadState, 'name'>;
type LoggedBody = { readonly previous: RememberedState | null; readonly state: RememberedState | null };
/** `managed`: reports of it are to be expected, from its own agent or that of its host. */
const remembered = (workload: WorkloadChange): RememberedState => ({
  labels: workload.labels,
  managed: isEnforced(workload),
  addresses: workload.addresses,
});

function workloadDocument(workload: WorkloadRecord, assigned: AssignedLabels): WorkloadDocument {
  return {
    kind: 'Workload',
    name: workload.name,
    labels: layLabels(workload.name, workload.labels, assigned),
    addresses: workload.addresses,
    ports: workload.ports,
    enforced: isEnforced(workload),
    host: workload.host,
    fallbackMode: workload.fallbackMode,
    place: { file: 'estate', line: 1, column: 1 },
  };
}
