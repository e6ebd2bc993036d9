import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** Single values: the hash of the setup token, and the revision that was given to a draft last. */
export type MetaStore = {
  readonly get: (key: string) => Promise<string | null>;
  readonly set: (key: string, value: string) => Promise<void>;
  readonly remove: (key: string) => Promise<void>;
};

export function metaStore(database: Kysely<Tables>): MetaStore {
  return {
    get: async (key) => {
      const row = await database.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
      return row?.value ?? null;
    },
    set: async (key, value) => {
      await database
        .insertInto('meta')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
    },
    remove: async (key) => {
      await database.deleteFrom('meta').where('key', '=', key).execute();
    },
  };
}
