import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareFiles, pathProblem, rebase, sameFiles } from './draft-files.ts';

const files = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([path, text]) => ({ path, text }));

for (const [path, good] of [
  ['shop.yaml', true],
  ['apps/shop.yaml', true],
  ['a..b', true],
  ['', false],
  ['/etc/shop.yaml', false],
  ['../shop.yaml', false],
  ['a/../b', false],
  ['a/..', false],
  ['a\\b', false],
  ['a\nb', false],
  ['x'.repeat(501), false],
  ['taken.yaml', false],
] as const)
  test(`${JSON.stringify(path.slice(0, 20))} ${good ? 'can' : 'cannot'} be the path of a file`, () => {
    assert.equal(pathProblem(path, ['taken.yaml']) === null, good);
  });

for (const [what, a, b, same] of [
  ['another order', { a: '1', b: '2' }, { b: '2', a: '1' }, true],
  ['another text', { a: '1' }, { a: '2' }, false],
  ['another path', { a: '1' }, { b: '1' }, false],
  ['one more', { a: '1' }, { a: '1', b: '' }, false],
] as const)
  test(`with ${what} files are ${same ? 'the same' : 'changed'}`, () => {
    assert.equal(sameFiles(files(a), files(b)), same);
  });

test('every file of either side has a change', () => {
  const changes = compareFiles(files({ a: '1', b: '1', c: '1' }), files({ a: '1', b: '2', d: '1' }));
  assert.deepEqual(Object.fromEntries(changes), { a: 'same', b: 'changed', c: 'removed', d: 'added' });
});

for (const [what, base, current, draft, expected, both] of [
  ['left alone', { a: '1' }, { a: '2' }, { a: '1' }, { a: '2' }, []],
  ['changed by the draft alone', { a: '1' }, { a: '1' }, { a: '3' }, { a: '3' }, []],
  ['changed by both', { a: '1' }, { a: '2' }, { a: '3' }, { a: '3' }, ['a']],
  ['changed alike', { a: '1' }, { a: '2' }, { a: '2' }, { a: '2' }, []],
  ['added by the version', {}, { b: '1' }, {}, { b: '1' }, []],
  ['added by the draft', {}, {}, { b: '1' }, { b: '1' }, []],
  ['added by both', {}, { b: '1' }, { b: '2' }, { b: '2' }, ['b']],
  ['removed by the version', { a: '1' }, {}, { a: '1' }, {}, []],
  ['removed by the draft', { a: '1' }, { a: '1' }, {}, {}, []],
  ['removed by the draft, changed by the version', { a: '1' }, { a: '2' }, {}, {}, ['a']],
  ['removed by the version, changed by the draft', { a: '1' }, {}, { a: '3' }, { a: '3' }, ['a']],
] as const)
  test(`on a newer version, a file that was ${what}`, () => {
    const sides = { base: files(base), current: files(current), draft: files(draft) };
    assert.deepEqual(rebase(sides), { files: files(expected), both });
  });
