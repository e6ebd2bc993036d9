import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsText, type Part, partsBetween } from './parts.ts';

const rules = (rule: string, tier = 'application') =>
  `{kind: Ruleset, name: shop, tier: ${tier}, rules: [{name: web, allow: [tcp/1], from: role=web, to: role=db}${rule}]}`;
const more = ', {name: ssh, deny: [tcp/22], from: "", to: ""}';
const tests = (allow: string, deny: string) => `{kind: Test, name: t, allow: [${allow}], deny: [${deny}]}`;
const never = (to: string) => `{kind: Invariant, name: never, never: {from: env=dev, to: ${to}}}`;
const mode = (inbound: string) => `{kind: Mode, selector: role=web, inbound: ${inbound}}`;
const list = (prefix: string) => `{kind: IpList, name: office, prefixes: [${prefix}]}`;

const cases: readonly (readonly [before: string, after: string, removed: string, changed: string])[] = [
  [rules(''), rules(''), '', ''],
  [rules(''), `# moved\n\n${rules('')}`, '', ''],
  [rules(''), rules(more), '', ''],
  [rules(more), rules(''), 'rule shop/ssh', ''],
  [rules(''), rules('').replace('tcp/1', 'tcp/2'), '', 'rule shop/web'],
  [rules(more), rules(more, 'guardrail'), '', 'rule shop/web, rule shop/ssh'],
  [tests('"a -> b tcp/1"', '"a -> c tcp/1"'), tests('"a -> b tcp/1"', ''), 'test t: a -> c tcp/1', ''],
  [tests('', '"a -> b tcp/1"'), tests('"a -> b tcp/1"', ''), '', 'test t: a -> b tcp/1'],
  [tests('"a -> b tcp/1"', ''), tests('"a -> b tcp/1", "a -> c tcp/1"', ''), '', ''],
  [tests('"a -> b tcp/1", "a -> c tcp/1"', ''), '', 'test t: a -> b tcp/1, test t: a -> c tcp/1', ''],
  [never('env=prod'), '', 'invariant never', ''],
  [never('env=prod'), never('"env=prod,app=x"'), '', 'invariant never'],
  [`${rules('')}\n---\n${never('env=prod')}`, '', 'invariant never, rule shop/web', ''],
  [mode('enforce'), mode('observe'), '', 'mode role=web'],
  [list('10.0.0.0/8'), list('10.0.0.0/9'), '', 'ip list office'],
  [list('"2001:db8::/32"'), '', 'ip list office', ''],
];

const text = (parts: readonly Part[]) => parts.map(({ kind, name }) => `${kind} ${name}`).join(', ');

for (const [before, after, removed, changed] of cases)
  test(`${before} that becomes ${after || 'nothing'} removes "${removed}" and changes "${changed}"`, () => {
    const found = partsBetween([{ path: 'a.yaml', text: before }], [{ path: 'b.yaml', text: after }]);
    assert.deepEqual([text(found.removed), text(found.changed)], [removed, changed]);
  });

test('parts are counted by kind, gates first', () => {
  const parts: Part[] = [
    { kind: 'rule', name: 'a' },
    { kind: 'test', name: 'b' },
    { kind: 'test', name: 'c' },
  ];
  assert.equal(countsText(parts), '2 tests, 1 rule');
  assert.equal(countsText([]), '');
});
