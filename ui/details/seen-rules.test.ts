import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenRule } from '@bulkhead/flows/edge.ts';
import { seenRules } from './seen-rules.ts';

type Seen = readonly [end: 'source' | 'destination', verdicts: string, rule: string | null, attempts: number];

const judged = ([end, verdicts, intendedRule, attempts]: Seen): SeenRule => {
  const [effective, intended] = verdicts.split(' ');
  return { end, effective, intended, effectiveRule: null, intendedRule, attempts } as SeenRule;
};

for (const [what, seen, expected] of [
  ['nothing', [], []],
  ['one end', [['source', 'allow allow', 'a/b', 3]], ['a/b allowed 3']],
  [
    'both ends, which judge the same attempts',
    [
      ['source', 'allow allow', 'a/b', 3],
      ['destination', 'allow allow', 'a/b', 5],
    ],
    ['a/b allowed 5'],
  ],
  [
    'no rule, then one',
    [
      ['source', 'deny deny', null, 2],
      ['source', 'allow allow', 'a/b', 3],
    ],
    ['a/b allowed 3', 'null denied 2'],
  ],
  [
    'a rule that was not enforced at first',
    [
      ['source', 'allow deny', 'a/b', 9],
      ['source', 'deny deny', 'a/b', 1],
    ],
    ['a/b would be denied 9', 'a/b denied 1'],
  ],
  [
    'one end twice, as where it was decided otherwise in effect',
    [
      ['source', 'allow allow', 'a/b', 2],
      ['source', 'allow allow', 'a/b', 2],
    ],
    ['a/b allowed 4'],
  ],
] as const satisfies readonly (readonly [string, readonly Seen[], readonly string[]])[])
  test(`rules that were seen: ${what}`, () => {
    const lines = seenRules(seen.map(judged)).map(({ rule, verdict, attempts }) => `${rule} ${verdict} ${attempts}`);
    assert.deepEqual(lines, expected);
  });
