import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAll } from '@bulkhead/policy/compile.ts';
import { diff } from '@bulkhead/policy/diff.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { rule, ruleset } from './documents.ts';
import { largeEstate } from './large-estate.ts';
import { worldOf } from './world.ts';

const documents = largeEstate(1000, 200);

test('1,000 workloads under 200 rules compile, and hosts of one segment get one body', () => {
  const contents = compileAll(worldOf(documents));
  assert.equal(contents.size, 1000);
  const bodies = new Set([...contents.values()].map((content) => !isProblem(content) && content.decisions));
  // 25 applications x 5 roles x 2 environments at most.
  assert.ok(bodies.size <= 250, `${bodies.size} different bodies`);
});

test('F1 1,000 workloads: one rule more is counted exactly', () => {
  const more = [...documents, ruleset('more', [rule('ssh', 'allow tcp/22', ['role=web', 'role=db'])])];
  const { opened, closed } = diff(worldOf(documents), worldOf(more));
  // 100 of each role in each environment; development may not reach production.
  assert.deepEqual([opened.cells, closed.cells], [3 * 100 * 100, 0]);
});
