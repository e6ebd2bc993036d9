import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DiskState, watchDisk } from './disk.ts';

const full = { code: 'ENOSPC', message: 'no space left on device' };

test('the disk is well once whoever met a full one has written again, and each change is told once', () => {
  const told: DiskState['state'][] = [];
  let now = 1;
  const disk = watchDisk(
    () => now,
    ({ state }) => told.push(state),
  );
  disk.worked('store');
  disk.failed('history', { code: 'history-order', message: 'out of order' });
  assert.deepEqual([disk.state(), told], [{ state: 'ok' }, []]);
  disk.failed('store', full);
  now = 2;
  disk.failed('store', full);
  disk.failed('history', full);
  assert.deepEqual(disk.state(), { state: 'full', since: 2, problem: full.message });
  disk.worked('store');
  assert.deepEqual([disk.state().state, told], ['full', ['full']]);
  disk.failed('store', full);
  disk.worked('history');
  assert.deepEqual([disk.state(), told], [{ state: 'ok' }, ['full', 'ok']]);
  disk.failed('store', full);
  disk.worked('store');
  assert.deepEqual([disk.state(), told], [{ state: 'ok' }, ['full', 'ok', 'full', 'ok']]);
  disk.failed('store', { message: 'broken' });
  assert.equal(disk.state().state, 'failing');
});
