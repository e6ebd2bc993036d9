import type { Applied, Inventory } from '@bulkhead/wire/messages.ts';
import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/** What one host was last told and what it last said. INVARIANT: a generation is stored before it is sent. */
export type HostStateRecord = {
  readonly workload: string;
  readonly generation: number;
  readonly revision: number;
  readonly hash: string;
  /** The last host ruleset sent, in its text form (model/host-ruleset-text.ts); empty: none yet. */
  readonly ruleset: string;
  readonly applied: Applied | null;
  readonly inventory: Inventory | null;
  readonly seenAt: number | null;
};

export type SentRuleset = Pick<HostStateRecord, 'workload' | 'generation' | 'revision' | 'hash' | 'ruleset'>;

export type HostStateStore = {
  readonly all: () => Promise<HostStateRecord[]>;
  readonly get: (workload: string) => Promise<HostStateRecord | null>;
  readonly sent: (sent: SentRuleset) => Promise<void>;
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
  return {
    all: async () => (await database.selectFrom('host_states').selectAll().orderBy('workload').execute()).map(fromRow),
    get: async (workload) => {
      const query = database.selectFrom('host_states').selectAll().where('workload', '=', workload);
      const row = await query.executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    sent: async ({ workload, ...set }) => {
      await update(workload, set);
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

function fromRow(row: Selectable<Tables['host_states']>): HostStateRecord {
  return {
    workload: row.workload,
    generation: row.generation,
    revision: row.revision,
    hash: row.hash,
    ruleset: row.ruleset,
    applied: row.applied === null ? null : JSON.parse(row.applied),
    inventory: row.inventory === null ? null : JSON.parse(row.inventory),
    seenAt: row.seen_at,
  };
}
