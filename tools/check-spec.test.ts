import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSpec } from './check-spec.ts';

const spec = '# What\n\n- **E1** One.\n- **E2** Two\n  goes on.\n- **E3** Three.\n- **KD1** Four.\n';
const all = "test('E1 E2 E3 KD1 hold', () => {});";

/** Complaints about a test file of these lines and a product file of those. */
const said = (tests: string, product = '', text = spec): readonly string[] =>
  checkSpec(
    [
      { path: 'policy/SPEC.md', text },
      { path: 'other/SPEC.md', text: '# Other\n\n- **KX1** Five.\n' },
    ],
    [
      { path: 'policy/a.test.ts', text: `${tests}\ntest('KX1 holds', () => {});` },
      { path: 'policy/a.ts', text: product },
    ],
  );

const sound: readonly (readonly [tests: string, product?: string])[] = [
  [all],
  [all, '/** SPEC E1, E2-E3 and more. */ // SPEC KD1.'],
  ["const rows = [\n  ['E1 E2: a row'],\n  [`E3 another`],\n];\n// SPEC KD1"],
  ["test(\n  'E1-E3 in a title of its own line', () => {});\n/** SPEC KD1 */"],
  [`${all}\ntest('E is a letter, X9Y a name and 9 a number', () => {});`],
  [`${all}\nconst text = 'Z9 in the middle of nothing'; // see Z9`],
];
for (const [tests, product] of sound)
  test(`sound: ${JSON.stringify([tests, product])}`, () => assert.deepEqual(said(tests, product), []));

const unsound: readonly (readonly [expected: readonly string[], tests: string, product?: string, text?: string])[] = [
  [['policy/SPEC.md:7: no test cites KD1'], "test('E1 E2 E3 hold', () => {});"],
  [['policy/SPEC.md:7: no test cites KD1'], "test('E1-E3 hold', () => {});", '// SPEC KD1'],
  [['policy/SPEC.md:7: no test cites KD1'], "test('E1-E3 hold and KD1', () => {});"],
  [['policy/SPEC.md:7: no test cites KD1'], "test('E1-E3 hold', () => {}); // KD1"],
  [['policy/a.test.ts:2: no SPEC.md has a sentence E4'], `${all}\ntest('E4 holds', () => {});`],
  [['policy/a.test.ts:1: no SPEC.md has a sentence E4'], "test('E1-E4 KD1 hold', () => {});"],
  [['policy/a.ts:3: no SPEC.md has a sentence U6'], all, '\n\n/** Whatever (SPEC U6). */'],
  [['policy/a.ts:1: no SPEC.md has a sentence Z1'], all, '// SPEC E1-Z1'],
  [['policy/SPEC.md:8: the number E1 is taken by policy/SPEC.md:3'], all, '', `${spec}- **E1** Again.\n`],
  [['other/SPEC.md:3: the number KX1 is taken by policy/SPEC.md:8'], all, '', `${spec}- **KX1** Again.\n`],
  [['policy/SPEC.md:8: a sentence without a number'], all, '', `${spec}- Again.\n`],
  [['policy/SPEC.md:8: a sentence without a number'], all, '', `${spec}- **E4**\n`],
];
for (const [expected, tests, product, text] of unsound)
  test(`refused: ${expected}`, () => assert.deepEqual(said(tests, product, text), expected));
