import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostProgress, Provision } from '../api/policy-types.ts';
import { millisecondsOf, tallyOf } from './provision-progress.ts';

const startedAt = '2026-11-24T02:00:00.000Z';
const host = (phase: HostProgress['phase'], state: HostProgress['state']): HostProgress => ({
  workload: 'web-1',
  phase,
  wave: null,
  state,
  generation: 2,
  problem: null,
  at: '2026-11-24T02:00:00.250Z',
});
const provision = (state: Provision['state'], hosts: readonly HostProgress[]): Provision => ({
  version: 2,
  state,
  startedAt,
  finishedAt: null,
  waves: null,
  connections: null,
  hosts,
});

for (const [phase, state, running, expected] of [
  ['widen', 'applied', 'running', 'open'],
  ['widen', 'applied', 'done', 'applied'],
  ['narrow', 'applied', 'running', 'applied'],
  ['narrow', 'sent', 'running', 'open'],
  ['narrow', 'away', 'done', 'away'],
  ['narrow', 'timeout', 'incomplete', 'failed'],
  ['widen', 'failed', 'incomplete', 'failed'],
] as const)
  test(`${phase} ${state} while it is ${running} counts as ${expected}`, () => {
    const tally = tallyOf(provision(running, [host(phase, state)]));
    assert.deepEqual([tally[expected], tally.all], [1, 1]);
  });

test('a host is timed from the start', () => {
  assert.equal(millisecondsOf(host('narrow', 'applied'), provision('done', [])), 250);
});
