import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classLimit } from '@bulkhead/model/host-ruleset.ts';
import { manyClasses } from '@bulkhead/testkit/many-classes.ts';
import { isProblem } from '../problems.ts';
import { widenContent } from './widen.ts';

const half = 2000;

for (const [together, expected] of [
  [classLimit - 1, 'widened'],
  [classLimit, 'widened'],
  [classLimit + 1, 'too-many-classes'],
] as const)
  test(`K8 two sides of ${together} classes together: ${expected}`, () => {
    const widened = widenContent(manyClasses(1, half), manyClasses(2, together - half));
    assert.equal(isProblem(widened) ? widened.code : 'widened', expected);
    if (!isProblem(widened)) assert.equal(widened.classes.length, together);
  });
