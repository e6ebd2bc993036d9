import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostTarget, planProvision } from './plan.ts';

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
      'one host first, then the rest',
      [host('c', ['1', '1', '2']), host('a', ['1', '2', '2']), host('b', ['1', '2', '3']), host('d', ['1', '1', '1'])],
      ['widen a,b', 'narrow b', 'narrow c'],
    ],
    [
      'a host that is away is not tried first',
      [host('a', ['1', '1', '2'], false), host('b', ['1', '1', '2'])],
      ['narrow b', 'narrow a'],
    ],
  ];
  for (const [title, targets, expected] of cases) {
    const steps = planProvision(targets).map(({ phase, workloads }) => `${phase} ${workloads.join(',')}`);
    assert.deepEqual(steps, expected, title);
  }
});
