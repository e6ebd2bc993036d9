import { createHash } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/** Who did what to what. `detail` never holds a secret, a password or a policy's text. */
export type AuditEntry = {
  readonly number: number;
  readonly at: number;
  /** A user's name, `local:root`, `agent:<workload>` or `controller`. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly previous: string;
  /** SHA-256 in hex over everything above: changing or taking out one entry breaks every later one. */
  readonly hash: string;
};

export type NewAuditEntry = Pick<AuditEntry, 'actor' | 'action' | 'subject' | 'detail'>;

export type AuditStore = {
  readonly add: (entry: NewAuditEntry) => Promise<AuditEntry>;
  /** Newest first, below `before` when given. */
  readonly list: (page: { readonly before: number | null; readonly limit: number }) => Promise<AuditEntry[]>;
  /** The number of the first entry that does not follow from the one before it; null when all do. */
  readonly verify: () => Promise<number | null>;
};

const firstPrevious = '0'.repeat(64);

export function auditStore(database: Kysely<Tables>, clock: () => number): AuditStore {
  const newest = database.selectFrom('audit').selectAll().orderBy('number', 'desc');
  return {
    add: async (entry) => {
      const last = await newest.limit(1).executeTakeFirst();
      const linked = { ...entry, number: (last?.number ?? 0) + 1, at: clock(), previous: last?.hash ?? firstPrevious };
      const added = { ...linked, hash: entryHash(linked) };
      await database
        .insertInto('audit')
        .values({ ...added, detail: JSON.stringify(added.detail) })
        .execute();
      return added;
    },
    list: async ({ before, limit }) => {
      const query = before === null ? newest : newest.where('number', '<', before);
      return (await query.limit(limit).execute()).map(fromRow);
    },
    verify: async () => firstBroken((await newest.execute()).reverse().map(fromRow)),
  };
}

/** Entries oldest first, from number 1. An end that was cut off cannot be seen from inside the log. */
export function firstBroken(entries: readonly AuditEntry[]): number | null {
  let previous = firstPrevious;
  for (const [index, entry] of entries.entries()) {
    const follows = entry.number === index + 1 && entry.previous === previous && entry.hash === entryHash(entry);
    if (!follows) return entry.number;
    previous = entry.hash;
  }
  return null;
}

function entryHash(entry: Omit<AuditEntry, 'hash'>): string {
  const { number, at, actor, action, subject, detail, previous } = entry;
  return createHash('sha256')
    .update(JSON.stringify([number, at, actor, action, subject, detail, previous]))
    .digest('hex');
}

function fromRow(row: Selectable<Tables['audit']>): AuditEntry {
  return { ...row, detail: JSON.parse(row.detail) };
}
