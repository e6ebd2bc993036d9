import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** The answer a POST got, kept so that a retry with the same key gets it again instead of acting twice. */
export type IdempotentAnswer = {
  readonly actor: string;
  readonly key: string;
  /** SHA-256 of method, path and body: the same key with another request is a mistake and is refused. */
  readonly requestHash: string;
  readonly status: number;
  readonly answer: string;
};

export type IdempotencyStore = {
  readonly get: (actor: string, key: string) => Promise<IdempotentAnswer | null>;
  readonly put: (answer: IdempotentAnswer) => Promise<void>;
};

/** Long enough for any retry, short enough to stay small. */
const keptForMilliseconds = 24 * 3600 * 1000;

export function idempotencyStore(database: Kysely<Tables>, clock: () => number): IdempotencyStore {
  return {
    get: async (actor, key) => {
      const query = database.selectFrom('idempotency').selectAll().where('actor', '=', actor).where('key', '=', key);
      const row = await query.where('created_at', '>', clock() - keptForMilliseconds).executeTakeFirst();
      if (row === undefined) return null;
      return { actor, key, requestHash: row.request_hash, status: row.status, answer: row.answer };
    },
    put: async ({ actor, key, requestHash, status, answer }) => {
      const oldest = clock() - keptForMilliseconds;
      await database.deleteFrom('idempotency').where('created_at', '<=', oldest).execute();
      const row = { actor, key, request_hash: requestHash, status, answer, created_at: clock() };
      await database
        .insertInto('idempotency')
        .values(row)
        .onConflict((conflict) => conflict.columns(['actor', 'key']).doNothing())
        .execute();
    },
  };
}
