import type { Labels, ModeName, NetworkAddress } from '@bulkhead/model/words.ts';
import type { ServiceRange } from '@bulkhead/net/service-space.ts';
import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/** A workload as the estate knows it, before the labels that a version assigns are laid over its own. */
export type WorkloadRecord = {
  readonly name: string;
  readonly managed: boolean;
  readonly labels: Labels;
  readonly addresses: readonly NetworkAddress[];
  readonly ports: Readonly<Record<string, readonly ServiceRange[]>>;
  readonly fallbackMode: ModeName;
  /** Serial number of the client certificate it enrolled with, which may have been renewed since; null: unmanaged. */
  readonly serial: string | null;
  /** Counts enrolments under this name; a replaced host starts a new numbering of its flow batches. */
  readonly enrolment: number;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type WorkloadChange = Omit<WorkloadRecord, 'createdAt' | 'updatedAt'>;

export type WorkloadStore = {
  readonly all: () => Promise<WorkloadRecord[]>;
  readonly get: (name: string) => Promise<WorkloadRecord | null>;
  readonly put: (workload: WorkloadChange) => Promise<void>;
  readonly remove: (name: string) => Promise<boolean>;
};

export function workloadStore(database: Kysely<Tables>, clock: () => number): WorkloadStore {
  return {
    all: async () => (await database.selectFrom('workloads').selectAll().orderBy('name').execute()).map(fromRow),
    get: async (name) => {
      const row = await database.selectFrom('workloads').selectAll().where('name', '=', name).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    put: async (workload) => {
      const { name, created_at, ...changed } = toRow(workload, clock());
      await database
        .insertInto('workloads')
        .values({ name, created_at, ...changed })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(changed))
        .execute();
    },
    remove: async (name) => {
      const result = await database.deleteFrom('workloads').where('name', '=', name).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

function toRow(workload: WorkloadChange, now: number): Tables['workloads'] {
  return {
    name: workload.name,
    managed: workload.managed ? 1 : 0,
    labels: JSON.stringify(workload.labels),
    addresses: JSON.stringify(workload.addresses),
    ports: JSON.stringify(workload.ports),
    fallback_mode: workload.fallbackMode,
    serial: workload.serial,
    enrolment: workload.enrolment,
    created_at: now,
    updated_at: now,
  };
}

function fromRow(row: Selectable<Tables['workloads']>): WorkloadRecord {
  return {
    name: row.name,
    managed: row.managed === 1,
    labels: JSON.parse(row.labels),
    addresses: JSON.parse(row.addresses),
    ports: JSON.parse(row.ports),
    fallbackMode: row.fallback_mode as ModeName,
    serial: row.serial,
    enrolment: row.enrolment,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
