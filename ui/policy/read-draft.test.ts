import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@bulkhead/model/problem.ts';
import { mergeProblems, noRulesText, readDraft, ruleAtLine, rulesOfFile } from './read-draft.ts';

const text = `# shop
kind: Ruleset
name: shop
rules:
  - name: one
    allow: [tcp/80]
    from: role=lb
    to: role=web
  - {name: two, allow: [tcp/81], from: role=lb, to: role=web}
---
kind: Service
name: postgres
ports: [tcp/5432]
`;

test('workloads in a draft are not looked at', () => {
  const { documents, problems } = readDraft([{ path: 'a.yaml', text: 'kind: Workload\nname: [\n' }]);
  assert.deepEqual([documents.length, problems.length > 0], [0, true]);
  assert.deepEqual(readDraft([{ path: 'a.yaml', text: 'kind: Workload\nnonsense: 1\n' }]).problems, []);
});

test('references between files are looked at', () => {
  const rule = 'kind: Ruleset\nname: r\nrules:\n  - {name: x, allow: [postgres], from: "", to: ""}\n';
  const codes = (files: readonly { readonly path: string; readonly text: string }[]) =>
    readDraft(files).problems.map(({ code }) => code);
  assert.deepEqual(codes([{ path: 'r.yaml', text: rule }]), ['unknown-service']);
  assert.deepEqual(
    codes([
      { path: 'r.yaml', text: rule },
      { path: 's.yaml', text },
    ]),
    [],
  );
});

for (const [line, expected] of [
  [1, null],
  [3, null],
  [5, 0],
  [8, 0],
  [9, 1],
  [11, null],
  [13, null],
] as const)
  test(`line ${line} belongs to rule ${expected}`, () => {
    const { documents } = readDraft([{ path: 's.yaml', text }]);
    assert.equal(rulesOfFile(documents, 's.yaml').length, 2);
    assert.equal(ruleAtLine({ documents, path: 's.yaml' }, line), expected);
  });

for (const [file, expected] of [
  ['{kind: Mode, selector: "", inbound: enforce}', 'No rules in this file: it holds Mode.'],
  [
    '{kind: LabelKey, name: env}\n---\n{kind: IpList, name: l, prefixes: []}',
    'No rules in this file: it holds IpList, LabelKey.',
  ],
  ['', 'No document of this file can be read: it has none, or each has an error.'],
  ['{kind: Mode}', 'No document of this file can be read: it has none, or each has an error.'],
] as const)
  test(`of ${JSON.stringify(file)} it is said: ${expected}`, () => {
    assert.equal(noRulesText(readDraft([{ path: 'f.yaml', text: file }]).documents, 'f.yaml'), expected);
  });

const problem = (severity: Problem['severity'], code: string, line: number): Problem => ({
  severity,
  code,
  message: 'Cannot',
  place: { file: 'a.yaml', line, column: 1 },
  hint: null,
});

test('what both say is said once, errors first, then in the order of lines', () => {
  const read = [problem('warning', 'w', 1), problem('error', 'b', 9)];
  const asked = [problem('error', 'b', 9), problem('error', 'a', 2)];
  assert.deepEqual(
    mergeProblems({ read, asked }).map(({ code }) => code),
    ['a', 'b', 'w'],
  );
});
