import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelAssignment } from '@bulkhead/model/policy-content.ts';
import { labelsText, readLabels } from './labels-file.ts';

const set = (workload: string, key: string, value: string | null): LabelAssignment => ({ workload, key, value });

const written: readonly (readonly [line: string, LabelAssignment])[] = [
  ['web-1 role=web', set('web-1', 'role', 'web')],
  ['web-1 !role', set('web-1', 'role', null)],
  ['web-1 role=', set('web-1', 'role', '')],
  ['shop/web-1 namespace:team=a', set('shop/web-1', 'namespace:team', 'a')],
  ['"a name" role=web', set('a name', 'role', 'web')],
  ['"#1" role=web', set('#1', 'role', 'web')],
  ['"a\\"b\\n" !role', set('a"b\n', 'role', null)],
];

for (const [line, assignment] of written)
  test(`${line} says what it was written from`, () => {
    const text = labelsText([assignment]);
    assert.ok(text.endsWith(`\n${line}\n`), text);
    assert.deepEqual(readLabels('labels.txt', text), { labels: [assignment], problems: [] });
  });

test('assignments are written in one order, whatever order they came in', () => {
  const [a, b] = [set('b', 'role', 'x'), set('a', 'role', 'x')];
  assert.equal(labelsText([a, b]), labelsText([b, a]));
});

const wrong: readonly (readonly [text: string, code: string])[] = [
  ['web-1', 'bad-assignment'],
  ['web-1 role', 'bad-assignment'],
  ['web-1 =web', 'bad-assignment'],
  ['web-1 !role=web', 'bad-assignment'],
  ['web-1 role=web app=shop', 'bad-assignment'],
  ['!role', 'bad-assignment'],
  ['"web role=web', 'bad-assignment'],
  ['"\\x" role=web', 'bad-assignment'],
  ['web-1 ro le=web', 'bad-assignment'],
  ['web-1 role=we,b', 'bad-label'],
  ['web-1 -role=web', 'bad-label'],
  ['web-1 role:web=a', 'bad-label'],
  ['web-1 role=a\nweb-1 role=b', 'duplicate-assignment'],
  ['web-1 role=a\nweb-1 !role', 'duplicate-assignment'],
];

for (const [text, code] of wrong)
  test(`${JSON.stringify(text)} is ${code}`, () => {
    const { problems } = readLabels('labels.txt', `# first\n${text}\n`);
    assert.deepEqual(
      problems.map((problem) => [problem.code, problem.place?.line]),
      [[code, 1 + text.split('\n').length]],
    );
  });
