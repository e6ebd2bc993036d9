import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkhead } from './testkit.ts';

const shop = ['--estate', 'shop', '--policy', 'shop'];
const broken = ['--estate', 'shop', '--policy', 'broken'];
const probe = '{"from":"web-1","to":"api-1","service":"tcp/8080"}\n';

const cases: readonly (readonly [words: readonly string[], code: number, input?: string])[] = [
  [['--help'], 0],
  [['--version'], 0],
  [['policy', 'check', '--help'], 0],
  [[], 2],
  [['frobnicate'], 2],
  [['policy'], 2],
  [['policy', 'check'], 2],
  [['policy', 'check', ...shop], 0],
  [['policy', 'check', ...shop, '--json'], 0],
  [['policy', 'check', ...shop, '--frobnicate'], 2],
  [['policy', 'check', ...shop, 'extra'], 2],
  [['policy', 'check', ...broken], 2],
  [['policy', 'check', '--estate', 'nowhere', '--policy', 'shop'], 2],
  [['policy', 'check', '--estate', 'empty', '--policy', 'shop'], 2],
  [['policy', 'check', ...shop, '--at', 'yesterday'], 2],
  [['policy', 'test', ...shop], 0],
  [['policy', 'schema'], 0],
  [['policy', 'schema', '--json'], 0],
  [['policy', 'schema', 'Ruleset'], 0],
  [['policy', 'schema', 'Ruleset', '--json'], 0],
  [['policy', 'schema', 'ruleset'], 2],

  [['policy', 'test', '--estate', 'shop', '--policy', 'shop', '--policy', 'failing'], 1],
  [['policy', 'test', ...broken], 2],
  [['policy', 'test', ...shop, '--markdown'], 0],
  [['policy', 'test', ...shop, '--policy', 'failing', '--markdown'], 1],
  [['policy', 'test', ...shop, '--markdown', '--json'], 2],
  [['diff', '--estate', 'shop', 'shop', 'wider', '--expect-none', '--markdown'], 1],
  [['diff', '--estate', 'shop', 'shop', 'shop', '--expect-none', '--markdown'], 0],
  [['policy', 'plan', 'shop', '--base', 'shop', '--estate', 'shop', '--expect-none'], 0],
  [['policy', 'plan', 'wider', '--base', 'shop', '--estate', 'shop', '--expect-none'], 1],
  [['policy', 'plan', 'wider', '--base', 'shop', '--estate', 'shop'], 0],
  [['policy', 'plan', 'untidy', '--base', 'shop', '--estate', 'shop', '--json'], 1],
  [['policy', 'plan', 'broken', '--base', 'shop', '--estate', 'shop'], 2],
  [['policy', 'plan', 'broken', '--base', 'shop', '--estate', 'shop', '--json'], 2],
  [['policy', 'plan', 'wider', '--base', 'broken', '--estate', 'shop'], 2],
  [['policy', 'plan', 'wider', '--base', 'shop'], 2],
  [['policy', 'plan', 'nowhere', '--base', 'shop', '--estate', 'shop'], 2],
  [['policy', 'plan', 'shop'], 3],
  [['policy', 'pull', 'nowhere'], 3],
  [['policy', 'apply', 'nowhere', '--yes'], 2],
  [['policy', 'apply', 'shop/policy.yaml', '--yes'], 2],
  [['explain', 'web-1', 'db-1', 'tcp/5432', ...shop], 0],
  [['explain', ...shop, 'web-1', 'db-1', 'tcp/5432'], 0],
  [['explain', 'web-1', 'db-1', 'tcp/5432', ...shop, '--as', 'effective', '--json'], 0],
  [['explain', 'web-1', 'db-1', 'tcp/5432', '--estate', 'shop'], 2],
  [['explain', 'web-1', 'nobody', 'tcp/5432', ...shop], 2],
  [['explain', 'web-1', 'db-1', 'tcp', ...shop], 2],
  [['explain', 'web-1', 'db-1', ...shop], 2],
  [['explain', 'web-1', 'db-1', 'tcp/5432'], 3],
  [['status'], 3],
  [['flows', '--url', 'https://127.0.0.1:1'], 3],
  [['flows', '--url', 'not a url'], 2],
  [['login', 'http://127.0.0.1:1'], 2],
  [['login', 'https://127.0.0.1:1', '--name', 'ana'], 3],
  [['diff', '--estate', 'shop', 'shop', 'shop'], 0],
  [['diff', '--estate', 'shop', 'shop', 'shop', '--expect-none'], 0],
  [['diff', '--estate', 'shop', 'shop', 'wider'], 0],
  [['diff', '--estate', 'shop', 'shop', 'wider', '--expect-none'], 1],
  [['diff', '--estate', 'shop', 'shop', 'wider', '--expect-none', '--json'], 1],
  [['diff', '--estate', 'shop', '--estate-after', 'shop', 'shop', 'shop', '--expect-none'], 0],
  [['diff', 'shop', 'shop', '--estate', 'shop', '--estate-after', 'shop/estate.yaml'], 0],
  [['diff', '--estate', 'shop', 'shop', 'broken'], 2],
  [['diff', '--estate', 'shop', 'shop', 'nowhere'], 2],
  [['diff', '--estate', 'shop', 'shop'], 2],
  [['decide', ...shop], 0, ''],
  [['decide', ...shop], 0, probe],
  [['decide', ...shop], 0, `\n${probe}\n`],
  [['decide', ...shop], 2, `${probe}nonsense\n${probe}`],
  [['decide', ...shop], 2, '{"from":"nobody","to":"api-1","service":"tcp/1"}\n'],
  [['decide', ...shop, '--probes', 'nowhere'], 2],
  [['decide', ...shop, '--as', 'guessed'], 2, probe],
  [['decide', ...broken], 2, probe],
  [['compile', ...shop, '--host', 'web-1'], 0],
  [['compile', ...shop, '--host', 'web-1', '--format', 'nft'], 0],
  [['compile', ...shop, '--host', 'nobody'], 2],
  [['compile', ...shop, '--host', 'printer'], 2],
  [['compile', ...shop, '--host', 'web-1', '--format', 'iptables'], 2],
];

for (const [words, code, input] of cases) {
  test(`bulkhead ${words.join(' ')} ends with ${code}`, () => {
    const ran = bulkhead(words, input);
    assert.equal(ran.code, code, ran.stderr);
    assert.doesNotMatch(ran.stdout + ran.stderr, /\n\s+at /, 'a stack trace');
    if (code !== 0) assert.notEqual(ran.stderr + ran.stdout, '', 'a failure says why');
  });
}

test('a bad probe line answers in its place, the others as if it were not there', () => {
  const { stdout } = bulkhead(['decide', ...shop], `${probe}{}\n${probe}`);
  const [first, second, third] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([first.verdict, third.verdict], ['allow', 'allow']);
  assert.equal(second.error.code, 'missing-key');
});

test('with --json a failure is one JSON object on standard error and standard output stays empty', () => {
  const { stdout, stderr } = bulkhead(['compile', ...shop, '--host', 'nobody', '--json']);
  assert.equal(stdout, '');
  assert.equal(JSON.parse(stderr).error.code, 'unknown-workload');
});
