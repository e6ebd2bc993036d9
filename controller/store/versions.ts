import { createHash } from 'node:crypto';
import { canonicalContent, type PolicyContent } from '@bulkhead/model/policy-content.ts';
import type { Kysely, Selectable } from 'kysely';
import type { LabelAssignment, PolicyFile } from './policy-text.ts';
import type { Tables } from './schema.ts';

/** A provisioned policy: numbered, immutable, whole. Version 0 is the empty policy every estate starts with. */
export type VersionRecord = {
  readonly number: number;
  /** SHA-256 in hex over files and labels: two versions of equal hash say the same. */
  readonly hash: string;
  readonly base: number | null;
  readonly files: readonly PolicyFile[];
  /** Every label people have assigned, laid over what enrolment and imports said. */
  readonly labels: readonly LabelAssignment[];
  readonly note: string;
  readonly createdAt: number;
  readonly createdBy: string;
};

/** From `at` on, in milliseconds, these were the labels that people had assigned. */
export type LabelTime = { readonly at: number; readonly labels: readonly LabelAssignment[] };

export type NewVersion = Omit<VersionRecord, 'number' | 'hash' | 'createdAt'>;

export type VersionStore = {
  /** Newest first, below `before` when given. */
  readonly list: (page: { readonly before: number | null; readonly limit: number }) => Promise<VersionRecord[]>;
  readonly get: (number: number) => Promise<VersionRecord | null>;
  readonly current: () => Promise<VersionRecord | null>;
  /** Whose labels held when, oldest first: the newest `limit` versions, but of those before `since` only the last. */
  readonly labelsSince: (since: number, limit: number) => Promise<LabelTime[]>;
  /** Appends; numbers grow by one from 0. */
  readonly add: (version: NewVersion) => Promise<VersionRecord>;
};

export function versionStore(database: Kysely<Tables>, clock: () => number): VersionStore {
  const newest = database.selectFrom('versions').selectAll().orderBy('number', 'desc');
  const current = async () => {
    const row = await newest.limit(1).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  };
  return {
    list: async ({ before, limit }) => {
      const query = before === null ? newest : newest.where('number', '<', before);
      return (await query.limit(limit).execute()).map(fromRow);
    },
    get: async (number) => {
      const row = await database.selectFrom('versions').selectAll().where('number', '=', number).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    current,
    labelsSince: async (since, limit) => {
      const query = database.selectFrom('versions').select(['labels', 'created_at']).orderBy('number', 'desc');
      const rows = await query.limit(limit).execute();
      const before = rows.findIndex((row) => row.created_at < since);
      const kept = before < 0 ? rows : rows.slice(0, before + 1);
      return kept.reverse().map((row) => ({ at: row.created_at, labels: JSON.parse(row.labels) }));
    },
    add: async (version) => {
      const number = ((await current())?.number ?? -1) + 1;
      const added = { ...version, number, hash: versionHash(version), createdAt: clock() };
      await database.insertInto('versions').values(toRow(added)).execute();
      return added;
    },
  };
}

export const versionHash = (content: PolicyContent): string =>
  createHash('sha256').update(canonicalContent(content)).digest('hex');

function toRow(version: VersionRecord): Tables['versions'] {
  return {
    number: version.number,
    hash: version.hash,
    base: version.base,
    files: JSON.stringify(version.files),
    labels: JSON.stringify(version.labels),
    note: version.note,
    created_at: version.createdAt,
    created_by: version.createdBy,
  };
}

function fromRow(row: Selectable<Tables['versions']>): VersionRecord {
  return {
    number: row.number,
    hash: row.hash,
    base: row.base,
    files: JSON.parse(row.files),
    labels: JSON.parse(row.labels),
    note: row.note,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
