import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Requirement } from './documents.ts';
import { canonicalSelector, parseSelector, readSelectorText } from './selector.ts';

const place = { file: 'f', line: 3, column: 5 };

/** `key operator value|value` per condition. */
function show(requirements: readonly Requirement[]): string {
  return requirements.map(({ key, operator, values }) => `${key} ${operator} ${values.join('|')}`.trim()).join('; ');
}

function read(text: string): string {
  const parsed = parseSelector(text, place);
  return parsed.kind === 'ok' ? show(parsed.selector.requirements) : parsed.problem.code;
}

const accepted: readonly (readonly [string, string])[] = [
  ['', ''],
  ['   ', ''],
  ['a', 'a exists'],
  ['!a', 'a absent'],
  ['! a', 'a absent'],
  ['a=b', 'a in b'],
  ['a==b', 'a in b'],
  [' a = b ', 'a in b'],
  ['a!=b', 'a notin b'],
  ['a in (x,y)', 'a in x|y'],
  ['a in (y, x ,y)', 'a in x|y'],
  ['a in(x)', 'a in x'],
  ['a notin (x)', 'a notin x'],
  ['a=', 'a in'],
  ['a!=,b', 'a notin; b exists'],
  ['a in (,x)', 'a in |x'],
  ['in in (in,notin)', 'in in in|notin'],
  ['notin=in', 'notin in in'],
  ['app=shop,env in (prod,stage),!quarantined', 'app in shop; env in prod|stage; quarantined absent'],
  ['k8s.io/name=x', 'k8s.io/name in x'],
  ['A.b-c_9=Z.z-Z_0', 'A.b-c_9 in Z.z-Z_0'],
  ['namespace:k8s.io/name=x,!node:zone', 'namespace:k8s.io/name in x; node:zone absent'],
  ['constructor', 'constructor exists'],
  [`${'a'.repeat(63)}=${'b'.repeat(63)}`, `${'a'.repeat(63)} in ${'b'.repeat(63)}`],
];

const refused: readonly (readonly [string, string])[] = [
  ['a b', 'bad-selector'],
  ['a=b c=d', 'bad-selector'],
  ['a=b,', 'bad-selector'],
  [',a=b', 'bad-selector'],
  ['a=b,,c', 'bad-selector'],
  ['a=b=c', 'bad-selector'],
  ['a===b', 'bad-selector'],
  ['=b', 'bad-selector'],
  ['!', 'bad-selector'],
  ['!!a', 'bad-selector'],
  ['!a=b', 'bad-selector'],
  ['a in', 'bad-selector'],
  ['a in x', 'bad-selector'],
  ['a in ()', 'bad-selector'],
  ['a in (x', 'bad-selector'],
  ['a in x)', 'bad-selector'],
  ['a in (x y)', 'bad-selector'],
  ['a in ((x))', 'bad-selector'],
  ['a IN (x)', 'bad-selector'],
  ['a not in (x)', 'bad-selector'],
  ['a>1', 'bad-selector'],
  ['a<1', 'bad-selector'],
  ['a~b', 'bad-selector'],
  ['a="b"', 'bad-selector'],
  ['a=b;c=d', 'bad-selector'],
  ['a&b', 'bad-selector'],
  ['*', 'bad-selector'],
  ['10.20.1.0/24', 'bad-selector'],
  ['10.20.1.7', 'bad-selector'],
  ['role=web,10.0.0.0/8', 'bad-selector'],
  [')', 'bad-selector'],
  ['é=1', 'bad-selector'],
  ['a'.repeat(10_001), 'bad-selector'],
  ['-a', 'bad-label'],
  ['a-', 'bad-label'],
  ['a=-b', 'bad-label'],
  ['a=b.', 'bad-label'],
  ['a/b/c', 'bad-label'],
  ['/a', 'bad-label'],
  ['a/', 'bad-label'],
  ['A.io/a', 'bad-label'],
  ['a..io/a', 'bad-label'],
  ['__proto__', 'bad-label'],
  ['role:web', 'bad-label'],
  ['namespace:', 'bad-label'],
  ['namespace:node:a', 'bad-label'],
  [':a', 'bad-label'],
  ['a=node:b', 'bad-label'],
  ['fd00::1', 'bad-selector'],
  ['a=b/c', 'bad-label'],
  ['a'.repeat(64), 'bad-label'],
  [`a=${'b'.repeat(64)}`, 'bad-label'],
  [`${'d'.repeat(254)}/a`, 'bad-label'],
];

test('Kubernetes selectors are read', () => {
  for (const [text, expected] of accepted) assert.equal(read(text), expected, text);
});

test('anything else is a problem with a code', () => {
  for (const [text, code] of refused) assert.equal(read(text), code, text);
});

const withGroups: readonly (readonly [string, string])[] = [
  ['env=@nonprod', 'env in @nonprod'],
  ['env!=@nonprod', 'env notin @nonprod'],
  ['env in (prod, @nonprod,@a.b-c_d)', 'env in @a.b-c_d|@nonprod|prod'],
  ['env notin (@x)', 'env notin @x'],
  ['env=@', 'bad-selector'],
  ['env=@ x', 'bad-selector'],
  ['env=@@x', 'bad-selector'],
  ['env=a@x', 'bad-selector'],
  ['env=@x@y', 'bad-selector'],
  ['env=@-x', 'bad-label'],
  ['env=@a/b', 'bad-label'],
  ['@x', 'bad-selector'],
  ['!@x', 'bad-selector'],
  ['@x=y', 'bad-selector'],
  ['env @x', 'bad-selector'],
  ['env in @x', 'bad-selector'],
];

test('in documents a label group stands for its values, and elsewhere it is refused', () => {
  for (const [text, expected] of withGroups) {
    const reading = readSelectorText(text);
    assert.equal(reading.kind === 'ok' ? show(reading.selector.requirements) : reading.finding.code, expected, text);
    assert.equal(read(text), reading.kind === 'ok' ? 'label-group-here' : expected, text);
  }
});

test('a problem stands at the given place and says which character', () => {
  const parsed = parseSelector('env=prod app=shop', place);
  assert(parsed.kind === 'problem');
  assert.deepEqual(parsed.problem.place, place);
  assert.match(parsed.problem.message, /"app" follows a condition at character 10/);
});

const word = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9])?$/);
const requirement: fc.Arbitrary<readonly [string, Requirement]> = fc.oneof(
  word.map((key) => [key, { key, operator: 'exists', values: [] }] as const),
  word.map((key) => [`!${key}`, { key, operator: 'absent', values: [] }] as const),
  fc.tuple(word, word).map(([key, value]) => [`${key}=${value}`, { key, operator: 'in', values: [value] }] as const),
  fc.tuple(word, fc.uniqueArray(word, { minLength: 1 })).map(([key, values]) => {
    const sorted = [...values].sort();
    return [`${key} notin (${values.join(', ')})`, { key, operator: 'notin', values: sorted }] as const;
  }),
);

test('what is written is what is read, and the canonical text means the same', () => {
  fc.assert(
    fc.property(fc.array(requirement, { minLength: 1, maxLength: 5 }), (list) => {
      const parsed = parseSelector(list.map(([text]) => text).join(' , '), null);
      assert(parsed.kind === 'ok');
      assert.deepEqual(
        parsed.selector.requirements,
        list.map(([, value]) => value),
      );
      const again = parseSelector(canonicalSelector(parsed.selector), null);
      assert(again.kind === 'ok');
      assert.equal(canonicalSelector(again.selector), canonicalSelector(parsed.selector));
    }),
  );
});

test('no text makes the parser throw', () => {
  const signs = fc.string({ unit: fc.constantFrom('a', 'in', 'notin', ' ', '=', '!', '(', ')', ',', '~', '.', '/') });
  fc.assert(fc.property(fc.oneof(signs, fc.string({ unit: 'binary' })), (text) => void parseSelector(text, null)));
});

test('selectors that differ only in writing have one canonical text', () => {
  const canonical = (text: string): string => {
    const parsed = parseSelector(text, null);
    assert(parsed.kind === 'ok');
    return canonicalSelector(parsed.selector);
  };
  assert.equal(canonical('b==c, a in (y,x)'), canonical('a in (x,y),b=c,b=c'));
  assert.notEqual(canonical('a'), canonical('!a'));
  assert.notEqual(canonical('a=b'), canonical('a!=b'));
});
