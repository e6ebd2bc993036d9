import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TiersDocument } from './documents.ts';
import { mergeTiers } from './merge-tiers.ts';
import { parseDocuments } from './parse.ts';

/** A document per line of tiers; `[a b]g` is group g with tiers a and b. Each is its own file, `1` and so on. */
function documentsOf(lines: readonly string[]): readonly TiersDocument[] {
  const files = lines.map((line, index) => {
    const steps = line.match(/\[[^\]]*\]\S+|\S+/g) ?? [];
    const order = steps.map((step) => {
      const [, inside, group] = /^\[(.*)\](.*)$/.exec(step) ?? [];
      return inside === undefined ? step : { group, tiers: inside.split(' ') };
    });
    return { file: `${index + 1}`, text: JSON.stringify({ kind: 'Tiers', order }) };
  });
  const { documents, problems } = parseDocuments(files);
  assert.deepEqual(problems, []);
  return documents.filter((document) => document.kind === 'Tiers');
}

const shown = (order: TiersDocument['order']): string =>
  order.map((step) => (step.kind === 'tier' ? step.name : `[${step.tiers.join(' ')}]${step.name}`)).join(' ');

const agreeing: readonly (readonly [title: string, lines: readonly string[], order: string])[] = [
  ['T1 one document is itself', ['c b [z y]a'], 'c b [z y]a'],
  ['T6 the same twice', ['c b a', 'c b a'], 'c b a'],
  ['T6 what one says of two holds', ['c a', 'a b'], 'c a b'],
  ['T6 through a third', ['d c', 'c b', 'b a'], 'd c b a'],
  ['T6 a part of an order', ['d c b a', 'd a'], 'd c b a'],
  ['T6 a group has the tiers of all', ['[a]g', '[b]g'], '[a b]g'],
  ['T6 in the order that one says', ['[b a]g', '[a c]g'], '[b a c]g'],
  ['T6 a group stands together', ['z [a]g', '[y]g b'], 'z [a y]g b'],
  ['T6 a group only one has', ['a c', 'a [x]b c'], 'a [x]b c'],
  ['T7 nothing is said', ['b', 'a'], 'a b'],
  ['T7 the smallest that may come', ['b', 'c a'], 'b c a'],
  ['T7 what has to wait does not hold up others', ['z a', 'b c'], 'b c z a'],
  ['T7 inside a group', ['[x2 x9]g', '[x1 x5 x9]g'], '[x1 x2 x5 x9]g'],
  ['T7 not across groups', ['[z]a', '[b]c'], '[z]a [b]c'],
  ['T7 capitals before small letters', ['a', 'B'], 'B a'],
  ['T7 bytes and not code units', ['\uff21', '\u{1f6a2}'], '\uff21 \u{1f6a2}'],
];

for (const [title, lines, order] of agreeing)
  test(title, () => {
    const documents = documentsOf(lines);
    for (const given of [documents, documents.toReversed()]) {
      const { merged, problems } = mergeTiers(given);
      assert.deepEqual([shown(merged?.order ?? []), problems], [order, []]);
    }
  });

const place = 'contradicting-tiers: Cannot place the tier';
const order = 'contradicting-tiers: Cannot put the tiers in one order';
const needed = 'documents that agree are needed';

/** The file with the problem, and what it says. */
const contradicting: readonly (readonly [title: string, lines: readonly string[], ...said: readonly string[]])[] = [
  [
    'T8 two the other way round',
    ['a b', 'b a'],
    `2 ${order} "b, a": "b" is before "a" in 2:1:1 and "a" is before "b" in 1:1:1, ${needed}`,
  ],
  [
    'T8 far apart, with others between',
    ['a x y b', 'p b q a r'],
    `2 ${order} "b, a": "b" is before "a" in 2:1:1 and "a" is before "b" in 1:1:1, ${needed}`,
  ],
  [
    'T8 only three together',
    ['a b', 'b c', 'c a'],
    `3 ${order} "c, a, b": "c" is before "a" in 3:1:1 and "a" is before "b" in 1:1:1 and "b" is before "c" in 2:1:1, ${needed}`,
  ],
  [
    'T8 inside a group',
    ['[a b]g', 'z [b a]g'],
    `2 ${order} "b, a": "b" is before "a" in 2:1:1 and "a" is before "b" in 1:1:1, ${needed}`,
  ],
  [
    'T8 a tier between two parts of a group',
    ['[x]g m', 'm [y]g'],
    `2 ${order} "m, g": "m" is before "g" in 2:1:1 and "g" is before "m" in 1:1:1, ${needed}; all tiers of group "g" stand together`,
  ],
  [
    'T8 groups that would interleave',
    ['[a]g [b]h', '[c]h [d]g'],
    `2 ${order} "h, g": "h" is before "g" in 2:1:1 and "g" is before "h" in 1:1:1, ${needed}; all tiers of group "h" stand together`,
  ],
  [
    'T8 a tier in two groups',
    ['[a]g', '[a]h'],
    `2 ${place} "a": it is a tier of group "h" here and a tier of group "g" in 1:1:1, ${needed}`,
  ],
  [
    'T8 a tier in a group and in none',
    ['[a]g', 'b a'],
    `2 ${place} "a": it is a tier in no group here and a tier of group "g" in 1:1:1, ${needed}`,
  ],
  [
    'T8 a tier and a group of one name',
    ['a', '[b]a'],
    `2 ${place} "a": it is a group here and a tier in no group in 1:1:1, ${needed}`,
  ],
  [
    'T8 each name once',
    ['[a b]g', 'a b', '[a]h'],
    `2 ${place} "a": it is a tier in no group here and a tier of group "g" in 1:1:1, ${needed}`,
    `2 ${place} "b": it is a tier in no group here and a tier of group "g" in 1:1:1, ${needed}`,
  ],
  [
    'T8 outside and inside of a group',
    ['[a b]g z', 'z [b a]g'],
    `2 ${order} "z, g": "z" is before "g" in 2:1:1 and "g" is before "z" in 1:1:1, ${needed}; all tiers of group "g" stand together`,
    `2 ${order} "b, a": "b" is before "a" in 2:1:1 and "a" is before "b" in 1:1:1, ${needed}`,
  ],
];

for (const [title, lines, ...said] of contradicting)
  test(title, () => {
    const documents = documentsOf(lines);
    for (const given of [documents, documents.toReversed()]) {
      const { merged, problems } = mergeTiers(given);
      const texts = problems.map((one) => {
        return `${one.place?.file} ${one.code}: ${one.message}${one.hint === null ? '' : `; ${one.hint}`}`;
      });
      assert.deepEqual(texts, said);
      const names = new Set(merged?.order.flatMap((step) => (step.kind === 'tier' ? [step.name] : step.tiers)));
      assert.equal(names.size, new Set(lines.join(' ').match(/(?<!\])\b[a-z]\b/g)).size, 'every tier is known');
    }
  });

test('nothing is declared', () => {
  assert.deepEqual(mergeTiers([]), { merged: null, problems: [] });
});

test('all documents together have the limit of one', () => {
  const lines = [0, 1].map((half) => Array.from({ length: 1001 }, (_, index) => `t${half}-${index}`).join(' '));
  const [problem, ...rest] = mergeTiers(documentsOf(lines)).problems;
  assert.deepEqual([problem?.code, problem?.place?.file, rest], ['too-many-tiers', '2', []]);
});

test('a circle through many documents is told in part', () => {
  const lines = Array.from({ length: 2000 }, (_, index) => `t${index} t${(index + 1) % 2000}`);
  const [problem, ...rest] = mergeTiers(documentsOf(lines)).problems;
  assert.deepEqual([problem?.code, rest], ['contradicting-tiers', []]);
  assert.equal(problem?.message.split(' is before ').length, 11);
});
