import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignedLabels, layLabels, mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import type { LabelAssignment } from '../store/policy-text.ts';
import { assignmentsBetween } from './labels.ts';

const set = (workload: string, key: string, value: string | null): LabelAssignment => ({ workload, key, value });

test('assignments are laid over what the workload says of itself', () => {
  const own = { role: 'web', env: 'dev' };
  const cases: readonly (readonly [readonly LabelAssignment[], object])[] = [
    [[], own],
    [[set('web-2', 'role', 'db')], own],
    [[set('web-1', 'role', 'db')], { role: 'db', env: 'dev' }],
    [[set('web-1', 'role', null)], { env: 'dev' }],
    [[set('web-1', 'app', null)], own],
    [[set('web-1', 'role', null), set('web-1', 'role', 'lb')], { role: 'lb', env: 'dev' }],
  ];
  for (const [assignments, expected] of cases)
    assert.deepEqual(layLabels('web-1', own, assignedLabels(assignments)), expected);
});

test('later layers win and the order of equal ones means nothing', () => {
  const [a, b, c] = [set('w', 'a', '1'), set('w', 'a', '2'), set('v', 'a', null)];
  assert.deepEqual(mergeAssignments([a, c], [b]), mergeAssignments([c], [b]));
  assert.deepEqual(mergeAssignments([a], [b]), [b]);
});

test('going back to an older version gives its labels again', () => {
  const own = (workload: string) => (workload === 'w' ? { a: 'own' } : {});
  const older = [set('w', 'b', '1')];
  const newer = [set('w', 'a', '2'), set('w', 'b', '3'), set('v', 'c', '4')];
  const back = assignmentsBetween(newer, older, own);
  for (const workload of ['w', 'v']) {
    const restored = layLabels(workload, own(workload), assignedLabels(mergeAssignments(newer, back)));
    assert.deepEqual(restored, layLabels(workload, own(workload), assignedLabels(older)));
  }
  assert.deepEqual(assignmentsBetween(older, older, own), []);
});
