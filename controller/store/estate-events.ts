import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * The estate's own log: what changed at once, without a draft. With the versions it answers "who could reach what at
 * time T", and the address book is rebuilt from it after a restart.
 */
export type EstateEvent = {
  readonly at: number;
  readonly kind: 'enrolled' | 'revoked' | 'addresses' | 'unmanaged' | 'cluster' | 'removed';
  readonly workload: string;
  readonly body: Readonly<Record<string, unknown>>;
};

export type EventStore = {
  readonly add: (event: Omit<EstateEvent, 'at'>) => Promise<EstateEvent>;
  /** Oldest first, from `since`, at most `limit`. */
  readonly since: (since: number, limit: number) => Promise<EstateEvent[]>;
};

export function eventStore(database: Kysely<Tables>, clock: () => number): EventStore {
  return {
    add: async (event) => {
      const added = { ...event, at: clock() };
      await database
        .insertInto('estate_events')
        .values({ ...added, body: JSON.stringify(added.body) })
        .execute();
      return added;
    },
    since: async (since, limit) => {
      const query = database.selectFrom('estate_events').selectAll().where('at', '>=', since);
      const rows = await query.orderBy('number').limit(limit).execute();
      return rows.map((row) => ({
        at: row.at,
        kind: row.kind as EstateEvent['kind'],
        workload: row.workload,
        body: JSON.parse(row.body),
      }));
    },
  };
}
