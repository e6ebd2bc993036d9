import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { storeContract } from './contract.ts';
import { openStore } from './open-store.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

storeContract('sqlite', async (context, clock) => {
  const directory = temporaryDirectory(context);
  let store = await openStore(directory, clock);
  context.after(() => store.close());
  const reopen = async () => {
    await store.close();
    store = await openStore(directory, clock);
    return store;
  };
  return { store, reopen };
});

test('sqlite: only its owner may read the file, or those that hold its newest rows', async (context) => {
  const directory = temporaryDirectory(context);
  const store = await openStore(directory, () => 0);
  const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
  assert.ok(modes.length > 1);
  assert.deepEqual(
    modes,
    modes.map(([name]) => [name, 0o600]),
  );
  await store.close();
});

const entries = ['a', 'b', 'c'].map((subject) => ({ actor: 'ana', action: 'x', subject, detail: { files: 1 } }));

test('sqlite: the audit log refuses to be changed', async (context) => {
  const directory = temporaryDirectory(context);
  const store = await openStore(directory, () => 0);
  for (const entry of entries) await store.audit.add(entry);
  const forger = new DatabaseSync(join(directory, 'controller.db'));
  assert.throws(() => forger.exec(`UPDATE audit SET actor = 'bo' WHERE number = 2`), /append-only/);
  assert.throws(() => forger.exec('DELETE FROM audit WHERE number = 2'), /append-only/);
  forger.close();
  assert.equal(await store.audit.verify(), null);
  await store.close();
});

/** What somebody with the file does to a log of three entries, and the entry at which that is seen. */
const forgeries: readonly (readonly [sql: string, firstBroken: number | null])[] = [
  [`UPDATE audit SET actor = 'ana' WHERE number = 2`, null],
  [`UPDATE audit SET at = 7 WHERE number = 2`, 2],
  [`UPDATE audit SET actor = 'bo' WHERE number = 2`, 2],
  [`UPDATE audit SET action = 'y' WHERE number = 2`, 2],
  [`UPDATE audit SET subject = 'z' WHERE number = 2`, 2],
  [`UPDATE audit SET detail = '{"files":2}' WHERE number = 2`, 2],
  [`UPDATE audit SET detail = '{}' WHERE number = 3`, 3],
  [`UPDATE audit SET previous = hash WHERE number = 2`, 2],
  [`UPDATE audit SET hash = previous WHERE number = 2`, 2],
  [`UPDATE audit SET number = 9 WHERE number = 3`, 9],
  [`DELETE FROM audit WHERE number = 1`, 2],
  [`DELETE FROM audit WHERE number = 2`, 3],
  [`DELETE FROM audit WHERE number = 1; UPDATE audit SET number = number - 1`, 1],
];

/** A log of three entries, and the file it is in without what refuses changes. */
async function threeEntries(context: TestContext) {
  const directory = temporaryDirectory(context);
  const store = await openStore(directory, () => 0);
  for (const entry of entries) await store.audit.add(entry);
  const forger = new DatabaseSync(join(directory, 'controller.db'));
  for (const change of ['update', 'delete']) forger.exec(`DROP TRIGGER audit_is_append_only_${change}`);
  context.after(async () => {
    forger.close();
    await store.close();
  });
  return { store, forger };
}

for (const [sql, firstBroken] of forgeries)
  test(`sqlite: ${sql} is ${firstBroken === null ? 'no forgery' : `seen at entry ${firstBroken}`}`, async (context) => {
    const { store, forger } = await threeEntries(context);
    forger.exec(sql);
    assert.equal(await store.audit.verify(), firstBroken);
  });

test('sqlite: an entry that is rewritten with a hash that fits still breaks the next one', async (context) => {
  const { store, forger } = await threeEntries(context);
  const other = await openStore(temporaryDirectory(context), () => 0);
  const { actor, hash } = await other.audit.add({ ...(entries[0] ?? assert.fail()), actor: 'bo' });
  await other.close();
  forger.prepare('UPDATE audit SET actor = ?, hash = ? WHERE number = 1').run(actor, hash);
  assert.equal(await store.audit.verify(), 2);
  forger.prepare('UPDATE audit SET previous = ? WHERE number = 2').run(hash);
  assert.equal(await store.audit.verify(), 2, 'nor does it help to mend the link');
});

test('sqlite: what was acknowledged survives a power cut, and readers do not wait', async (context) => {
  const dialect = sqliteDialect(join(temporaryDirectory(context), 'controller.db'));
  const database = new Kysely<never>({ dialect });
  const said = async (pragma: string) =>
    Object.values((await sql.raw(`PRAGMA ${pragma}`).execute(database)).rows[0] as object)[0];
  const expected = { synchronous: 2, journal_mode: 'wal', foreign_keys: 1, busy_timeout: 5000 };
  for (const [pragma, value] of Object.entries(expected)) assert.equal(await said(pragma), value, pragma);
  await database.destroy();
});

test('sqlite: a store from a newer controller is refused, not misread', async (context) => {
  const directory = temporaryDirectory(context);
  await (await openStore(directory, () => 0)).close();
  const newer = new DatabaseSync(join(directory, 'controller.db'));
  newer.exec('INSERT INTO migrations (number, at) VALUES (999, 0)');
  newer.close();
  await assert.rejects(
    openStore(directory, () => 0),
    /migration 999/,
  );
});
