import { test } from 'node:test';
import { assertGolden, bulkhead } from './testkit.ts';

const shop = ['--estate', 'shop', '--policy', 'shop'];

/** What an operator sees, both streams, as a file to be read by people. */
const cases: readonly (readonly [file: string, words: readonly string[], input?: string])[] = [
  ['help.txt', ['--help']],
  ['policy-check-help.txt', ['policy', 'check', '--help']],
  ['policy-check.txt', ['policy', 'check', ...shop]],
  ['policy-check-broken.txt', ['policy', 'check', '--estate', 'shop', '--policy', 'broken']],
  ['policy-fmt-help.txt', ['policy', 'fmt', '--help']],
  ['policy-fmt-broken.txt', ['policy', 'fmt', '--check', 'broken']],
  ['import-kubernetes-help.txt', ['import', 'kubernetes', '--help']],
  ['import-kubernetes-refused.txt', ['import', 'kubernetes', 'kubernetes-objects', '--out', '/nonexistent/out']],
  ['import-kubernetes-nothing.txt', ['import', 'kubernetes', 'nowhere', '--out', '/nonexistent/out']],
  ['policy-template.txt', ['policy', 'template', 'admin-ports', '--set', 'from=role=jump']],
  ['policy-template-list.txt', ['policy', 'template', '--list']],
  ['policy-schema.txt', ['policy', 'schema']],
  ['policy-schema-mode.txt', ['policy', 'schema', 'Mode']],
  ['policy-test.txt', ['policy', 'test', ...shop, '--policy', 'failing']],
  ['explain.txt', ['explain', 'web-dev', 'api-1', 'tcp/8080', ...shop]],
  ['explain-effective.txt', ['explain', 'web-1', '192.0.2.1', 'udp/53', ...shop, '--as', 'effective']],
  ['no-controller.txt', ['status']],
  ['diff.txt', ['diff', '--estate', 'shop', 'shop', 'wider']],
  ['diff-none.txt', ['diff', '--estate', 'shop', 'shop', 'shop']],
  ['policy-plan.txt', ['policy', 'plan', 'untidy', '--base', 'shop', '--estate', 'shop']],
  ['policy-plan-markdown.txt', ['policy', 'plan', 'untidy', '--base', 'shop', '--estate', 'shop', '--markdown']],
  ['policy-plan-broken.txt', ['policy', 'plan', 'broken', '--base', 'shop', '--estate', 'shop']],
  ['policy-plan-broken-markdown.txt', ['policy', 'plan', 'broken', '--base', 'shop', '--estate', 'shop', '--markdown']],
  ['policy-plan-help.txt', ['policy', 'plan', '--help']],
  ['policy-apply-help.txt', ['policy', 'apply', '--help']],
  ['diff-markdown.txt', ['diff', '--estate', 'shop', 'shop', 'wider', '--markdown']],
  ['verify-markdown.txt', ['verify', '--estate', 'shop', '--policy', 'untidy', '--markdown']],
  ['policy-test-markdown.txt', ['policy', 'test', ...shop, '--policy', 'failing', '--markdown']],
  ['verify.txt', ['verify', '--estate', 'shop', '--policy', 'untidy']],
  ['verify-any-estate.txt', ['verify', '--any-estate', '--json', '--estate', 'shop', '--policy', 'untidy']],
  ['policy-anomalies.txt', ['policy', 'anomalies', '--estate', 'shop', '--policy', 'untidy']],
  ['policy-prune.txt', ['policy', 'prune', '--estate', 'shop', '--policy', 'untidy']],
  [
    'policy-prune-needed.txt',
    ['policy', 'prune', '--estate', 'shop', '--policy', 'untidy', '--rule', 'shop/everything'],
  ],
  ['policy-count.txt', ['policy', 'count', '--estate', 'shop', '--policy', 'untidy']],
  ['diff-untidy.txt', ['diff', '--estate', 'shop', 'shop', 'untidy']],
  ['export-kubernetes-help.txt', ['export', 'kubernetes', '--help']],
  [
    'export-kubernetes-refused.txt',
    [
      'export',
      'kubernetes',
      '--estate',
      'exported.yaml',
      '--policy',
      'exported.yaml',
      '--policy',
      'not-exported.yaml',
      '--out',
      '/nonexistent/out',
    ],
  ],
  ['no-such-file.txt', ['policy', 'check', '--estate', 'nowhere', '--policy', 'shop']],
  ['no-such-host.txt', ['compile', ...shop, '--host', 'nobody']],
  [
    'decide.txt',
    ['decide', ...shop],
    [
      '{"from":"web-1","to":"api-1","service":"tcp/8080"}',
      '{"from":"web-1@10.0.1.11","to":"db-1","service":"tcp/5432"}',
      '{"from":"web-dev","to":"api-1","service":"tcp/8080"}',
      '{"from":"web-1","to":"192.0.2.1","service":"tcp/443"}',
      '{"from":"printer","to":"api-1","service":"icmp/8"}',
      '{"from":"web-1","to":"api-1","service":"tcp/80-90"}',
    ].join('\n'),
  ],
];

for (const [file, words, input] of cases) {
  test(`bulkhead ${words.join(' ')} reads like ${file}`, () => {
    const { stdout, stderr } = bulkhead(words, input);
    assertGolden(
      file,
      `$ bulkhead ${words.join(' ')}\n${stdout}${stderr === '' ? '' : `-- standard error\n${stderr}`}`,
    );
  });
}
