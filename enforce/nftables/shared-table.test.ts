import assert from 'node:assert/strict';
import test from 'node:test';
import { SharedTable } from './shared-table.ts';

test('whoever asks before a reading begins is answered by it, and nobody by one that began before', async () => {
  const table = new SharedTable();
  const first = Promise.withResolvers<void>();
  let readings = 0;
  const read = async () => {
    const number = ++readings;
    if (number === 1) await first.promise;
    return number;
  };
  const busy = table.inTurn(async () => {});
  const together = [table.readOnce('all', read), table.readOnce('all', read), table.readOnce('some', read)];
  await busy;
  await new Promise(setImmediate);
  const later = [table.readOnce('all', read), table.readOnce('all', read)];
  first.resolve();
  assert.deepEqual(await Promise.all([...together, ...later]), [1, 1, 2, 3, 3]);
});

test('a reading waits for the change before it, and one that fails is read again', async () => {
  const table = new SharedTable();
  const said: string[] = [];
  const change = table.inTurn(async () => {
    await new Promise(setImmediate);
    said.push('changed');
  });
  const reading = table.readOnce('all', async () => {
    said.push('read');
    throw new Error('no');
  });
  await change;
  await assert.rejects(reading, /no/);
  assert.equal(await table.readOnce('all', async () => 'yes'), 'yes');
  assert.deepEqual(said, ['changed', 'read']);
});
