import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/** Rescue access of an isolation. `from`: prefixes, or one selector. */
export type StoredAccess = {
  /** As it was asked for. */
  readonly text: string;
  readonly from: { readonly prefixes: readonly string[] } | { readonly selector: string };
  readonly services: readonly string[];
};

export type IsolationOf = { readonly names: readonly string[] } | { readonly selector: string };

/** Who is closed, since when and by whom; it is in force until it was released. */
export type IsolationRecord = {
  readonly id: number;
  readonly of: IsolationOf;
  readonly rescue: readonly string[] | null;
  readonly allow: readonly StoredAccess[];
  /** Where agents reached the controller then: `10.0.0.1/32 tcp/8444`. */
  readonly controllers: readonly string[];
  readonly reason: string;
  readonly createdAt: number;
  readonly createdBy: string;
  /** Null: until somebody releases it. */
  readonly expiresAt: number | null;
  readonly releasedAt: number | null;
  readonly releasedBy: string | null;
  /** What became of it last, for people; null: nothing yet. */
  readonly run: unknown;
};

export type NewIsolation = Omit<IsolationRecord, 'id' | 'createdAt' | 'releasedAt' | 'releasedBy' | 'run'>;

export type IsolationStore = {
  /** Not released, in the order of their numbers. */
  readonly inForce: () => Promise<IsolationRecord[]>;
  readonly get: (id: number) => Promise<IsolationRecord | null>;
  /** Newest first, below `before` when given. */
  readonly list: (page: { readonly before: number | null; readonly limit: number }) => Promise<IsolationRecord[]>;
  /** Numbers grow and are never given out twice. */
  readonly add: (isolation: NewIsolation) => Promise<IsolationRecord>;
  /** False: there is none of that number in force. */
  readonly release: (id: number, by: string) => Promise<boolean>;
  readonly noteRun: (id: number, run: unknown) => Promise<void>;
};

export function isolationStore(database: Kysely<Tables>, clock: () => number): IsolationStore {
  const all = database.selectFrom('isolations').selectAll();
  const get: IsolationStore['get'] = async (id) => {
    const row = await all.where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  };
  return {
    get,
    inForce: async () => (await all.where('released_at', 'is', null).orderBy('id').execute()).map(fromRow),
    list: async ({ before, limit }) => {
      const newest = all.orderBy('id', 'desc').limit(limit);
      return (await (before === null ? newest : newest.where('id', '<', before)).execute()).map(fromRow);
    },
    add: async ({ of, rescue, allow, controllers, reason, createdBy, expiresAt }) => {
      const row = {
        target: JSON.stringify(of),
        rescue: rescue === null ? null : JSON.stringify(rescue),
        allowed: JSON.stringify(allow),
        controllers: JSON.stringify(controllers),
        reason,
        created_at: clock(),
        created_by: createdBy,
        expires_at: expiresAt,
      };
      return fromRow(await database.insertInto('isolations').values(row).returningAll().executeTakeFirstOrThrow());
    },
    noteRun: async (id, run) => {
      await database
        .updateTable('isolations')
        .set({ run: JSON.stringify(run) })
        .where('id', '=', id)
        .execute();
    },
    release: async (id, by) => {
      const update = database.updateTable('isolations').set({ released_at: clock(), released_by: by });
      const result = await update.where('id', '=', id).where('released_at', 'is', null).executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
  };
}

function fromRow(row: Selectable<Tables['isolations']>): IsolationRecord {
  return {
    id: row.id,
    of: JSON.parse(row.target),
    rescue: row.rescue === null ? null : JSON.parse(row.rescue),
    allow: JSON.parse(row.allowed),
    controllers: JSON.parse(row.controllers),
    reason: row.reason,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    releasedAt: row.released_at,
    releasedBy: row.released_by,
    run: row.run === null ? null : JSON.parse(row.run),
  };
}
