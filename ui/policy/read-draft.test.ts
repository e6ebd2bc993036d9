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

/** Its documents start at lines 1 and 6, its rule is in line 9. */
const beside = `kind: IpList
name: partners
prefixes:
  - 192.0.2.0/24
---
kind: Ruleset
name: beside
rules:
  - {name: three, allow: [tcp/82], from: role=lb, to: role=web}
`;
for (const [path, line, expected] of [
  ['s.yaml', 1, null],
  ['s.yaml', 3, null],
  ['s.yaml', 5, 'one'],
  ['s.yaml', 6, 'one'],
  ['s.yaml', 8, 'one'],
  ['s.yaml', 9, 'two'],
  ['s.yaml', 11, null],
  ['s.yaml', 13, null],
  ['b.yaml', 2, null],
  ['b.yaml', 5, null],
  ['b.yaml', 6, null],
  ['b.yaml', 9, 'three'],
  ['b.yaml', 90, 'three'],
  ['none.yaml', 9, null],
] as const)
  test(`line ${line} of ${path} belongs to rule ${expected}`, () => {
    const files = [
      { path: 's.yaml', text },
      { path: 'b.yaml', text: beside },
    ];
    for (const order of [files, files.toReversed()]) {
      const { documents } = readDraft(order);
      const index = ruleAtLine({ documents, path }, line);
      assert.equal(index === null ? null : rulesOfFile(documents, path)[index]?.rule.name, expected);
    }
  });

test('the rules of a file are its own', () => {
  const { documents } = readDraft([
    { path: 's.yaml', text },
    { path: 'b.yaml', text: beside },
  ]);
  const named = (path: string) =>
    rulesOfFile(documents, path).map(({ rule, ruleset }) => `${ruleset.name}/${rule.name}`);
  assert.deepEqual(['s.yaml', 'b.yaml', 'none.yaml'].map(named), [['shop/one', 'shop/two'], ['beside/three'], []]);
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

/** `a:2:1 e x`: an error with code x at line 2, column 1 of file a; `- w x`: a warning without a place. */
function problemOf(said: string): Problem {
  const [at = '', kind, code = ''] = said.split(' ');
  const [file = '', line, column] = at.split(':');
  const place = at === '-' ? null : { file, line: Number(line), column: Number(column) };
  return { severity: kind === 'e' ? 'error' : 'warning', code, message: 'Cannot', place, hint: null };
}

function saidOf({ severity, code, place }: Problem): string {
  const at = place === null ? '-' : `${place.file}:${place.line}:${place.column}`;
  return `${at} ${severity === 'error' ? 'e' : 'w'} ${code}`;
}

type Merge = readonly [title: string, read: readonly string[], asked: readonly string[], said: readonly string[]];
const merges: readonly Merge[] = [
  ['nothing', [], [], []],
  ['what one of them says', ['a:1:1 e x'], [], ['a:1:1 e x']],
  ['what the other says', [], ['a:1:1 e x'], ['a:1:1 e x']],
  ['what both say, once', ['a:1:1 e x'], ['a:1:1 e x'], ['a:1:1 e x']],
  ['what both say of no place, once', ['- e x'], ['- e x'], ['- e x']],
  ['two problems of one place', ['a:1:1 e x'], ['a:1:1 e y'], ['a:1:1 e y', 'a:1:1 e x']],
  ['one problem in two lines', ['a:1:1 e x'], ['a:2:1 e x'], ['a:1:1 e x', 'a:2:1 e x']],
  ['one problem in two columns', ['a:1:1 e x'], ['a:1:2 e x'], ['a:1:1 e x', 'a:1:2 e x']],
  ['one problem in two files', ['a:1:1 e x'], ['b:1:1 e x'], ['a:1:1 e x', 'b:1:1 e x']],
  ['one problem with a place and without', ['a:1:1 e x'], ['- e x'], ['a:1:1 e x', '- e x']],
  ['errors before warnings', ['a:1:1 w x', 'b:9:9 e y'], [], ['b:9:9 e y', 'a:1:1 w x']],
  ['errors without a place before warnings with one', ['a:1:1 w x', '- e y'], [], ['- e y', 'a:1:1 w x']],
  ['files in order', ['b:1:1 e x', 'a:9:9 e x', 'c:1:1 e x'], [], ['a:9:9 e x', 'b:1:1 e x', 'c:1:1 e x']],
  ['lines in order, by their number', ['a:10:1 e x', 'a:9:7 e x'], [], ['a:9:7 e x', 'a:10:1 e x']],
  ['columns in order, by their number', ['a:1:10 e x', 'a:1:9 e y'], [], ['a:1:9 e y', 'a:1:10 e x']],
  ['what has no place last', ['- w x', 'a:1:1 w y', '- w z'], [], ['a:1:1 w y', '- w x', '- w z']],
];
for (const [title, read, asked, said] of merges) {
  test(`problems are merged: ${title}`, () => {
    const merged = mergeProblems({ read: read.map(problemOf), asked: asked.map(problemOf) });
    assert.deepEqual(merged.map(saidOf), said);
  });
}

test('where both say the same, the words are those of what was read', () => {
  const [read, asked] = ['Cannot read', 'Cannot take'].map((message) => ({ ...problemOf('a:1:1 e x'), message }));
  assert.ok(read !== undefined && asked !== undefined);
  assert.deepEqual(mergeProblems({ read: [read], asked: [asked] }), [read]);
});
