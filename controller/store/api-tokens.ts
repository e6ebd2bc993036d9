import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';
import type { Role } from './users.ts';

/** With what a program signs in. Only the SHA-256 of the token is stored. */
export type ApiTokenRecord = {
  readonly name: string;
  readonly tokenHash: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number;
  /** Null: never. Not to the request: as often as `used` says so. */
  readonly lastUsedAt: number | null;
};

export type ApiTokenStore = {
  readonly all: () => Promise<ApiTokenRecord[]>;
  readonly get: (name: string) => Promise<ApiTokenRecord | null>;
  /** Whether it has expired is not looked at. */
  readonly ofToken: (tokenHash: string) => Promise<ApiTokenRecord | null>;
  readonly add: (token: Omit<ApiTokenRecord, 'lastUsedAt'>) => Promise<void>;
  readonly used: (name: string, at: number) => Promise<void>;
  readonly remove: (name: string) => Promise<boolean>;
};

export function apiTokenStore(database: Kysely<Tables>): ApiTokenStore {
  const rows = database.selectFrom('api_tokens').selectAll();
  const one = (row: Selectable<Tables['api_tokens']> | undefined) => (row === undefined ? null : fromRow(row));
  return {
    all: async () => (await rows.orderBy('name').execute()).map(fromRow),
    get: async (name) => one(await rows.where('name', '=', name).executeTakeFirst()),
    ofToken: async (tokenHash) => one(await rows.where('token_hash', '=', tokenHash).executeTakeFirst()),
    add: async ({ name, tokenHash, role, createdAt, createdBy, expiresAt }) => {
      const times = { created_at: createdAt, expires_at: expiresAt, last_used_at: null };
      const row = { name, token_hash: tokenHash, role, created_by: createdBy, ...times };
      await database.insertInto('api_tokens').values(row).execute();
    },
    used: async (name, at) => {
      await database.updateTable('api_tokens').set({ last_used_at: at }).where('name', '=', name).execute();
    },
    remove: async (name) => {
      const result = await database.deleteFrom('api_tokens').where('name', '=', name).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

function fromRow(row: Selectable<Tables['api_tokens']>): ApiTokenRecord {
  return {
    name: row.name,
    tokenHash: row.token_hash,
    role: row.role as Role,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
