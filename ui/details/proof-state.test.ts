import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Proof } from '../api/types.ts';
import { probedText, proofState, proofText } from './proof-state.ts';

const received = Date.parse('2026-11-27T10:00:00Z');
const none = { tried: 0, asExpected: 0, undecided: 0 };
const proof: Proof = {
  intended: { generation: 4, at: null },
  applied: { generation: 4, at: null },
  proven: {
    state: 'proven',
    reason: null,
    since: null,
    generation: 4,
    at: '2026-11-27T10:00:00Z',
    depth: 'everything',
  },
  probed: { closed: none, open: none, at: null, alarms: [] },
};
const not: Proof = { ...proof, proven: { ...proof.proven, state: 'not proven', reason: 'away' } };

const states = [
  ['PR5 fresh', proof, 30_000, 'proven', 'proven 4'],
  ['PR5 old though the answer said proven', proof, 30_001, 'old', 'proof is old'],
  ['PR6 not proven stays so', not, 0, 'not proven', 'not proven'],
] as const;
for (const [title, given, after, state, text] of states)
  test(title, () =>
    assert.deepEqual([proofState(given, received + after), proofText(given, received + after)], [state, text]),
  );

const closed = { tried: 6, asExpected: 6, undecided: 0 };
const probes = [
  ['nothing tried', proof.probed, 'not yet'],
  ['closed', { ...proof.probed, closed }, '6 of 6 closed'],
  ['PR24 an alarm above all', { ...proof.probed, closed, alarms: ['tcp/22'] }, '1 not as it must be'],
] as const;
for (const [title, probed, text] of probes) test(title, () => assert.equal(probedText({ ...proof, probed }), text));
