import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PolicyFile } from '@bulkhead/model/policy-content.ts';
import { hashOf } from './lock.ts';
import type { Part } from './parts.ts';
import type { Plan } from './plan-file.ts';
import { planMarkdown, planText } from './plan-text.ts';
import { changedSincePull } from './since-pull.ts';

const passing = {
  test: 't',
  line: 'a -> b tcp/1',
  expected: 'allow',
  passed: true,
  answer: null,
  problem: null,
} as const;
const failing = { ...passing, passed: false };
const proved = { invariant: 'never', holds: true, counterexample: null } as const;
const error = { severity: 'error', code: 'bad', message: 'Cannot read it', place: null, hint: null } as const;
const none = { cells: 0, rectangles: [], addressRectangles: [] };

type Said = {
  readonly effect?: Partial<Plan['effect']>;
  readonly removed?: readonly Part[];
  readonly changed?: readonly Part[];
};

const plan = ({ effect = {}, removed = [], changed = [] }: Said): Plan => ({
  kind: 'bulkhead-plan',
  format: 1,
  made: '2026-01-01T00:00:00.000Z',
  base: { version: 3, hash: 'a'.repeat(64) },
  content: { files: [], labels: [], hash: 'b'.repeat(64) },
  changes: { added: [], changed: [], removed: [], labels: 0 },
  parts: { removed, changed },
  effect: { sound: true, problems: [], diff: { opened: none, closed: none }, tests: [], invariants: [], ...effect },
});

const many = Array.from({ length: 25 }, (_, index): Part => ({ kind: 'test', name: `t: a -> b tcp/${index}` }));
const broken = { effect: { sound: false, problems: [error], tests: [passing], invariants: [proved] } };

/** What both forms say, and what neither does. */
const cases: readonly (readonly [what: string, Said, says: readonly RegExp[], not: readonly RegExp[]])[] = [
  ['nothing is asked', {}, [/0 tests passed, 0 failed; 0 invariants proved, 0 refuted/], [/removed/i, /changed: /]],
  [
    'gates hold',
    { effect: { tests: [passing], invariants: [proved] } },
    [/1 test passed, 0 failed; 1 invariant proved, 0 refuted/],
    [],
  ],
  ['a test fails', { effect: { tests: [failing, passing] } }, [/1 test passed, 1 failed/], []],
  [
    'gates are taken away',
    { removed: [...many, { kind: 'invariant', name: 'never' }], changed: [{ kind: 'rule', name: 'shop/web' }] },
    [/removed: 25 tests, 1 invariant/, /changed: 1 rule/, /a -> b tcp\/19/, /and 6 more/, /shop\/web/],
    [/a -> b tcp\/20/],
  ],
  ['a name has lines', { removed: [{ kind: 'test', name: 't: a\n-> b' }] }, [/a.{1,12}u000a-/], [/a\n/]],
  ['there are errors', broken, [/the policy has errors/], [/passed/, /proved/, /cells/, /opens/, /opened/]],
];

for (const [what, said, says, not] of cases)
  for (const form of [planText, planMarkdown])
    test(`${form.name} when ${what}`, () => {
      const text = form(plan(said), null).join('\n');
      for (const pattern of says) assert.match(text, pattern);
      for (const pattern of not) assert.doesNotMatch(text, pattern);
    });

const files = (text: Readonly<Record<string, string>>): readonly PolicyFile[] =>
  Object.entries(text).map(([path, said]) => ({ path, text: said }));
const label = { workload: 'web-1', key: 'role', value: 'web' };

type Texts = Readonly<Record<string, string>>;
const since: readonly (readonly [
  what: string,
  pulled: Texts,
  inForce: Texts,
  here: Texts,
  named: readonly string[],
])[] = [
  ['nothing was done', { a: '1' }, { a: '1' }, { a: '1' }, []],
  ['only this directory changed', { a: '1' }, { a: '1' }, { a: '2', b: '1' }, []],
  ['the same was done by others', { a: '1' }, { a: '2', b: '1' }, { a: '2', b: '1' }, []],
  ['others changed a file', { a: '1' }, { a: '2' }, { a: '1' }, ['changed a']],
  ['others and we changed a file', { a: '1' }, { a: '2' }, { a: '3' }, ['changed a']],
  ['others added a file', { a: '1' }, { a: '1', b: '1' }, { a: '1' }, ['added b']],
  ['others removed a file', { a: '1', b: '1' }, { a: '1' }, { a: '1', b: '1' }, ['removed b']],
  ['others removed a file and we did', { a: '1', b: '1' }, { a: '1' }, { a: '1' }, []],
];

for (const [what, pulled, inForce, here, named] of since)
  test(`of what is in force ${named.join() || 'nothing'} is not from the directory when ${what}`, () => {
    const lock = {
      version: 1,
      hash: '',
      files: new Map(Object.entries(pulled).map(([path, text]) => [path, hashOf(text)])),
      pending: [],
    };
    const directory = { files: files(here), labels: null, lock };
    const found = changedSincePull(directory, { files: files(inForce), labels: [label] });
    assert.deepEqual(found?.files.map((file) => file.join(' ')) ?? [], named);
    for (const form of [planText, planMarkdown])
      assert.equal(/since version 1 was pulled/.test(form(plan({}), found).join('\n')), named.length > 0);
  });

test('labels that others assigned count where the directory says labels', () => {
  const lock = { version: 1, hash: '', files: new Map<string, string>(), pending: [] };
  const current = { files: [], labels: [label] };
  assert.deepEqual(changedSincePull({ files: [], labels: [], lock }, current)?.files, [['changed', 'labels.txt']]);
  assert.equal(changedSincePull({ files: [], labels: [label], lock }, current), null);
  assert.equal(changedSincePull({ files: [], labels: null, lock }, current), null);
});
