import type { Labels, ModeName, NetworkAddress } from '@bulkhead/model/words.ts';
import type { ServiceRange } from '@bulkhead/net/service-space.ts';
import type { Kysely, Selectable } from 'kysely';
import { inChunks } from './in-chunks.ts';
import type { Tables } from './schema.ts';

/** The cluster that a workload is a part of, and all labels that it gives it, whoever lets it set them. */
export type WorkloadSource = {
  readonly kind: 'kubernetes';
  readonly cluster: string;
  readonly part: 'pod' | 'node';
  readonly labels: Labels;
};

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
  /** Null: an agent, a person or a file says what it is. */
  readonly source: WorkloadSource | null;
  /** The workload on whose kernel it runs and whose agent enforces for it; null: it is no guest. */
  readonly host: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** Something enforces for it: its own agent, or that of its host. */
export const isEnforced = ({ managed, host }: Pick<WorkloadRecord, 'managed' | 'host'>): boolean =>
  managed || host !== null;

export type WorkloadChange = Omit<WorkloadRecord, 'createdAt' | 'updatedAt'>;

export type WorkloadStore = {
  readonly all: () => Promise<WorkloadRecord[]>;
  readonly get: (name: string) => Promise<WorkloadRecord | null>;
  /** Those of the names that there are. */
  readonly some: (names: readonly string[]) => Promise<WorkloadRecord[]>;
  readonly put: (workload: WorkloadChange) => Promise<void>;
  /** Each name once. */
  readonly putAll: (workloads: readonly WorkloadChange[]) => Promise<void>;
  readonly remove: (name: string) => Promise<boolean>;
  readonly removeAll: (names: readonly string[]) => Promise<void>;
};

/** Rows of one statement; a database takes some tens of thousands of values. */
const rowsAtOnce = 500;

export function workloadStore(database: Kysely<Tables>, clock: () => number): WorkloadStore {
  const putAll: WorkloadStore['putAll'] = async (workloads) => {
    for (const rows of inChunks(
      workloads.map((workload) => toRow(workload, clock())),
      rowsAtOnce,
    )) {
      await database
        .insertInto('workloads')
        .values(rows)
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet(({ ref }) => ({
            managed: ref('excluded.managed'),
            labels: ref('excluded.labels'),
            addresses: ref('excluded.addresses'),
            ports: ref('excluded.ports'),
            fallback_mode: ref('excluded.fallback_mode'),
            serial: ref('excluded.serial'),
            enrolment: ref('excluded.enrolment'),
            source: ref('excluded.source'),
            host: ref('excluded.host'),
            updated_at: ref('excluded.updated_at'),
          })),
        )
        .execute();
    }
  };
  return {
    all: async () => (await database.selectFrom('workloads').selectAll().orderBy('name').execute()).map(fromRow),
    get: async (name) => {
      const row = await database.selectFrom('workloads').selectAll().where('name', '=', name).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    some: async (names) => {
      const found: WorkloadRecord[] = [];
      for (const some of inChunks(names, rowsAtOnce)) {
        const rows = await database.selectFrom('workloads').selectAll().where('name', 'in', some).execute();
        found.push(...rows.map(fromRow));
      }
      return found;
    },
    put: (workload) => putAll([workload]),
    putAll,
    remove: async (name) => {
      const result = await database.deleteFrom('workloads').where('name', '=', name).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
    removeAll: async (names) => {
      for (const some of inChunks(names, rowsAtOnce))
        await database.deleteFrom('workloads').where('name', 'in', some).execute();
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
    source: workload.source === null ? null : JSON.stringify(workload.source),
    host: workload.host,
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
    source: row.source === null ? null : JSON.parse(row.source),
    host: row.host,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
