import { type Kysely, type Selectable, sql } from 'kysely';
import type { LabelAssignment, PolicyFile } from './policy-text.ts';
import type { Tables } from './schema.ts';

/** Kept exactly as written, problems included: what cannot be provisioned can still be mended. */
export type DraftRecord = {
  readonly name: string;
  /** The version the draft was made from; provisioning is refused once another one is current. */
  readonly base: number;
  readonly files: readonly PolicyFile[];
  /** Changes against the labels of the base, in order. */
  readonly labels: readonly LabelAssignment[];
  /** Grows with every change of any draft, so that one deleted and made again is not taken for what it was. */
  readonly revision: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
};

export type DraftChange = Omit<DraftRecord, 'revision' | 'updatedAt'>;

export type DraftStore = {
  readonly all: () => Promise<DraftRecord[]>;
  readonly get: (name: string) => Promise<DraftRecord | null>;
  readonly put: (draft: DraftChange) => Promise<void>;
  readonly remove: (name: string) => Promise<boolean>;
};

export function draftStore(database: Kysely<Tables>, clock: () => number): DraftStore {
  return {
    all: async () => (await database.selectFrom('drafts').selectAll().orderBy('name').execute()).map(fromRow),
    get: async (name) => {
      const row = await database.selectFrom('drafts').selectAll().where('name', '=', name).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    put: async (draft) => {
      const row = {
        revision: await nextRevision(database),
        base: draft.base,
        files: JSON.stringify(draft.files),
        labels: JSON.stringify(draft.labels),
        updated_at: clock(),
        updated_by: draft.updatedBy,
      };
      await database
        .insertInto('drafts')
        .values({ name: draft.name, ...row })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute();
    },
    remove: async (name) => {
      const result = await database.deleteFrom('drafts').where('name', '=', name).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

async function nextRevision(database: Kysely<Tables>): Promise<number> {
  const { value } = await database
    .updateTable('meta')
    .set({ value: sql`CAST(CAST(value AS integer) + 1 AS text)` })
    .where('key', '=', 'draft-revision')
    .returning('value')
    .executeTakeFirstOrThrow();
  return Number(value);
}

function fromRow(row: Selectable<Tables['drafts']>): DraftRecord {
  return {
    name: row.name,
    base: row.base,
    files: JSON.parse(row.files),
    labels: JSON.parse(row.labels),
    revision: row.revision,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}
