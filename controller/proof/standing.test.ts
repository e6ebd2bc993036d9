import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProofStatement } from '@bulkhead/wire/proof.ts';
import type { ProofEntry } from './proof-book.ts';
import { freshFor, type StandingInput, standingOf } from './standing.ts';

const hash = 'ab'.repeat(32);
const meant = { generation: 4, revision: 2, hash };
const statement = { generation: 4, hash, outcome: 'holds', reason: null } as ProofStatement;
const kept = { workload: 'web', text: '', signature: '', certificate: '', receivedAt: 1000 };
const entry: ProofEntry = {
  intended: { generation: 4, at: 500 },
  applied: null,
  latest: { statement, kept },
  badSince: null,
  gaps: [],
  refused: null,
  probed: [],
};
const input: StandingInput = { entry, meant, connected: true, seenAt: 900, now: 1000 };

const lines: readonly (readonly [
  title: string,
  change: Partial<StandingInput>,
  state: string,
  since: number | null,
])[] = [
  ['PR5 just received', {}, 'proven', 1000],
  ['PR5 in its last millisecond', { now: 1000 + freshFor }, 'proven', 1000],
  ['PR5 a millisecond later', { now: 1001 + freshFor }, 'old', 1000 + freshFor],
  ['PR5 old for an hour', { now: 3_600_000 }, 'old', 1000 + freshFor],
  ['PR5 fresh though its agent left since', { connected: false }, 'proven', 1000],
  ['PR5 old, and its agent is away', { connected: false, now: 100_000 }, 'old', 1000 + freshFor],
  ['PR6 nothing said', { entry: { ...entry, latest: null } }, 'not proven', 500],
  ['PR6 nothing said and away', { entry: { ...entry, latest: null }, connected: false }, 'not proven', 900],
  ['PR6 never seen', { entry: { ...entry, latest: null }, connected: false, seenAt: null }, 'not proven', null],
  ['PR3 another generation is intended', { meant: { ...meant, generation: 5 } }, 'not proven', null],
  ['PR3 another content is intended', { meant: { ...meant, hash: '' } }, 'not proven', 500],
  ['PR6 refused after it', { entry: { ...entry, refused: { count: 1, at: 2000, message: 'no' } } }, 'not proven', 2000],
  ['PR6 refused before it', { entry: { ...entry, refused: { count: 1, at: 900, message: 'no' } } }, 'proven', 1000],
  [
    'PR6 it differs',
    { entry: { ...entry, badSince: 950, latest: { kept, statement: { ...statement, outcome: 'differs' } } } },
    'not proven',
    950,
  ],
];
for (const [title, change, state, since] of lines) {
  test(title, () => {
    const found = standingOf({ ...input, ...change });
    assert.deepEqual([found.state, found.since, found.reason === null], [state, since, state === 'proven']);
  });
}
