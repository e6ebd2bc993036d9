import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

export type ProvisionState = 'running' | 'done' | 'incomplete';

/** `away`: not connected, gets the version when it comes back. `timeout`: connected, did not answer in time. */
export type HostProgress = {
  readonly workload: string;
  readonly phase: 'widen' | 'narrow';
  readonly state: 'waiting' | 'sent' | 'applied' | 'failed' | 'away' | 'timeout';
  readonly generation: number | null;
  readonly problem: string | null;
  readonly at: number;
};

/** How far one provisioning came, for people; nothing is resumed from it (see provision/executor.ts). */
export type ProvisionRecord = {
  readonly version: number;
  readonly state: ProvisionState;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly hosts: readonly HostProgress[];
};

export type ProvisionStore = {
  readonly get: (version: number) => Promise<ProvisionRecord | null>;
  readonly unfinished: () => Promise<ProvisionRecord[]>;
  readonly put: (provision: ProvisionRecord) => Promise<void>;
};

export function provisionStore(database: Kysely<Tables>): ProvisionStore {
  const all = database.selectFrom('provisions').selectAll();
  return {
    get: async (version) => {
      const row = await all.where('version', '=', version).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    unfinished: async () => (await all.where('state', '=', 'running').orderBy('version').execute()).map(fromRow),
    put: async (provision) => {
      const set = {
        state: provision.state,
        started_at: provision.startedAt,
        finished_at: provision.finishedAt,
        hosts: JSON.stringify(provision.hosts),
      };
      await database
        .insertInto('provisions')
        .values({ version: provision.version, ...set })
        .onConflict((conflict) => conflict.column('version').doUpdateSet(set))
        .execute();
    },
  };
}

function fromRow(row: Selectable<Tables['provisions']>): ProvisionRecord {
  return {
    version: row.version,
    state: row.state as ProvisionState,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    hosts: JSON.parse(row.hosts),
  };
}
