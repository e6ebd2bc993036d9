import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Done } from '@bulkhead/enforce/back-end.ts';
import { FeatureWatch } from './feature-watch.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';

const has = (...missing: readonly string[]): Done<readonly string[]> => ({ kind: 'done', value: missing });
const failed: Done<readonly string[]> = { kind: 'failed', code: 'enforce-missing', message: 'no nft' };

type Look = readonly [found: Done<readonly string[]>, missing: readonly string[], says: RegExp | null];
const cases: readonly (readonly [title: string, looks: readonly Look[]])[] = [
  ['a host that has everything', [[has(), [], null]]],
  ['one that lacks two', [[has('a', 'b'), ['a', 'b'], /refuses a, b, a newer one is needed/]]],
  [
    'one that was brought up to date',
    [
      [has('a'), ['a'], /refuses a,/],
      [has(), [], null],
    ],
  ],
  [
    'one that cannot tell any more',
    [
      [has('a'), ['a'], /refuses a,/],
      [failed, ['a'], /not known: no nft/],
    ],
  ],
];
for (const [title, looks] of cases)
  test(`what a host says that its nftables lacks: ${title}`, async () => {
    const problems = new Problems(silentLog);
    let answer = has();
    const watch = new FeatureWatch(async () => answer, problems);
    for (const [found, missing, says] of looks) {
      answer = found;
      await watch.look();
      assert.deepEqual(watch.missing, missing);
      if (says === null) assert.deepEqual(problems.texts(), []);
      else assert.match(problems.text('features') ?? '', says);
    }
  });
