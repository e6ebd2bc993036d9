import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { turns } from './turns.ts';

const stays = new AbortController().signal;

test('so many at a time, in order, whatever becomes of them', async () => {
  const inTurn = turns(2);
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      log.push(name);
      ends.set(name, () => (name === 'a' ? reject(new Error('a failed')) : resolve(name)));
    });
  const all = ['a', 'b', 'c', 'd'].map((name) => inTurn(stays, work(name)));
  const [first, ...others] = all;
  await nextTurn();
  assert.deepEqual(log, ['a', 'b']);
  ends.get('a')?.();
  await assert.rejects(first as Promise<string>, /a failed/);
  await nextTurn();
  assert.deepEqual(log, ['a', 'b', 'c']);
  for (const name of ['b', 'c']) ends.get(name)?.();
  await nextTurn();
  await nextTurn();
  ends.get('d')?.();
  assert.deepEqual(await Promise.all(others), ['b', 'c', 'd']);
});

test('what nobody waits for any more is not begun', async () => {
  const inTurn = turns(1);
  const leaving = new AbortController();
  const held = Promise.withResolvers<void>();
  let began = 0;
  const busy = inTurn(stays, () => held.promise);
  const left = Array.from({ length: 5 }, () => inTurn(leaving.signal, async () => began++));
  const waits = inTurn(stays, async () => 'done');
  leaving.abort(new Error('gone'));
  held.resolve();
  await busy;
  for (const one of left) await assert.rejects(one, /gone/);
  assert.equal(await waits, 'done');
  assert.equal(began, 0);
});
