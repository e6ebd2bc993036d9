import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classLimit, type HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { manyClasses } from '@bulkhead/testkit/many-classes.ts';
import { widen } from './widen.ts';

const [odd, even] = [manyClasses(1, 3), manyClasses(2, 3)];
/** Each within the limit of classes, and both together beyond it. */
const [allOdd, allEven] = [manyClasses(1, classLimit - 1), manyClasses(2, classLimit - 1)];

const cases: readonly (readonly [
  title: string,
  sent: HostRulesetContent | null,
  final: HostRulesetContent,
  between: 'sent' | 'final' | 'another',
])[] = [
  ['nothing sent yet', null, odd, 'final'],
  ['nothing changes', odd, odd, 'final'],
  ['only more is allowed', odd, manyClasses(1, 4), 'final'],
  ['only less is allowed', manyClasses(1, 4), odd, 'sent'],
  ['some is opened and some is closed', odd, even, 'another'],
  ['both together would cross a limit', allOdd, allEven, 'sent'],
];

for (const [title, sent, content, expected] of cases)
  test(`${title}: between the two a host holds ${expected}`, () => {
    const final = { content, hash: contentHash(content), change: null };
    const between = widen(sent, final);
    assert.equal(between.hash, contentHash(between.content));
    const found = between.hash === final.hash ? 'final' : between.content === sent ? 'sent' : 'another';
    assert.equal(found, expected);
  });
