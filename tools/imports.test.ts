import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImports } from './imports.ts';
import { tokenize } from './tokens.ts';

const cases: readonly (readonly [source: string, specifiers: readonly string[]])[] = [
  ["import a from 'x';", ['x']],
  ["import { a, type B } from 'x';", ['x']],
  ["import type { B } from 'x';", ['x']],
  ["import * as a from 'x';", ['x']],
  ["import 'x';", ['x']],
  ["export { a } from 'x';", ['x']],
  ["export * from 'x';", ['x']],
  ["const a = await import('x');", ['x']],
  ["type A = import('x').B;", ['x']],
  ["const a = require('x');", ['x']],
  ['const a = await import(name);', ['(computed: name)']],
  ["import.meta.resolve('x')", ['x']],
  ["require.resolve('x')", ['x']],
  ["process.getBuiltinModule('fs')", ['node:fs']],
  ["process.getBuiltinModule('node:fs')", ['node:fs']],
  ['process.getBuiltinModule(name)', ['(computed: name)']],
  ["new URL('../enforce/x.ts', import.meta.url)", ['../enforce/x.ts']],
  ["new URL('x.mjs', import.meta.url)", []],
  ["new URL('../native/build', import.meta.url)", []],
  ["new URL('./x.ts', base)", []],
  ["path.resolve('x')", []],
  ["n = b++ / 2; import('x') / 2", ['x']],
  ["if (x) /'/.test(y); import('x')", ['x']],
  ["// import 'x'", []],
  ['const text = "import \'x\'";', []],
  ["const from = 'x';", []],
  ["a.from('x');", []],
  ["a.import('x');", []],
  ["Buffer.from('x')", []],
  ['const here = import.meta.dirname;', []],
  ["{ from: 'x', to: 'y' }", []],
  ['`import "x"`', []],
];

for (const [source, expected] of cases) {
  test(`imports of ${source}`, () => {
    const specifiers = findImports(tokenize(source)).map((found) => found.specifier);
    assert.deepEqual(specifiers, expected);
  });
}
