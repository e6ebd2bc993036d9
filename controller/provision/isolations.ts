import type { End, ServiceRef, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { parseSelector } from '@bulkhead/model/selector.ts';
import { parsePrefix } from '@bulkhead/net/prefix.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { type Isolation, isIsolated, type RescueAccess } from '@bulkhead/policy/isolation.ts';
import type { IsolationRecord, NewIsolation, StoredAccess } from '../store/isolations.ts';
import type { Store } from '../store/open-store.ts';

/** A record that says nothing that can be read; it was checked before it was stored. */
const unreadable = (what: string): never => {
  throw new Error(`An isolation in the store cannot be read: ${what}`);
};

/** What a record means to the policy. */
export function isolationOf({ id, of, rescue, allow, controllers }: IsolationRecord): Isolation {
  return {
    id,
    of: 'names' in of ? { kind: 'names', names: of.names } : { kind: 'selector', selector: selectorOf(of.selector) },
    rescue,
    allow: allow.map(accessOf),
    controllers: controllers.map(controllerOf),
  };
}

function selectorOf(text: string) {
  const parsed = parseSelector(text, null);
  return parsed.kind === 'ok' ? parsed.selector : unreadable(text);
}

function controllerOf(text: string) {
  const [where = '', what = ''] = text.split(' ');
  return { prefix: parsePrefix(where) ?? unreadable(text), service: parseServiceRange(what) ?? unreadable(text) };
}

function accessOf({ from, services }: StoredAccess): RescueAccess {
  const ends: End[] =
    'selector' in from
      ? [{ kind: 'selector', selector: selectorOf(from.selector), scoped: false, identity: null }]
      : from.prefixes.map((text) => {
          return { kind: 'prefix', prefix: parsePrefix(text) ?? unreadable(text), identity: null };
        });
  const refs = services.map((text): ServiceRef => {
    return { kind: 'range', range: parseServiceRange(text) ?? unreadable(text), text };
  });
  return { from: ends, services: refs };
}

/** Milliseconds; setTimeout's limit, a later end is looked at again then. */
const timerLimit = 2 ** 31 - 1;

export type IsolationsParts = { readonly store: Store; readonly clock: () => number };
type Entry = { readonly record: IsolationRecord; readonly meaning: Isolation };

/** Isolations that are in force: stored, and in memory as what they mean. `revision` grows with every change. */
export class Isolations {
  readonly #parts: IsolationsParts;
  #entries: readonly Entry[];
  #revision = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(parts: IsolationsParts, records: readonly IsolationRecord[]) {
    this.#parts = parts;
    this.#entries = records.map(entryOf);
  }

  static async load(parts: IsolationsParts): Promise<Isolations> {
    return new Isolations(parts, await parts.store.isolations.inForce());
  }

  get revision(): number {
    return this.#revision;
  }
  get records(): readonly IsolationRecord[] {
    return this.#entries.map(({ record }) => record);
  }
  get meanings(): readonly Isolation[] {
    return this.#entries.map(({ meaning }) => meaning);
  }

  record(id: number): IsolationRecord | null {
    return this.#entries.find(({ record }) => record.id === id)?.record ?? null;
  }

  /** Numbers of those that close the workload. */
  closing(workload: WorkloadDocument): number[] {
    return this.#entries.filter(({ meaning }) => isIsolated(meaning, workload)).map(({ record }) => record.id);
  }

  /** Stored with its entry in the audit log before anybody hears of it. */
  async add(isolation: NewIsolation): Promise<IsolationRecord> {
    const record = await this.#parts.store.transaction(async (stores) => {
      const added = await stores.isolations.add(isolation);
      const { of, rescue, allow, reason, expiresAt } = added;
      const detail = { of, rescue, allow: allow.map(({ text }) => text), reason, expiresAt };
      const actor = added.createdBy;
      await stores.audit.add({ actor, action: 'isolate', subject: `isolation ${added.id}`, detail });
      return added;
    });
    this.#become([...this.#entries, entryOf(record)]);
    return record;
  }

  /** Null: none of that number is in force. */
  async release(id: number, actor: string, reason: string): Promise<IsolationRecord | null> {
    const record = this.record(id);
    if (record === null) return null;
    const isReleased = await this.#parts.store.transaction(async (stores) => {
      if (!(await stores.isolations.release(id, actor))) return false;
      const detail = { of: record.of, reason };
      await stores.audit.add({ actor, action: 'release', subject: `isolation ${id}`, detail });
      return true;
    });
    this.#become(this.#entries.filter((entry) => entry.record.id !== id));
    return isReleased ? record : null;
  }

  /** Calls `due` when the next one is over; it is asked again after every change. */
  watch(due: (id: number) => void): void {
    clearTimeout(this.#timer);
    const ends = this.#entries.flatMap(({ record }) => (record.expiresAt === null ? [] : [record]));
    const [next] = ends.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0));
    if (next === undefined) return;
    const wait = Math.max((next.expiresAt ?? 0) - this.#parts.clock(), 0) + 1;
    this.#timer = setTimeout(() => (wait > timerLimit ? this.watch(due) : due(next.id)), Math.min(wait, timerLimit));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #become(entries: readonly Entry[]): void {
    this.#entries = entries;
    this.#revision++;
  }
}

const entryOf = (record: IsolationRecord): Entry => ({ record, meaning: isolationOf(record) });
