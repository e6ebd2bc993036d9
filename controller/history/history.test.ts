import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Edge, LabelledReport } from '@bulkhead/flows/edge.ts';
import { parseEdgeFilter } from '@bulkhead/flows/edge-filter.ts';
import { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import { openHistory } from './open-history.ts';
import { sampleBatch, sampleReport, sampleStart } from './sample-reports.ts';
import { dayLength, sealDelay } from './sealed-days.ts';
import type { FlowQuery, History, HistoryFailure } from './types.ts';

const made: string[] = [];
const opened: History[] = [];
after(async () => {
  // A store left open by a failed test would keep the process alive.
  for (const history of opened) await history.close();
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});
function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-history-'));
  made.push(directory);
  return directory;
}
function ok<T extends object | number | string>(value: T | HistoryFailure): T {
  if (typeof value === 'object' && 'code' in value) assert.fail(value.message);
  return value as T;
}
async function open(directory: string, keepDays = 30): Promise<History> {
  const history = ok(await openHistory({ directory, keepDays }));
  opened.push(history);
  return history;
}
const filterOf = (text: object) => {
  const filter = parseEdgeFilter(text);
  return 'bad' in filter ? assert.fail(filter.bad) : filter;
};
async function allFlows(history: History, query: FlowQuery = {}): Promise<LabelledReport[]> {
  const out: LabelledReport[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = ok(await history.flows({ ...query, ...(cursor !== undefined && { cursor }) }));
    out.push(...page.flows);
    cursor = page.next;
  }
  return out;
}
/** Row by row, newest first: the difference of two long lists takes minutes to print. */
function assertRows(found: readonly LabelledReport[], expected: readonly LabelledReport[], name = ''): void {
  assert.equal(found.length, expected.length, name);
  const sorted = [...expected].sort((a, b) => b.report.last - a.report.last);
  for (const [index, row] of sorted.entries()) assert.deepEqual(found[index], row, `${name} row ${index}`);
}
const figures = (edges: readonly Edge[]) =>
  edges.map(({ sequence: _, ...edge }) => JSON.stringify({ ...edge, from: edge.from.kind, to: edge.to.kind })).sort();

test('what is stored comes back as it was, once, also after reopening', async () => {
  const directory = newDirectory();
  const rows = sampleBatch(0, 3000);
  let history = await open(directory);
  assert.equal(await history.append('agent-1', 1, rows), 'stored');
  assert.equal(await history.append('agent-1', 1, rows), 'duplicate');
  assert.equal(await history.append('agent-1', 4, []), 'stored', 'agents may drop batches, so sequences have gaps');
  assert.equal(await history.lastSequence('agent-1'), 4);
  assert.equal(await history.lastSequence('agent-2'), 0);
  await history.close();
  assert.deepEqual(
    await history.append('agent-1', 5, rows).then((r) => typeof r === 'object' && r.code),
    'history-closed',
  );
  history = await open(directory);
  assert.equal(await history.lastSequence('agent-1'), 4);
  assert.equal(await history.append('agent-1', 4, rows), 'duplicate');
  assertRows(await allFlows(history), rows);
  assert.deepEqual(history.counts(), { storedBatches: 0, duplicateBatches: 1, failedBatches: 0, storedRows: 0 });
  await history.close();
});

test('queries: every part of a filter holds, text never becomes SQL, pages join up', async () => {
  const history = await open(newDirectory());
  const rows = sampleBatch(0, 300);
  await history.append("it's; drop table flows --", 1, rows);
  const cases: readonly (readonly [object, (row: LabelledReport) => boolean])[] = [
    [{}, () => true],
    [{ from: 'w-3' }, (row) => row.from.kind === 'workload' && row.from.name === 'w-3'],
    [{ to: '10.0.0.9' }, (row) => row.to.kind === 'workload' && row.to.name === 'w-9'],
    [{ from: 'role=role-1,env=dev' }, (row) => row.from.kind === 'workload' && row.from.name === 'w-1'],
    [{ service: 'tcp/8003' }, (row) => row.report.service === 6 * 65536 + 8003],
    [{ service: 'tcp/1-8002' }, (row) => row.report.service <= 6 * 65536 + 8002],
    [{ verdict: 'would-be-denied' }, (row) => row.report.intended === 'deny'],
    [{ verdict: 'allowed' }, (row) => row.report.intended === 'allow'],
    [{ since: sampleStart + 1005 }, (row) => row.report.last >= sampleStart + 1005],
    [{ verdict: 'denied' }, () => false],
    [{ verdict: 'unknown' }, () => false],
    [{ from: "w-3'or'1'='1" }, () => false],
    [{ from: 'nobody' }, () => false],
    [{ from: 'role=role-1,env=nowhere' }, () => false],
    [{ from: "a'b=c" }, () => false],
    [{ from: 'a/b~c=d' }, () => false],
    [{ service: 'udp' }, () => false],
    [{ from: '10.0.0.99' }, () => false],
  ];
  for (const [text, holds] of cases) {
    const found = await allFlows(history, { ...filterOf(text), limit: 70 });
    assertRows(found, rows.filter(holds), JSON.stringify(text));
  }
  const bounded = await allFlows(history, { since: sampleStart + 105, until: sampleStart + 125 });
  assert.deepEqual(
    bounded.map((row) => row.report.last - sampleStart),
    [115, 105],
  );
  for (const cursor of ['', 'x', 'W10', Buffer.from('["1","a",1,1]').toString('base64url')]) {
    const refused = await history.flows({ cursor });
    assert.ok('code' in refused && refused.code === 'history-cursor', cursor);
  }
  await history.close();
});

test('edges from history and from a rebuilt ring are counted like the live ones', async () => {
  const history = await open(newDirectory());
  const rows = [...sampleBatch(0, 1000), ...sampleBatch(0, 1000)];
  const now = sampleStart + 60_000;
  const live = new LiveEdges();
  for (const row of rows) live.add(row, now);
  const expected = figures(live.snapshot({}, now));
  await history.append('a', 1, rows.slice(0, 900));
  await history.append('b', 1, rows.slice(900));
  assert.deepEqual(figures(ok(await history.edges({})).edges), expected);
  const rebuilt = new LiveEdges();
  const recent = ok(await history.recent(now - 3_600_000));
  for (const row of recent) rebuilt.add(row, now);
  assert.deepEqual(figures(rebuilt.snapshot({}, now)), expected);
  assert.ok(recent.length < rows.length, 'buckets are added up');
  const limited = ok(await history.edges({ limit: 3 }));
  assert.deepEqual([limited.edges.length, limited.truncated], [3, true]);
  const filtered = ok(await history.edges(filterOf({ from: 'w-3', verdict: 'allowed' })));
  const wanted = live.snapshot(filterOf({ from: 'w-3', verdict: 'allowed' }), now);
  assert.deepEqual(figures(filtered.edges), figures(wanted));
  await history.close();
});

test('finished days move into sorted files without a row lost or seen twice; old days go', async () => {
  const directory = newDirectory();
  let history = await open(directory, 10);
  const today = Math.floor(sampleStart / dayLength) * dayLength;
  const at = (day: number, index: number) => today + day * dayLength + 5000 + index;
  const days = [-20, -3, -2, -1, 0];
  const rows = days.flatMap((day, place) =>
    Array.from({ length: 40 }, (_, index) =>
      sampleReport(index, { first: at(day, index), last: at(day, index), generation: place + 1 }),
    ),
  );
  await history.append('a', 1, rows);
  const now = today + sealDelay;
  const [retained, ...seen] = await Promise.all([
    history.retain(now),
    ...Array.from({ length: 30 }, () => allFlows(history, { since: at(-3, 0) })),
  ]);
  assert.deepEqual(retained, { deletedRows: 40, sealedDays: 3 });
  assert.deepEqual(new Set(seen.map((found) => found.length)), new Set([160]), 'queries meanwhile see every row once');
  assert.deepEqual(await history.retain(now), { deletedRows: 0, sealedDays: 0 });
  assert.equal(readdirSync(join(directory, 'sealed')).length, 3);
  assertRows(await allFlows(history), rows.slice(40));

  const late = sampleReport(7, { first: at(-2, 999), last: at(-2, 999) });
  await history.append('a', 2, [late]);
  assert.deepEqual(await history.retain(now), { deletedRows: 0, sealedDays: 1 });
  assert.equal((await allFlows(history, { since: at(-2, 0), until: at(-1, 0) })).length, 41);
  await history.close();

  history = await open(directory, 2);
  assert.equal((await allFlows(history)).length, 161);
  await history.retain(now + dayLength);
  assert.equal(await history.lastSequence('a'), 2, 'forgetting rows does not forget sequences');
  assertRows(await allFlows(history), rows.slice(120), 'a day that ended two days ago is gone');
  await history.close();
});

test('a directory that cannot be used is a value, not an exception', async () => {
  const failure = await openHistory({ directory: join(import.meta.filename, 'history') });
  assert.ok('code' in failure && failure.code === 'history-io', JSON.stringify(failure));
  const directory = newDirectory();
  writeFileSync(join(directory, 'flows.duckdb'), 'not a database');
  const damaged = await openHistory({ directory });
  assert.ok('code' in damaged && damaged.code === 'history-io', JSON.stringify(damaged));
});
