import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEvents } from './events.ts';

test('a reader goes on where it stopped, or learns that it cannot', () => {
  const events = openEvents('r', 3);
  for (const body of [1, 2, 3, 4, 5]) events.emit('host', body);
  const cases: readonly (readonly [string, readonly number[] | null])[] = [
    ['r-5', []],
    ['r-4', [5]],
    ['r-2', [3, 4, 5]],
    ['r-1', null],
    ['r-6', null],
    ['old-4', null],
    ['r-x', null],
    ['', null],
  ];
  for (const [id, expected] of cases) {
    assert.deepEqual(events.after(id)?.map((event) => event.body) ?? null, expected, id);
  }
});

test('listeners hear what comes, until they stop', () => {
  const events = openEvents('r');
  const heard: unknown[] = [];
  const stop = events.listen((event) => heard.push(event.body));
  events.emit('host', 1);
  stop();
  events.emit('host', 2);
  assert.deepEqual(heard, [1]);
});
