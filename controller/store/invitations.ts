import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';
import type { Role } from './users.ts';

/** Who may make an account, or a new password, with a one-time link. Only the hash of its token is stored. */
export type InvitationRecord = {
  readonly name: string;
  readonly tokenHash: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number;
};

export type InvitationStore = {
  readonly all: () => Promise<InvitationRecord[]>;
  readonly ofToken: (tokenHash: string) => Promise<InvitationRecord | null>;
  /** One per name: an earlier link is of no use any more. */
  readonly put: (invitation: InvitationRecord) => Promise<void>;
  readonly remove: (name: string) => Promise<boolean>;
};

export function invitationStore(database: Kysely<Tables>): InvitationStore {
  return {
    all: async () => (await database.selectFrom('invitations').selectAll().orderBy('name').execute()).map(fromRow),
    ofToken: async (tokenHash) => {
      const rows = database.selectFrom('invitations').selectAll().where('token_hash', '=', tokenHash);
      const row = await rows.executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    put: async ({ name, tokenHash, role, createdAt, createdBy, expiresAt }) => {
      const row = { token_hash: tokenHash, role, created_at: createdAt, created_by: createdBy, expires_at: expiresAt };
      const insert = database.insertInto('invitations').values({ name, ...row });
      await insert.onConflict((conflict) => conflict.column('name').doUpdateSet(row)).execute();
    },
    remove: async (name) => {
      const result = await database.deleteFrom('invitations').where('name', '=', name).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

function fromRow(row: Selectable<Tables['invitations']>): InvitationRecord {
  return {
    name: row.name,
    tokenHash: row.token_hash,
    role: row.role as Role,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
  };
}
