import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { missing, runScenario } from './testkit/scenario.ts';

const noNameServer = spawnSync('dnsmasq', ['--version']).status === 0 ? false : 'needs dnsmasq';

test('one host: reaches what names are answered with, and nothing else', {
  skip: missing() || noNameServer,
  timeout: 90_000,
}, async (t) => {
  const { waits, applied, ...seen } = (await runScenario(t, 'names')) as {
    readonly waits: readonly number[];
    readonly applied: readonly (readonly [number, boolean])[];
  };
  assert.deepEqual(seen, {
    unasked: [false, false, false],
    asked: ['10.9.0.11', '10.9.0.13'],
    // Answered and allowed; another address; answered, and denied by an earlier tier; answered for a name of no rule.
    answered: [true, false, false, false],
    // The new address, the one before it, and still not the other name's.
    rotated: [true, true, false],
    // A live connection goes on through a change that judges it again.
    judgedAgain: [true, true, true, false],
    alias: ['10.9.0.12'],
    withoutAgent: [true, false],
    restarted: [true, true, false],
    flushed: [true, true, true],
    emptied: true,
    foreign: true,
    nameless: [false, false],
    stopCode: 0,
  });
  assert.ok(
    applied.every(([, proven]) => proven),
    JSON.stringify(applied),
  );
  const sorted = [...waits].sort((a, b) => a - b);
  const late = waits.filter((wait) => wait > 200).length;
  t.diagnostic(
    `connecting at once after an answer: median ${sorted[10]?.toFixed(1)} ms, ${late} of ${waits.length} waited for the second attempt`,
  );
  // Who connects before the address is in the kernel is served at his second attempt, a second later.
  assert.ok(
    waits.every((wait) => wait < 1500),
    JSON.stringify(waits),
  );
});
