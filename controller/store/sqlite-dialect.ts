import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SqliteDialect } from 'kysely';

/**
 * Kysely's SQLite dialect over Node's own SQLite. Kysely was written for a driver that takes parameters as one array
 * and says whether a statement reads; node:sqlite takes them spread and says it through its columns.
 *
 * `synchronous=FULL`: what the API has acknowledged survives a power cut. WAL: readers never wait for the writer.
 */
export function sqliteDialect(path: string): SqliteDialect {
  const database = new DatabaseSync(path);
  for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`);
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => {
        // A full disk ends the transaction by itself; to fail at the rollback then would hide what had happened.
        if (sql === 'rollback' && !database.isTransaction) return nothing;
        const statement = database.prepare(sql);
        const bind = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...bind(parameters)),
          run: (parameters) => statement.run(...bind(parameters)),
          iterate: (parameters) => statement.iterate(...bind(parameters)),
        };
      },
    },
  });
}

const nothing = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

const pragmas = ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'busy_timeout = 5000'];
