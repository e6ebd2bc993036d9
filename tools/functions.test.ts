import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFunctions } from './functions.ts';
import { tokenize } from './tokens.ts';

const cases: readonly (readonly [source: string, found: readonly string[]])[] = [
  ['function a() {\n}', ['a 1+2']],
  ['export async function a<T>(x: T): Promise<T> {\n\n}', ['a 1+3']],
  ['function a(x: { y: number }): { z: number } {\n}', ['a 1+2']],
  ['function a(): Map<string, { z: number }> | null {\n}', ['a 1+2']],
  ['const a = (x: number): number => {\n return x;\n};', ['a 1+3']],
  ['list.map((x) => {\n});', ['arrow 1+2']],
  ['class A {\n  constructor(x: string) {\n  }\n  private b(): void {\n  }\n}', ['constructor 2+2', 'b 4+2']],
  ['const a = { b() {\n}, c: 1 };', ['b 1+2']],
  ['function a() {\n  const b = () => {\n  };\n}', ['a 1+4', 'b 2+2']],
  ['export default function () {\n}', ['function 1+2']],
  ['const a = function () {\n};', ['function 1+2']],
  ['const a = function* () {\n};', ['function 1+2']],
  ['const a = function b() {\n};', ['b 1+2']],
  [
    'class A {\n  [Symbol.iterator](): B {\n  }\n  static {\n  }\n  static b() {\n  }\n}',
    ['[computed] 2+2', 'static 4+2', 'b 6+2'],
  ],
  ['const a = (x: number) =>\n  f(\n    x,\n  );', ['a 1+4']],
  ['list.map((x) => ({\n  x,\n}), 1);', ['arrow 1+3']],
  ['const a = (x: number) => x;', []],
  ['const a = [\n  b,\n];', []],
  ['a[\n  b\n](c);', []],
  ['if (x) {\n}', []],
  ['for (const a of b) {\n}', []],
  ['const a = b ? f(c) : { d: 1 };', []],
  ['type A = { b(): void };', []],
  ['declare function a(x: string): void;', []],
  ['f(a);\n{ b }', []],
];

for (const [source, expected] of cases) {
  test(`functions of ${JSON.stringify(source)}`, () => {
    const found = findFunctions(tokenize(source)).map((size) => `${size.name} ${size.line}+${size.lines}`);
    assert.deepEqual(found, expected);
  });
}
