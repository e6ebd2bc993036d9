import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packRows } from './flow-columns.ts';
import { FlowStore } from './flow-store.ts';
import { sampleBatch } from './sample-reports.ts';

test('rows and the mark that they are stored come together or not at all', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-store-'));
  const store = new FlowStore({ directory, memoryLimit: 64 });
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  const columns = packRows(sampleBatch(0, 10));
  const counts = async () => {
    const sql =
      'select (select count(*) from flows)::double as rows, (select count(*) from batches)::double as batches';
    return (await store.rows({ sql, values: [] }))[0];
  };
  await store.append([{ agent: 'a', sequence: 1, columns }]);
  assert.deepEqual(await counts(), { rows: 10, batches: 1 });
  // No 64-bit number: the rows go in, the mark cannot.
  await assert.rejects(
    store.append([
      { agent: 'a', sequence: 2, columns },
      { agent: 'b', sequence: 2 ** 70, columns },
    ]),
  );
  assert.deepEqual(await counts(), { rows: 10, batches: 1 });
  await store.append([{ agent: 'a', sequence: 2, columns }]);
  assert.deepEqual(await counts(), { rows: 20, batches: 2 });
  assert.deepEqual(await store.lastSequences(), new Map([['a', 2]]));
});

test('queries reach no file outside the store and cannot undo that', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-store-'));
  const store = new FlowStore({ directory, memoryLimit: 64 });
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  await store.lastSequences();
  for (const sql of [
    "select * from read_text('/etc/passwd')",
    "copy (select 1) to '/tmp/bulkhead-out.csv'",
    'set enable_external_access = true',
    "set memory_limit = '8GB'",
    "attach '/tmp/bulkhead-other.duckdb'",
    'install httpfs',
    'load httpfs',
  ]) {
    await assert.rejects(store.rows({ sql, values: [] }), sql);
  }
  const [settings] = await store.rows({ sql: "select current_setting('threads')::double as threads", values: [] });
  assert.deepEqual(settings, { threads: 1 });
});
