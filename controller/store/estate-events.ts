import type { Kysely } from 'kysely';
import { inChunks } from './in-chunks.ts';
import type { Tables } from './schema.ts';

const rowsAtOnce = 500;

/**
 * The estate's own log: what changed at once, without a draft. With the versions it answers "who could reach what at
 * time T", and the address book is rebuilt from it after a restart.
 */
export type EstateEvent = {
  readonly at: number;
  readonly kind: 'enrolled' | 'revoked' | 'addresses' | 'unmanaged' | 'guest' | 'cluster' | 'removed';
  readonly workload: string;
  readonly body: Readonly<Record<string, unknown>>;
};

export type EventStore = {
  /** All at this moment, in their order. */
  readonly addAll: (events: readonly Omit<EstateEvent, 'at'>[]) => Promise<void>;
  /** Oldest first, from `since`, at most `limit`. */
  readonly since: (since: number, limit: number) => Promise<EstateEvent[]>;
};

export function eventStore(database: Kysely<Tables>, clock: () => number): EventStore {
  return {
    addAll: async (events) => {
      const at = clock();
      const rows = events.map((event) => ({ ...event, at, body: JSON.stringify(event.body) }));
      for (const some of inChunks(rows, rowsAtOnce)) await database.insertInto('estate_events').values(some).execute();
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
