import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeRule } from './remove-rule.ts';

const text = `# ours
kind: Ruleset
name: shop
rules:
  # the front door
  - {name: web, allow: [tcp/443], from: {any: true}, to: role=web}   # everybody
  - name: db
    allow: [tcp/5432]
    from: role=api
    to: role=db
  - {name: last, allow: [tcp/1], from: "", to: ""}
---
kind: Ruleset
name: flow
rules: [{name: a, allow: [tcp/1], from: "", to: ""}, {name: b, allow: [tcp/2], from: "", to: ""}]
---
kind: Ruleset
name: one
rules:
  - {name: only, allow: [tcp/1], from: "", to: ""}
`;

const without = (...lines: readonly string[]) =>
  text
    .split('\n')
    .filter((line) => !lines.some((part) => line.includes(part)))
    .join('\n');

const cases: readonly (readonly [string, string, string | null])[] = [
  ['shop/web', 'on a line', without('name: web')],
  ['shop/db', 'on several lines', without('name: db', 'tcp/5432', 'from: role=api', 'to: role=db')],
  ['shop/last', 'at the end of a document', without('name: last')],
  ['flow/a', 'in a list on one line', null],
  ['one/only', 'alone in its ruleset', null],
  ['shop/none', 'that is not there', null],
];
for (const [id, what, expected] of cases) {
  test(`a rule ${what} is taken out, or left to a person`, () => {
    const other = { path: 'other.yaml', text: 'kind: [\n' };
    const removed = removeRule([other, { path: 'p.yaml', text }], id);
    assert.deepEqual(removed, expected === null ? null : [other, { path: 'p.yaml', text: expected }]);
  });
}
