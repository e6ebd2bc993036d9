import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paced } from './paced.ts';

function* busy(steps: number, milliseconds: number): Generator<{ done: number; of: number }, string> {
  for (let done = 0; done < steps; done++) {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
    yield { done, of: steps };
  }
  return 'the answer';
}

test('others have their turn while a long answer is worked out, and progress is told', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const told: number[] = [];
  assert.equal(await paced(busy(20, 5), { tell: ({ done }) => told.push(done) }), 'the answer');
  clearInterval(timer);
  assert.ok(turns >= 3, `${turns} turns`);
  assert.ok(
    told.length >= 3 && told.every((done, index) => index === 0 || done > (told[index - 1] ?? -1)),
    told.join(),
  );
});

test('a short answer is given at once and tells nothing', async () => {
  const told: number[] = [];
  assert.equal(await paced(busy(3, 0), { tell: ({ done }) => told.push(done) }), 'the answer');
  assert.deepEqual(told, []);
});

test('nothing more is worked out for somebody who has gone', async () => {
  const leaving = new AbortController();
  let last = -1;
  const working = paced(busy(1000, 5), {
    signal: leaving.signal,
    tell: ({ done }) => {
      last = done;
      if (done > 3) leaving.abort(new Error('gone'));
    },
  });
  await assert.rejects(working, /gone/);
  assert.ok(last < 100, `it went on to ${last}`);
});
