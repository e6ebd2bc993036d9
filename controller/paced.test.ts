import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { paced } from './paced.ts';
import { serial } from './serial.ts';

/** Askings at these times; each run takes `takes` milliseconds. When runs begin, and the last asking each had seen. */
async function runs(context: TestContext, askedAt: readonly number[], takes: number): Promise<string[]> {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  const queue = serial();
  const seen: string[] = [];
  let asked = -1;
  const ask = paced(
    (begin) =>
      queue(async () => {
        begin();
        seen.push(`${Date.now()}:${asked}`);
        await new Promise((resolve) => setTimeout(resolve, takes));
      }),
    { settle: 10, rest: (worked) => 2 * worked, now: () => Date.now() },
  );
  for (let time = 0; time < 2000; time++) {
    if (askedAt.includes(time)) {
      asked = time;
      ask();
    }
    context.mock.timers.tick(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return seen;
}

const burst = Array.from({ length: 300 }, (_, index) => index);
const cases: readonly (readonly [what: string, asked: readonly number[], takes: number, runs: readonly string[]])[] = [
  ['nobody asks', [], 100, []],
  ['one asks', [5], 100, ['15:5']],
  ['askings that come together are one run', [5, 6, 14], 100, ['15:14']],
  ['an asking while it runs is served by the next, after the rest', [5, 20, 200], 100, ['15:5', '315:200']],
  ['an asking in the rest waits for its end', [5, 200], 100, ['15:5', '315:200']],
  ['an asking after the rest is served soon', [5, 400], 100, ['15:5', '410:400']],
  ['a burst costs a few runs, and its end is served', burst, 100, ['10:9', '310:299']],
  ['work that takes no time needs no rest', [0, 20, 40], 0, ['10:0', '30:20', '50:40']],
];
for (const [what, asked, takes, expected] of cases)
  test(what, async (context) => {
    assert.deepEqual(await runs(context, asked, takes), expected);
  });
