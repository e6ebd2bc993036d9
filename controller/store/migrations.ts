import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** Applied in order, each once and in one transaction; a migration that has shipped is never edited. */
const migrations: readonly { readonly number: number; readonly statements: readonly string[] }[] = [
  {
    number: 1,
    statements: [
      `CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL)`,
      `CREATE TABLE workloads (name text PRIMARY KEY, managed integer NOT NULL, labels text NOT NULL,
        addresses text NOT NULL, ports text NOT NULL, fallback_mode text NOT NULL, serial text,
        enrolment integer NOT NULL, created_at integer NOT NULL, updated_at integer NOT NULL)`,
      `CREATE TABLE pairing_keys (id text PRIMARY KEY, secret_hash text NOT NULL, name text, labels text NOT NULL,
        mode text NOT NULL, replaces integer NOT NULL, uses_left integer NOT NULL, expires_at integer NOT NULL,
        created_at integer NOT NULL, created_by text NOT NULL)`,
      `CREATE TABLE drafts (name text PRIMARY KEY, base integer NOT NULL, files text NOT NULL, labels text NOT NULL,
        revision integer NOT NULL, updated_at integer NOT NULL, updated_by text NOT NULL)`,
      `CREATE TABLE versions (number integer PRIMARY KEY, hash text NOT NULL, base integer, files text NOT NULL,
        labels text NOT NULL, note text NOT NULL, created_at integer NOT NULL, created_by text NOT NULL)`,
      `CREATE TABLE host_states (workload text PRIMARY KEY, generation integer NOT NULL, revision integer NOT NULL,
        hash text NOT NULL, ruleset text NOT NULL, applied text, inventory text, seen_at integer)`,
      `CREATE TABLE provisions (version integer PRIMARY KEY, state text NOT NULL, started_at integer NOT NULL,
        finished_at integer, hosts text NOT NULL)`,
      `CREATE TABLE audit (number integer PRIMARY KEY, at integer NOT NULL, actor text NOT NULL, action text NOT NULL,
        subject text NOT NULL, detail text NOT NULL, previous text NOT NULL, hash text NOT NULL)`,
      `CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
      `CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
      `CREATE TRIGGER versions_are_immutable_update BEFORE UPDATE ON versions
        BEGIN SELECT RAISE(ABORT, 'versions are immutable'); END`,
      `CREATE TRIGGER versions_are_immutable_delete BEFORE DELETE ON versions
        BEGIN SELECT RAISE(ABORT, 'versions are immutable'); END`,
      `CREATE TABLE users (name text PRIMARY KEY, password_hash text NOT NULL, role text NOT NULL,
        created_at integer NOT NULL)`,
      `CREATE TABLE sessions (token_hash text PRIMARY KEY, user text NOT NULL REFERENCES users (name),
        created_at integer NOT NULL, expires_at integer NOT NULL)`,
      `CREATE TABLE idempotency (actor text NOT NULL, key text NOT NULL, request_hash text NOT NULL,
        status integer NOT NULL, answer text NOT NULL, created_at integer NOT NULL, PRIMARY KEY (actor, key))`,
      `CREATE TABLE estate_events (number integer PRIMARY KEY AUTOINCREMENT, at integer NOT NULL, kind text NOT NULL,
        workload text NOT NULL, body text NOT NULL)`,
      `CREATE INDEX estate_events_at ON estate_events (at)`,
    ],
  },
  {
    number: 2,
    statements: [
      `CREATE TABLE renewals (workload text PRIMARY KEY, enrolled text NOT NULL, serial text NOT NULL, next text NOT NULL)`,
    ],
  },
  {
    number: 3,
    statements: [
      `INSERT INTO meta (key, value) SELECT 'draft-revision', CAST(COALESCE(MAX(revision), 0) AS text) FROM drafts`,
    ],
  },
  {
    number: 4,
    statements: [
      `CREATE TABLE invitations (name text PRIMARY KEY, token_hash text NOT NULL UNIQUE, role text NOT NULL,
        created_at integer NOT NULL, created_by text NOT NULL, expires_at integer NOT NULL)`,
    ],
  },
  {
    number: 5,
    statements: [
      `CREATE TABLE host_amendments (workload text NOT NULL, generation integer NOT NULL, version integer NOT NULL,
        delta text NOT NULL, PRIMARY KEY (workload, generation)) WITHOUT ROWID`,
    ],
  },
  {
    number: 6,
    statements: [
      `CREATE TABLE api_tokens (name text PRIMARY KEY, token_hash text NOT NULL UNIQUE, role text NOT NULL,
        created_at integer NOT NULL, created_by text NOT NULL, expires_at integer NOT NULL, last_used_at integer)`,
    ],
  },
  { number: 7, statements: [`ALTER TABLE workloads ADD COLUMN source text`] },
  { number: 8, statements: [`ALTER TABLE provisions ADD COLUMN waves text`] },
  {
    number: 9,
    statements: [
      `CREATE TABLE isolations (id integer PRIMARY KEY AUTOINCREMENT, target text NOT NULL, rescue text,
        allowed text NOT NULL, controllers text NOT NULL, reason text NOT NULL, created_at integer NOT NULL, created_by text NOT NULL,
        expires_at integer, released_at integer, released_by text, run text)`,
    ],
  },
  { number: 10, statements: [`ALTER TABLE workloads ADD COLUMN host text`] },
  {
    number: 11,
    statements: [
      `CREATE TABLE proofs (workload text PRIMARY KEY, text text, signature text, certificate text,
        received_at integer, notes text NOT NULL)`,
      `CREATE TABLE proof_hours (workload text NOT NULL, hour integer NOT NULL, text text NOT NULL, signature text NOT NULL,
        certificate text NOT NULL, received_at integer NOT NULL, PRIMARY KEY (workload, hour))`,
      `CREATE INDEX proof_hours_received_at ON proof_hours (received_at)`,
      `CREATE TABLE proof_certificates (fingerprint text PRIMARY KEY, pem text NOT NULL)`,
    ],
  },
];

export async function migrate(database: Kysely<Tables>, clock: () => number): Promise<void> {
  await sql`CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, at integer NOT NULL)`.execute(database);
  const done = await sql<{ number: number }>`SELECT number FROM migrations`.execute(database);
  const known = new Set(done.rows.map((row) => row.number));
  const newest = migrations.at(-1)?.number ?? 0;
  const ahead = [...known].find((number) => number > newest);
  if (ahead !== undefined) {
    throw new Error(
      `Cannot open the store: it has migration ${ahead}, this controller knows ${newest}; use a newer one`,
    );
  }
  for (const migration of migrations.filter((one) => !known.has(one.number))) {
    await database.transaction().execute(async (transaction) => {
      for (const statement of migration.statements) await sql.raw(statement).execute(transaction);
      await sql`INSERT INTO migrations (number, at) VALUES (${migration.number}, ${clock()})`.execute(transaction);
    });
  }
}
