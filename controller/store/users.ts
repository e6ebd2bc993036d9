import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

export type Role = 'admin' | 'viewer';
export type UserRecord = { readonly name: string; readonly passwordHash: string; readonly role: Role };

/** `tokenHash` is the SHA-256 of an opaque random token, which itself is stored nowhere. */
export type SessionRecord = { readonly tokenHash: string; readonly user: string; readonly expiresAt: number };

export type UserStore = {
  readonly count: () => Promise<number>;
  readonly get: (name: string) => Promise<UserRecord | null>;
  readonly add: (user: UserRecord) => Promise<void>;
  readonly addSession: (session: SessionRecord) => Promise<void>;
  /** The user behind a session that has not expired. */
  readonly userOfSession: (tokenHash: string) => Promise<UserRecord | null>;
  readonly removeSession: (tokenHash: string) => Promise<void>;
};

export function userStore(database: Kysely<Tables>, clock: () => number): UserStore {
  const get = async (name: string): Promise<UserRecord | null> => {
    const row = await database.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : { name, passwordHash: row.password_hash, role: row.role as Role };
  };
  return {
    count: async () => {
      const count = database.selectFrom('users').select((select) => select.fn.countAll<number>().as('users'));
      return (await count.executeTakeFirstOrThrow()).users;
    },
    get,
    add: async ({ name, passwordHash, role }) => {
      const row = { name, password_hash: passwordHash, role, created_at: clock() };
      await database.insertInto('users').values(row).execute();
    },
    addSession: async ({ tokenHash, user, expiresAt }) => {
      await database.deleteFrom('sessions').where('expires_at', '<=', clock()).execute();
      const row = { token_hash: tokenHash, user, created_at: clock(), expires_at: expiresAt };
      await database.insertInto('sessions').values(row).execute();
    },
    userOfSession: async (tokenHash) => {
      const live = database.selectFrom('sessions').select('user').where('token_hash', '=', tokenHash);
      const row = await live.where('expires_at', '>', clock()).executeTakeFirst();
      return row === undefined ? null : get(row.user);
    },
    removeSession: async (tokenHash) => {
      await database.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
    },
  };
}
