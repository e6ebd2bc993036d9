import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedWaves, rollBackLines, type Wave } from './wave-text.ts';

const wave = (state: string, more: Partial<Wave> = {}): Wave => ({
  ...{ wave: 1, state, hosts: 2, newlyDenied: 0, failed: 0 },
  ...more,
});

test('a wave is told when it is not as it was told last', () => {
  const shown = new Map<number, string>();
  const tell = (...waves: Wave[]) => changedWaves({ settings: null, waves, rolledBack: null }, shown);
  assert.deepEqual(changedWaves(null, shown), []);
  assert.deepEqual(tell(wave('running')), ['wave 1, 2 hosts: narrowing; 0 flows newly denied']);
  assert.deepEqual(tell(wave('running')), []);
  assert.deepEqual(tell(wave('watching')), ['wave 1, 2 hosts: watched; 0 flows newly denied']);
  assert.deepEqual(tell(wave('stopped', { newlyDenied: 1, failed: 1 }), wave('running', { wave: 2, hosts: 1 })), [
    'wave 1, 2 hosts: stopped; 1 flow newly denied, 1 host failed',
    'wave 2, 1 host: narrowing; 0 flows newly denied',
  ]);
});

test('a roll-back says why, what was denied, by whom, and what is in force', () => {
  const ends = { from: 'web-1', to: 'db-1', service: 'tcp/5432', reporter: 'db-1' };
  const lines = rollBackLines(5, {
    version: 6,
    equals: 4,
    reason: '2 flows that passed before are denied now, the budget is 0',
    groups: [
      {
        ...{ from: 'role=web', to: 'role=db', service: 'tcp/5432', flows: 2, attempts: 9 },
        examples: [
          { ...ends, rule: null, foreseen: true },
          { ...ends, from: 'web-2', rule: 'shop/no', foreseen: false },
        ],
      },
    ],
    omitted: 1,
  });
  assert.deepEqual(lines, [
    'version 5 was rolled back: 2 flows that passed before are denied now, the budget is 0',
    '  role=web -> role=db  tcp/5432  2 flows, 9 attempts',
    '    web-1 -> db-1 tcp/5432  denied by db-1: no rule allows it; the preview said so',
    '    web-2 -> db-1 tcp/5432  denied by db-1: rule shop/no; the new version allows it',
    '  and 1 group more',
    'version 6 is in force and says what version 4 says; the text of version 5 is kept in it',
  ]);
});
