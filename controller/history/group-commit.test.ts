import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packRows } from './flow-columns.ts';
import type { StoredBatch } from './flow-store.ts';
import { commitInterval, commitRows, GroupCommit } from './group-commit.ts';
import { sampleBatch } from './sample-reports.ts';

/** A disk that fails on request, a clock that moves only by sleeping. */
function fixture({ last = new Map<string, number>() } = {}) {
  const groups: string[][] = [];
  const disk = { full: false, time: 0 };
  const group = new GroupCommit({
    last,
    now: () => disk.time,
    sleep: async (milliseconds) => {
      disk.time += milliseconds;
    },
    append: async (batches) => {
      if (disk.full) throw new Error('IO Error: No space left on device');
      groups.push(batches.map(({ agent, sequence }) => `${agent}${sequence}`));
    },
  });
  const submit = async (agent: string, sequence: number, rows = 1) => {
    const outcome = await group.submit(batch(agent, sequence, rows));
    return typeof outcome === 'string' ? outcome : outcome.code;
  };
  return { groups, disk, group, submit };
}
const one = packRows(sampleBatch(0, 1));
const batch = (agent: string, sequence: number, rows: number): StoredBatch => ({
  agent,
  sequence,
  columns: { ...one, rows },
});

test('batches that come while a commit waits share the next transaction', async () => {
  const { groups, disk, submit } = fixture();
  assert.equal(await submit('a', 1), 'stored');
  assert.equal(disk.time, 0, 'the first does not wait');
  const outcomes = await Promise.all([submit('a', 2), submit('b', 1), submit('a', 3)]);
  assert.deepEqual(outcomes, ['stored', 'stored', 'stored']);
  assert.deepEqual(groups, [['a1'], ['a2', 'b1', 'a3']]);
  assert.equal(disk.time, commitInterval);
});

test('a transaction is bounded in rows, but one large batch still fits', async () => {
  const { groups, submit } = fixture();
  await Promise.all([submit('a', 1, commitRows * 2), submit('a', 2, commitRows), submit('a', 3, 1)]);
  assert.deepEqual(groups, [['a1'], ['a2'], ['a3']]);
});

test('what is stored already is a duplicate, also within one transaction', async () => {
  const { groups, submit } = fixture({ last: new Map([['a', 5]]) });
  const outcomes = await Promise.all([submit('a', 5), submit('a', 1), submit('a', 6), submit('a', 6), submit('b', 6)]);
  assert.deepEqual(outcomes, ['duplicate', 'duplicate', 'stored', 'duplicate', 'stored']);
  assert.deepEqual(groups, [['a6', 'b6']]);
});

test('after a failure nothing above it is stored until it is sent again', async () => {
  const { groups, disk, submit } = fixture();
  disk.full = true;
  const failed = await Promise.all([submit('a', 1), submit('a', 2), submit('a', 1), submit('b', 1)]);
  assert.deepEqual(failed, ['history-full', 'history-order', 'history-full', 'history-full']);
  disk.full = false;
  assert.equal(await submit('a', 3), 'history-order');
  assert.equal(await submit('a', 2), 'history-order');
  assert.deepEqual(await Promise.all([submit('a', 1), submit('a', 2), submit('a', 3)]), ['stored', 'stored', 'stored']);
  assert.deepEqual(groups, [['a1', 'a2', 'a3']]);
});

test('a new session starts above what is stored and forgets the failure', async () => {
  const { disk, group, submit } = fixture({ last: new Map([['a', 4]]) });
  disk.full = true;
  assert.equal(await submit('a', 5), 'history-full');
  disk.full = false;
  assert.equal(await submit('a', 6), 'history-order');
  assert.equal(await group.startSession('a'), 4);
  // The agent has dropped 5 meanwhile, and says so elsewhere.
  assert.equal(await submit('a', 7), 'stored');
  assert.equal(await group.startSession('a'), 7);
  assert.equal(await group.startSession('nobody'), 0);
});

test('a batch refused at the door blocks what comes after it, not what waits before it', async () => {
  const { group, submit } = fixture();
  const before = submit('a', 1);
  group.refuse('a', 2);
  const after = submit('a', 3);
  assert.deepEqual([await before, await after], ['stored', 'history-order']);
  assert.equal(await submit('a', 2), 'stored');
});
