import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostTarget, planProvision, type WaveShape } from './plan.ts';

const host = (workload: string, [sent, widened, final]: [string, string, string], connected = true): HostTarget => ({
  workload,
  connected,
  sent,
  widened,
  final,
});

test('what each host has and needs decides the steps it is in', () => {
  const cases: readonly (readonly [string, readonly HostTarget[], readonly string[]])[] = [
    ['nobody', [], []],
    ['nothing changes', [host('a', ['1', '1', '1'])], []],
    ['only wider', [host('a', ['1', '2', '2'])], ['widen a']],
    ['only narrower', [host('a', ['1', '1', '2'])], ['narrow a']],
    ['both', [host('a', ['1', '2', '3'])], ['widen a', 'narrow a']],
    ['already final, as after a crash', [host('a', ['3', '2', '3'])], []],
    ['already widened, as after a crash', [host('a', ['2', '2', '3'])], ['narrow a']],
    ['never sent anything', [host('a', ['', '2', '3'])], ['widen a', 'narrow a']],
    [
      'all at once',
      [host('c', ['1', '1', '2']), host('a', ['1', '2', '2']), host('b', ['1', '2', '3'])],
      ['widen a,b', 'narrow b,c'],
    ],
  ];
  for (const [title, targets, expected] of cases) {
    const steps = planProvision(targets).map(({ phase, workloads }) => `${phase} ${workloads.join(',')}`);
    assert.deepEqual(steps, expected, title);
  }
});

const narrowing = (names: string, away = '') =>
  [...names].map((name) => host(name, ['1', '1', '2'], !away.includes(name)));

test('W1 W2 hosts that narrow are spread over a canary and waves of the rest', () => {
  const cases: readonly (readonly [string, readonly HostTarget[], WaveShape, Record<string, number>, string])[] = [
    ['nobody narrows', [host('a', ['1', '2', '2'])], { canary: 0.1, rest: 1 }, {}, 'null:a'],
    ['one host is all of it', narrowing('a'), { canary: 0.1, rest: 1 }, {}, '1:a'],
    ['a tenth of two is one', narrowing('ba'), { canary: 0.1, rest: 1 }, {}, '1:a 2:b'],
    ['a tenth of eleven is two', narrowing('abcdefghijk'), { canary: 0.1, rest: 1 }, {}, '1:ab 2:cdefghijk'],
    ['a half, and the rest in two', narrowing('abcdef'), { canary: 0.5, rest: 2 }, {}, '1:abc 2:d 3:ef'],
    ['more waves than hosts', narrowing('abc'), { canary: 0.1, rest: 9 }, {}, '1:a 2:b 3:c'],
    ['everybody is the canary', narrowing('abc'), { canary: 1, rest: 3 }, {}, '1:abc'],
    ['who is away comes last', narrowing('abcd', 'ab'), { canary: 0.5, rest: 1 }, {}, '1:cd 2:ab'],
    ['who was in the canary stays in it', narrowing('abcd'), { canary: 0.1, rest: 1 }, { d: 1 }, '1:d 2:abc'],
    [
      'with all waves begun there is no other',
      narrowing('abc'),
      { canary: 0.1, rest: 1 },
      { b: 1, a: 2, c: 2 },
      '1:b 2:ac',
    ],
  ];
  for (const [title, targets, shape, known, expected] of cases) {
    const steps = planProvision(targets, shape, new Map(Object.entries(known)));
    const text = steps.map(({ wave, workloads }) => `${wave}:${workloads.join('')}`).join(' ');
    assert.equal(text, expected, title);
  }
});
