import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHistory } from './open-history.ts';
import { sampleBatch } from './sample-reports.ts';
import type { History } from './types.ts';

/**
 * Run by history-full-disk.test.ts in a mount namespace of its own, so that the small disk goes with the process,
 * however it ends. Fills the disk, makes room again, and throws where the store does not do what it promises.
 */
async function main(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'bulkhead-test', directory]);
  writeFileSync(join(directory, 'ballast'), Buffer.alloc(16 << 20));
  const history = await openHistory({ directory: join(directory, 'history') });
  if ('code' in history) assert.fail(history.message);
  const failed = await appendUntilFailure(history);
  assert.equal(await history.lastSequence('a'), failed - 1);
  const page = await history.flows({ limit: 1 });
  assert.ok('flows' in page && page.flows.length === 1, 'reading goes on');

  rmSync(join(directory, 'ballast'));
  assert.equal(await history.append('a', failed, rowsOf(failed)), 'stored');
  const edges = await history.edges({});
  if ('code' in edges) assert.fail(edges.message);
  const stored = edges.edges.reduce((sum, edge) => sum + edge.records, 0);
  const sent = sampleBatch(2000, failed * 2000).reduce((sum, row) => sum + row.report.records, 0);
  assert.equal(stored, sent, 'every acknowledged row is there once');
  await history.close();
}

const rowsOf = (sequence: number) => sampleBatch(sequence * 2000, 2000);

/** The sequence that did not fit. */
async function appendUntilFailure(history: History): Promise<number> {
  for (let sequence = 1; sequence < 500; sequence++) {
    const outcome = await history.append('a', sequence, rowsOf(sequence));
    if (outcome === 'stored') continue;
    assert.ok(typeof outcome === 'object' && outcome.code === 'history-full', JSON.stringify(outcome));
    return sequence;
  }
  return assert.fail('the disk never became full');
}

const [directory] = process.argv.slice(2);
if (import.meta.main && directory !== undefined) await main(directory);
