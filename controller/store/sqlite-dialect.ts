import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
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
  const prepared = keepStatements((sql) => database.prepare(sql));
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => {
        // A full disk ends the transaction by itself; to fail at the rollback then would hide what had happened.
        if (sql === 'rollback' && !database.isTransaction) return nothing;
        const statement = prepared(sql);
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

/** Texts of more characters are those of many rows, and differ with their number. */
const [mostKept, longestKept] = [100, 2000];

/**
 * The same few statements come again and again, and to read one takes as long as to run it. Kysely gives out its one
 * connection to one at a time, so nobody meets a statement that another is still reading from.
 */
export function keepStatements(prepare: (sql: string) => StatementSync): (sql: string) => StatementSync {
  const kept = new Map<string, StatementSync>();
  return (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    const statement = prepare(sql);
    if (sql.length > longestKept) return statement;
    kept.set(sql, statement);
    const [oldest = sql] = kept.keys();
    if (kept.size > mostKept) kept.delete(oldest);
    return statement;
  };
}

const nothing = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

const pragmas = ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'busy_timeout = 5000'];
