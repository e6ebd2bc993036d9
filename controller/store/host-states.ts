import type { AddressDelta } from '@bulkhead/model/host-ruleset.ts';
import type { Applied, Inventory } from '@bulkhead/wire/messages.ts';
import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/** What one host was last told and what it last said. INVARIANT: a generation is stored before it is sent. */
export type HostStateRecord = {
  readonly workload: string;
  readonly generation: number;
  readonly revision: number;
  readonly hash: string;
  /** The last host ruleset that was stored whole, in its text form (model/host-ruleset-text.ts); empty: none yet. */
  readonly ruleset: string;
  /** What turns that into the one last sent, in order. */
  readonly amendments: readonly Amendment[];
  readonly applied: Applied | null;
  readonly inventory: Inventory | null;
  readonly seenAt: number | null;
};

/** `version`: of the policy it was compiled from. `delta` is not checked; null: it cannot be read. */
export type Amendment = { readonly version: number; readonly delta: AddressDelta | null };

type Sent = Pick<HostStateRecord, 'workload' | 'generation' | 'revision' | 'hash'>;
export type SentRuleset = Sent & Pick<HostStateRecord, 'ruleset'>;
/** `delta`: JSON of an AddressDelta, which many hosts share. */
export type SentAmendment = Sent & { readonly version: number; readonly delta: string };

export type HostStateStore = {
  readonly all: () => Promise<HostStateRecord[]>;
  readonly get: (workload: string) => Promise<HostStateRecord | null>;
  readonly sent: (sent: SentRuleset) => Promise<void>;
  /** On top of what was sent before; costs the delta, however long the ruleset is. */
  readonly amended: (sent: SentAmendment) => Promise<void>;
  readonly applied: (workload: string, applied: Applied) => Promise<void>;
  readonly inventory: (workload: string, inventory: Inventory) => Promise<void>;
  readonly seen: (workloads: readonly string[], at: number) => Promise<void>;
  readonly remove: (workload: string) => Promise<void>;
};

export function hostStateStore(database: Kysely<Tables>): HostStateStore {
  const update = (workload: string, set: Partial<Tables['host_states']>) =>
    database
      .insertInto('host_states')
      .values({ ...nothingSent, workload, ...set })
      .onConflict((conflict) => conflict.column('workload').doUpdateSet(set))
      .execute();
  const dropAmendments = (workload: string) =>
    database.deleteFrom('host_amendments').where('workload', '=', workload).execute();
  const amendments = (workload: string | null) => {
    const rows = database.selectFrom('host_amendments').selectAll().orderBy('workload').orderBy('generation');
    return (workload === null ? rows : rows.where('workload', '=', workload)).execute();
  };
  return {
    all: async () => {
      const states = await database.selectFrom('host_states').selectAll().orderBy('workload').execute();
      const byWorkload = Map.groupBy(await amendments(null), ({ workload }) => workload);
      return states.map((row) => fromRow(row, byWorkload.get(row.workload) ?? []));
    },
    get: async (workload) => {
      const query = database.selectFrom('host_states').selectAll().where('workload', '=', workload);
      const row = await query.executeTakeFirst();
      return row === undefined ? null : fromRow(row, await amendments(workload));
    },
    sent: async ({ workload, ...set }) => {
      await update(workload, set);
      await dropAmendments(workload);
    },
    amended: async ({ workload, generation, revision, hash, version, delta }) => {
      await update(workload, { generation, revision, hash });
      await database.insertInto('host_amendments').values({ workload, generation, version, delta }).execute();
    },
    applied: async (workload, applied) => {
      await update(workload, { applied: JSON.stringify(applied) });
    },
    inventory: async (workload, inventory) => {
      await update(workload, { inventory: JSON.stringify(inventory) });
    },
    seen: async (workloads, at) => {
      if (workloads.length === 0) return;
      await database.updateTable('host_states').set({ seen_at: at }).where('workload', 'in', workloads).execute();
    },
    remove: async (workload) => {
      await database.deleteFrom('host_states').where('workload', '=', workload).execute();
      await dropAmendments(workload);
    },
  };
}

const nothingSent = {
  generation: 0,
  revision: 0,
  hash: '',
  ruleset: '',
  applied: null,
  inventory: null,
  seen_at: null,
} as const;

/** Null for what cannot be read any more, too: a damaged row concerns its host, and not whether the controller starts. */
function readJson<T>(text: string | null): T | null {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

type AmendmentRow = Selectable<Tables['host_amendments']>;

function fromRow(row: Selectable<Tables['host_states']>, amendments: readonly AmendmentRow[]): HostStateRecord {
  return {
    workload: row.workload,
    generation: row.generation,
    revision: row.revision,
    hash: row.hash,
    ruleset: row.ruleset,
    amendments: amendments.map(({ version, delta }) => ({ version, delta: readJson(delta) })),
    applied: readJson(row.applied),
    inventory: readJson(row.inventory),
    seenAt: row.seen_at,
  };
}
