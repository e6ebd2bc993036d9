import type { Labels, ModeName } from '@bulkhead/model/words.ts';
import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/** What a pairing key hands to the host that enrols with it. The secret is stored only as its SHA-256. */
export type PairingKeyRecord = {
  readonly id: string;
  /** SHA-256 in hex. A plain hash is enough: the secret is 256 random bits, there is nothing to guess slowly. */
  readonly secretHash: string;
  /** The workload's name, fixed; null: the host's own name is taken. */
  readonly name: string | null;
  readonly labels: Labels;
  readonly mode: ModeName;
  /** Whether a host may take over a name that is already enrolled. */
  readonly replaces: boolean;
  readonly usesLeft: number;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly createdBy: string;
};

export type PairingKeyStore = {
  readonly all: () => Promise<PairingKeyRecord[]>;
  readonly get: (id: string) => Promise<PairingKeyRecord | null>;
  readonly put: (key: PairingKeyRecord) => Promise<void>;
  /** Takes one use; false when none was left. Atomic: two hosts cannot share the last use. */
  readonly use: (id: string) => Promise<boolean>;
  readonly remove: (id: string) => Promise<boolean>;
};

export function pairingKeyStore(database: Kysely<Tables>): PairingKeyStore {
  return {
    all: async () => (await database.selectFrom('pairing_keys').selectAll().orderBy('id').execute()).map(fromRow),
    get: async (id) => {
      const row = await database.selectFrom('pairing_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    put: async (key) => {
      await database.insertInto('pairing_keys').values(toRow(key)).execute();
    },
    use: async (id) => {
      const result = await database
        .updateTable('pairing_keys')
        .set((set) => ({ uses_left: set('uses_left', '-', 1) }))
        .where('id', '=', id)
        .where('uses_left', '>', 0)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    remove: async (id) => {
      const result = await database.deleteFrom('pairing_keys').where('id', '=', id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

function toRow(key: PairingKeyRecord): Tables['pairing_keys'] {
  return {
    id: key.id,
    secret_hash: key.secretHash,
    name: key.name,
    labels: JSON.stringify(key.labels),
    mode: key.mode,
    replaces: key.replaces ? 1 : 0,
    uses_left: key.usesLeft,
    expires_at: key.expiresAt,
    created_at: key.createdAt,
    created_by: key.createdBy,
  };
}

function fromRow(row: Selectable<Tables['pairing_keys']>): PairingKeyRecord {
  return {
    id: row.id,
    secretHash: row.secret_hash,
    name: row.name,
    labels: JSON.parse(row.labels),
    mode: row.mode as ModeName,
    replaces: row.replaces === 1,
    usesLeft: row.uses_left,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
