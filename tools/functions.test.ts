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
  ['const a = (x: number) => x;', []],
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
