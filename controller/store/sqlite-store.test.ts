import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { storeContract } from './contract.ts';
import { openStore } from './open-store.ts';

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

test('sqlite: the audit log and versions refuse to be changed, and a forged entry is found', async (context) => {
  const directory = temporaryDirectory(context);
  const store = await openStore(directory, () => 0);
  for (const subject of ['a', 'b', 'c']) await store.audit.add({ actor: 'ana', action: 'x', subject, detail: {} });
  const forger = new DatabaseSync(join(directory, 'controller.db'));
  assert.throws(() => forger.exec(`UPDATE audit SET actor = 'bo' WHERE number = 2`), /append-only/);
  assert.throws(() => forger.exec('DELETE FROM audit WHERE number = 2'), /append-only/);
  forger.exec('DROP TRIGGER audit_is_append_only_update');
  forger.exec(`UPDATE audit SET actor = 'bo' WHERE number = 2`);
  forger.close();
  assert.equal(await store.audit.verify(), 2);
  await store.close();
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
