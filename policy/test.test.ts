import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { runTests } from './test.ts';

/** `twin` is half allowed: of its two addresses a rule names one. */
const world = worldOf([
  workload('web', 'role=web', ['10.0.0.1']),
  workload('twin', 'role=other', ['10.0.0.2', '10.0.0.3']),
  workload('db', 'role=db', ['10.0.0.9']),
  ruleset('r', [rule('x', 'allow tcp/1', [['role=web', '10.0.0.2/32'], 'role=db'])]),
]);

const cases: readonly (readonly [line: string, allow: string, deny: string])[] = [
  ['web -> db tcp/1', 'passed', 'failed'],
  ['web -> db tcp/2', 'failed', 'passed'],
  ['db -> web tcp/1', 'failed', 'passed'],
  ['twin@10.0.0.2 -> db tcp/1', 'passed', 'failed'],
  ['twin@10.0.0.3 -> db tcp/1', 'failed', 'passed'],
  ['twin -> db tcp/1', 'failed: mixed', 'failed: mixed'],
  ['twin -> db tcp/2', 'failed', 'passed'],
  ['nobody -> db tcp/1', 'unknown-workload', 'unknown-workload'],
];

for (const [line, allow, deny] of cases)
  test(`a policy's test of ${line}: allow ${allow}, deny ${deny}`, () => {
    const text = `{kind: Test, name: t, allow: ["${line}"], deny: ["${line}"]}\n`;
    const { documents, problems } = parseDocuments([{ file: 'f', text }]);
    assert.deepEqual(problems, []);
    const found = runTests(world, documents).map(({ passed, answer, problem }) => {
      if (problem !== null) return passed ? assert.fail('a problem that passes') : problem.code;
      return `${passed ? 'passed' : 'failed'}${answer?.verdict === 'mixed' ? ': mixed' : ''}`;
    });
    assert.deepEqual(found, [allow, deny]);
  });
