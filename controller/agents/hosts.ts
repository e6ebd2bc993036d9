import type {
  Applied,
  Capabilities,
  ControllerMessage,
  Health,
  Held,
  Inventory,
  Reach,
} from '@bulkhead/wire/messages.ts';
import type { HostStateRecord } from '../store/host-states.ts';
import type { Refusal } from './refusals.ts';

/** One connected agent, as the rest of the controller sees it. */
export type AgentLink = {
  readonly workload: string;
  /** What the agent holds once everything sent so far is applied; null: unknown, so only a whole ruleset will do. */
  held: Held | null;
  readonly send: (message: ControllerMessage) => void;
  readonly close: (code: string, message: string) => void;
  /** Where its agent reaches this controller. Absent: not known, for a relay or a socket of the file system is in between. */
  readonly reachedAt?: Reach;
};

/** Nothing was reported in between, or what was is still in the agent's spool. `until` null: still away. */
export type Gap = { readonly from: number; readonly until: number | null };

export type BatchCounts = {
  readonly batches: number;
  readonly duplicates: number;
  /** Sequence numbers that never came: the agent's spool had no room for them. */
  readonly missing: number;
  readonly reports: number;
  /** Reports that spoke for another workload's address; dropped. */
  readonly foreign: number;
  /** Reports from a clock that runs ahead; counted as of now. */
  readonly early: number;
  /** Reports of probes that were ordered here: evidence, and no traffic; not stored. */
  readonly probes: number;
};

export type HostStatus = {
  readonly workload: string;
  readonly connected: boolean;
  readonly connectedAt: number | null;
  readonly seenAt: number | null;
  readonly gaps: readonly Gap[];
  readonly capabilities: Capabilities | null;
  readonly health: Health | null;
  readonly inventory: Inventory | null;
  readonly applied: Applied | null;
  readonly counts: BatchCounts;
  /** When two agents were last seen to end each other's sessions under this name; null: never. */
  readonly contestedAt: number | null;
};

/** Gaps kept per host; the oldest is forgotten first. */
const gapLimit = 32;
/** So many sessions of one host that began while its last still ran, within so many milliseconds: no crash does that. */
const takeovers = { most: 3, within: 10 * 60_000 } as const;
const noCounts: BatchCounts = { batches: 0, duplicates: 0, missing: 0, reports: 0, foreign: 0, early: 0, probes: 0 };

/** What every managed host last said, and the links of those that are connected. At most one link per workload. */
export class Hosts {
  readonly #clock: () => number;
  readonly #changed: (workload: string) => void;
  /** The last times a session took over from one that still ran, by workload. */
  readonly #takeovers = new Map<string, readonly number[]>();
  readonly #statuses = new Map<string, HostStatus>();
  readonly #links = new Map<string, AgentLink>();
  /** By guest: the session of its host, over which its rulesets go. */
  readonly #guests = new Map<string, AgentLink>();
  readonly #hostOf = new Map<string, string>();

  constructor(clock: () => number, changed: (workload: string) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** After a start: nobody is connected, and the gap began when each was last seen. */
  restore(states: readonly HostStateRecord[]): void {
    for (const { workload, seenAt, inventory, applied } of states) {
      const gaps = seenAt === null ? [] : [{ from: seenAt, until: null }];
      this.#statuses.set(workload, { ...unknownHost(workload), seenAt, inventory, applied, gaps });
    }
  }

  status(workload: string): HostStatus {
    return this.#statuses.get(workload) ?? unknownHost(workload);
  }

  /** Of a guest: that over its host's session, which says in messages which workload they are about. */
  link(workload: string): AgentLink | null {
    return this.#links.get(workload) ?? this.#guests.get(workload) ?? null;
  }

  /** Workloads whose own agents are in session. */
  connected(): string[] {
    return [...this.#links.keys()];
  }

  /** Those and the guests that they enforce for. */
  reachable(): string[] {
    return [...this.#links.keys(), ...this.#guests.keys()];
  }

  /** Whose session a guest's rulesets go over at the moment. */
  hostOf(guest: string): string | null {
    return this.#hostOf.get(guest) ?? null;
  }

  /** The guest is reached over this session, until that ends or it is detached. `held`: what is held for it there. */
  attach(host: AgentLink, guest: string, held: Held | null): AgentLink {
    const send: AgentLink['send'] = (message) => host.send(forGuest(message, guest));
    const link = { workload: guest, held, send, close: host.close };
    this.#guests.set(guest, link);
    this.#hostOf.set(guest, host.workload);
    const now = this.#clock();
    this.note(guest, { connected: true, connectedAt: this.status(guest).connectedAt ?? now, seenAt: now });
    return link;
  }

  detach(guest: string): void {
    if (!this.#guests.delete(guest)) return;
    this.#hostOf.delete(guest);
    this.note(guest, { connected: false, connectedAt: null });
  }

  #detachAll(host: string): void {
    for (const [guest, at] of [...this.#hostOf]) if (at === host) this.detach(guest);
  }

  /** A reconnect wins over the old link: after a crash of the host the old one would linger until it times out. */
  connect(link: AgentLink): void {
    const old = this.#links.get(link.workload);
    this.#links.set(link.workload, link);
    this.#detachAll(link.workload);
    old?.close('replaced', 'Cannot go on with this session: the agent has opened another one');
    const now = this.#clock();
    if (old !== undefined) this.#takeOver(link.workload, now);
    const gaps = this.status(link.workload).gaps.map((gap) => ({ from: gap.from, until: gap.until ?? now }));
    this.note(link.workload, { connected: true, connectedAt: now, seenAt: now, gaps });
  }

  #takeOver(workload: string, now: number): void {
    const times = [...(this.#takeovers.get(workload) ?? []), now].slice(-takeovers.most);
    this.#takeovers.set(workload, times);
    const [first = now] = times;
    if (times.length === takeovers.most && now - first <= takeovers.within) this.note(workload, { contestedAt: now });
  }

  /** Two agents use this workload's identity, or did until lately. */
  isContested(workload: string): boolean {
    const { contestedAt } = this.status(workload);
    return contestedAt !== null && this.#clock() - contestedAt <= takeovers.within;
  }

  disconnect(link: AgentLink): void {
    if (this.#links.get(link.workload) !== link) return;
    this.#links.delete(link.workload);
    this.#detachAll(link.workload);
    const now = this.#clock();
    const gaps = [...this.status(link.workload).gaps, { from: now, until: null }].slice(-gapLimit);
    this.note(link.workload, { connected: false, connectedAt: null, gaps });
  }

  note(workload: string, change: Partial<Omit<HostStatus, 'workload'>>): void {
    this.#statuses.set(workload, { ...this.status(workload), ...change });
    this.#changed(workload);
  }

  /** Another host enforces for it now, or nobody: what the one before said of it no longer holds. */
  forgetGuest(guest: string): void {
    this.detach(guest);
    this.#statuses.delete(guest);
    this.#changed(guest);
  }

  /** Every frame proves that the host is there; told to nobody, because it happens all the time. */
  seen(workload: string): void {
    this.#statuses.set(workload, { ...this.status(workload), seenAt: this.#clock() });
  }

  count(workload: string, more: Partial<BatchCounts>): void {
    const status = this.status(workload);
    const counts: Record<string, number> = { ...status.counts };
    for (const [name, amount] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + amount;
    this.#statuses.set(workload, { ...status, counts: counts as BatchCounts });
  }

  /** The workload is revoked, or another host took its name: what the old one said no longer holds. */
  forget(workload: string, code: string, message: string): void {
    this.#links.get(workload)?.close(code, message);
    this.#links.delete(workload);
    this.#detachAll(workload);
    this.#takeovers.delete(workload);
    this.#statuses.delete(workload);
    this.#changed(workload);
  }
}

/** A change for a guest is not tried out: it takes nothing from the host, and where a guest stands nobody can try. */
function forGuest(message: ControllerMessage, guest: string): ControllerMessage {
  if (message.kind === 'delta') return { ...message, workload: guest, trial: null };
  return message.kind === 'ruleset' ? { ...message, trial: null } : message;
}

export const contested = (name: string): Refusal => ({
  code: 'identity-contested',
  message:
    `Two agents use the identity of "${name}" and end each other's sessions: a machine was copied with its keys, or ` +
    `they were stolen; remove the workload (bulkhead workload remove ${name}) and enrol each with a key of its own`,
});

function unknownHost(workload: string): HostStatus {
  return {
    workload,
    connected: false,
    connectedAt: null,
    seenAt: null,
    gaps: [],
    capabilities: null,
    health: null,
    inventory: null,
    applied: null,
    counts: noCounts,
    contestedAt: null,
  };
}
