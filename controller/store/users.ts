import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

export const roles = ['admin', 'editor', 'viewer'] as const;
export type Role = (typeof roles)[number];
export type UserRecord = { readonly name: string; readonly passwordHash: string; readonly role: Role };

/** `tokenHash` is the SHA-256 of an opaque random token, which itself is stored nowhere. */
export type SessionRecord = { readonly tokenHash: string; readonly user: string; readonly expiresAt: number };

export type UserStore = {
  readonly count: () => Promise<number>;
  readonly all: () => Promise<UserRecord[]>;
  readonly get: (name: string) => Promise<UserRecord | null>;
  readonly add: (user: UserRecord) => Promise<void>;
  /** Ends the sessions that the old one opened. */
  readonly setPassword: (name: string, passwordHash: string) => Promise<void>;
  /** With all sessions. */
  readonly remove: (name: string) => Promise<boolean>;
  readonly addSession: (session: SessionRecord) => Promise<void>;
  /** The user behind a session that has not expired. */
  readonly userOfSession: (tokenHash: string) => Promise<UserRecord | null>;
  readonly removeSession: (tokenHash: string) => Promise<void>;
};

export function userStore(database: Kysely<Tables>, clock: () => number): UserStore {
  const get = async (name: string): Promise<UserRecord | null> => {
    const row = await database.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  };
  const endSessions = (name: string) => database.deleteFrom('sessions').where('user', '=', name).execute();
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
    all: async () => (await database.selectFrom('users').selectAll().orderBy('name').execute()).map(fromRow),
    setPassword: async (name, passwordHash) => {
      await endSessions(name);
      await database.updateTable('users').set({ password_hash: passwordHash }).where('name', '=', name).execute();
    },
    remove: async (name) => {
      await endSessions(name);
      const result = await database.deleteFrom('users').where('name', '=', name).executeTakeFirst();
      return result.numDeletedRows > 0n;
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

function fromRow(row: Selectable<Tables['users']>): UserRecord {
  return { name: row.name, passwordHash: row.password_hash, role: row.role as Role };
}
