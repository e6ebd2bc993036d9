import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkWords } from './check-words.ts';

const said = (text: string, path = 'model/words.ts') => checkWords([{ path, text }]);

for (const text of [
  '// TODO later',
  '// FIXME',
  'see issue #12',
  "const path = '/home/ana/bulkhead';",
  'Co-Authored-By: someone',
  'https://registry.example.org/left',
  'export class RuleManager {',
  'export type HostInfo = string;',
  '<<<<<<< ours',
]) {
  test(`refused: ${text}`, () => assert.equal(said(text).length, 1));
}

for (const text of [
  'a todo list',
  'the helper reads records',
  'export const information = 1;',
  'an issue of trust',
  '=== equal',
]) {
  test(`allowed: ${text}`, () => assert.deepEqual(said(text), []));
}

for (const path of ['model/utils.ts', 'model/HostRuleset.ts', 'model/host_ruleset.ts', 'docs/a b.md']) {
  test(`refused file name: ${path}`, () => assert.equal(said('', path).length, 1));
}

for (const path of ['model/host-ruleset.ts', 'model/host-ruleset.test.ts', 'README.md', 'policy/SPEC.md']) {
  test(`allowed file name: ${path}`, () => assert.deepEqual(said('', path), []));
}
