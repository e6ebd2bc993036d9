import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentLink, Hosts } from './hosts.ts';

const minute = 60_000;

/** `+`: a session begins, `-`: the one that runs ends; each a number of minutes after the one before. */
const cases: readonly (readonly [title: string, steps: readonly (readonly ['+' | '-', number])[], boolean])[] = [
  ['one session', [['+', 0]], false],
  [
    'sessions after one another',
    [
      ['+', 0],
      ['-', 1],
      ['+', 0],
      ['-', 1],
      ['+', 0],
      ['-', 1],
      ['+', 0],
    ],
    false,
  ],
  [
    'one that took over after a crash',
    [
      ['+', 0],
      ['+', 1],
    ],
    false,
  ],
  [
    'two that took over',
    [
      ['+', 0],
      ['+', 1],
      ['+', 1],
    ],
    false,
  ],
  [
    'three that took over in a row',
    [
      ['+', 0],
      ['+', 1],
      ['+', 1],
      ['+', 1],
    ],
    true,
  ],
  [
    'three that took over in half an hour',
    [
      ['+', 0],
      ['+', 10],
      ['+', 10],
      ['+', 10],
    ],
    false,
  ],
  [
    'three long ago',
    [
      ['+', 0],
      ['+', 1],
      ['+', 1],
      ['+', 1],
      ['-', 11],
    ],
    false,
  ],
];

for (const [title, steps, expected] of cases) {
  test(`${title}: ${expected ? 'contested' : 'not contested'}`, () => {
    let now = 0;
    const hosts = new Hosts(
      () => now,
      () => {},
    );
    let running: AgentLink | null = null;
    for (const [what, minutes] of steps) {
      now += minutes * minute;
      if (what === '-' && running !== null) hosts.disconnect(running);
      if (what === '+') {
        running = { workload: 'web-1', held: null, send: () => {}, close: () => {} };
        hosts.connect(running);
      }
    }
    assert.equal(hosts.isContested('web-1'), expected);
    assert.equal(hosts.isContested('web-2'), false);
    hosts.forget('web-1', 'revoked', 'revoked');
    assert.equal(hosts.isContested('web-1'), false);
  });
}
