import assert from 'node:assert/strict';
import test from 'node:test';
import { missing, runScenario } from './testkit/scenario.ts';

type Seen = {
  readonly firstMilliseconds: number;
  readonly healed: number;
  readonly watchdogHealed: number;
  readonly takenOver: number;
  readonly refused: readonly [generation: number, proven: boolean, problem: string];
};

test('a change that cuts the host off heals, whoever is killed, and restarts touch nothing', {
  skip: missing(),
  timeout: 90_000,
}, async (t) => {
  const all = (await runScenario(t, 'trial')) as Seen;
  const { firstMilliseconds, healed, watchdogHealed, takenOver, refused, ...seen } = all;
  assert.deepEqual(seen, {
    first: [{ generation: 1, proven: true, problem: null }],
    cutWhileTried: true,
    leftAfterTrial: '',
    byWatchdog: [1, 'undo.nft.reverted'],
    heldAfterWatchdog: 1,
    // Nothing was lost of what was sent, and nft monitor saw nothing.
    flood: [true, 0],
    transactions: '',
    keptWithoutTrial: [5, false],
  });
  const [generation, proven, problem] = refused;
  assert.deepEqual([generation, proven], [1, true]);
  assert.match(problem, /^rolled back: .*the controller at 10\.9\.0\.2 tcp\/\d+ within 2 s$/);
  t.diagnostic(
    `first trial ${firstMilliseconds} ms; cut off for 2 s: reached again after ${healed} ms; 1 s and its agent killed: ${watchdogHealed} ms; agent started again: ${takenOver} ms`,
  );
  assert.ok(healed < 5000 && watchdogHealed < 8000 && takenOver < 10_000);
});
