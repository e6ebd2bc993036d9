import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '../parse.ts';
import { fileCharacterLimit, memberLimit, type ReadLimits, readLimits } from './limits.ts';

test('the limits are those that are promised', () => {
  assert.deepEqual(
    [fileCharacterLimit, memberLimit, readLimits],
    [64 * 1024 * 1024, 100_000, { tokens: 5_000_000, rules: 1_000_000, aliases: 1_000_000, nesting: 32 }],
  );
});

const rules = (count: number) => {
  const listed = Array.from({ length: count }, (_, i) => `  - {name: r${i}, allow: [all], from: "", to: ""}\n`);
  return `kind: Ruleset\nname: r${count}\nrules:\n${listed.join('')}`;
};
const aliases = (count: number) => `kind: Lab\nx: &x [1, 2]\ny: [${Array(count).fill('*x').join(', ')}]\n`;

/** What is read under a limit of one kind, all others as they are; `more`: lines and codes. */
const cases: readonly (readonly [
  title: string,
  Partial<ReadLimits>,
  texts: readonly string[],
  problems: readonly string[],
])[] = [
  ['three rules of three', { rules: 3 }, [rules(3)], []],
  ['four rules of three', { rules: 3 }, [rules(4)], ['f0:7 too-many-rules']],
  ['rules of two documents', { rules: 3 }, [`${rules(1)}---\n${rules(2)}`], []],
  ['one too many in the second document', { rules: 3 }, [`${rules(2)}---\n${rules(3)}`], ['f0:11 too-many-rules']],
  ['one too many in the second file', { rules: 3 }, [rules(2), rules(3)], ['f1:5 too-many-rules']],
  // A list of two numbers stands for three values.
  ['twelve values of aliases of twelve', { aliases: 12 }, [aliases(4)], []],
  ['twelve values of aliases of eleven', { aliases: 11 }, [aliases(4)], ['f0:3 too-many-aliases']],
  ['aliases are counted for each document', { aliases: 12 }, [`${aliases(4)}---\n${aliases(4)}`], []],
  ['a short document', { tokens: 40 }, ['kind: Lab\nx: [1, 2]\n'], []],
  ['a long one', { tokens: 40 }, [`kind: Lab\nx: [${'1, '.repeat(40)}]\n`], ['f0:2 document-too-large']],
  ['three levels of three', { nesting: 3 }, ['kind: Lab\nx: [[1]]\n'], []],
  ['four levels of three', { nesting: 3 }, ['kind: Lab\nx: [[[1]]]\n'], ['f0:2 too-deep']],
  ['many short documents', { tokens: 40 }, ['kind: Lab\nx: [1, 2]\n---\n'.repeat(9)], []],
];

for (const [title, change, texts, expected] of cases)
  test(`${title}: ${expected.length === 0 ? 'read' : expected}`, () => {
    const files = texts.map((text, index) => ({ file: `f${index}`, text }));
    const { problems } = parseDocuments(files, { limits: { ...readLimits, ...change } });
    assert.deepEqual(
      problems.map(({ code, place }) => `${place?.file}:${place?.line} ${code}`),
      expected,
    );
  });

test('the limits that hold everywhere are those without any said', () => {
  const values = 999;
  const list = `[${Array(values).fill('1').join(',')}]`;
  const expanded = (times: number) => `kind: Lab\nx: &x ${list}\ny: [${Array(times).fill('*x').join(',')}]\n`;
  const codes = (text: string) => parseDocuments([{ file: 'f', text }]).problems.map(({ code }) => code);
  assert.deepEqual(codes(expanded(1000)), []);
  assert.deepEqual(codes(expanded(1001)), ['too-many-aliases']);
});

test('a group of more members than are looked at is refused', () => {
  const codes = (count: number) => {
    const text = `{kind: UserGroup, name: g, members: [${Array.from({ length: count }, (_, i) => `u${i}`).join(',')}]}`;
    return parseDocuments([{ file: 'f', text }]).problems.map(({ code }) => code);
  };
  assert.deepEqual(codes(memberLimit), []);
  assert.deepEqual(codes(memberLimit + 1), ['too-many']);
});
