import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProblemList, startReading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import { readTrees } from '@bulkhead/model/read/yaml-trees.ts';
import { parseAllDocuments } from 'yaml';
import { testdata } from '../testkit.ts';
import { clusterLimits } from './cluster-limits.ts';
import { jsonTree } from './json-tree.ts';

function yamlTrees(text: string): readonly Tree[] {
  const problems = new ProblemList();
  return [...readTrees(startReading({ file: 'f', text }, problems, { budget: { rules: 0 }, limits: clusterLimits }))];
}

const items = parseAllDocuments(readFileSync(join(testdata, 'sample-cluster.yaml'), 'utf8')).map((one) => one.toJS());

const same: readonly string[] = [
  '{}',
  ' {"a": [1, -2.5, 1e3, "x", true, false, null, {}, []]}\n',
  '{"on": "yes", "12_000": ["0b11", "no"]}',
  '{"a":{"b":{"c":"d"}},"e":"\\u00e9\\n\\"\\\\"}',
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 4),
  `{"a": ${'['.repeat(127)}${']'.repeat(127)}}`,
];
for (const text of same)
  test(`KI1 JSON is read as YAML is: ${JSON.stringify(text).slice(0, 60)}`, () =>
    assert.deepEqual([jsonTree(text)], yamlTrees(text)));

const others: readonly string[] = [
  '',
  'a: b',
  '[]',
  '{a: b}',
  '{"a": 1,}',
  '{"a": 1, "a": 2}',
  '{"a": 01}',
  '{"a": tru}',
  '{"a": nul}',
  '{"a" 1}',
  '{"a": "b}',
  '{"a": "\n"}',
  '{"a": "\\q"}',
  '{"a": 1}}',
  '{"a": 1} {}',
  '{"a": [1 2]}',
  '{"a": -}',
  '{"a": 1',
  `{"a": ${'['.repeat(128)}${']'.repeat(128)}}`,
];
for (const text of others)
  test(`KI1 it is left to the reader of YAML: ${JSON.stringify(text).slice(0, 60)}`, () =>
    assert.equal(jsonTree(text), null));
