import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostRuleset, HostRulesetContent } from './host-ruleset.ts';
import { findBrokenInvariant } from './host-ruleset-invariants.ts';
import { contentHash, decodeHostRuleset, encodeHostRuleset } from './host-ruleset-text.ts';

const deny = { verdict: 'deny', rule: null, tier: null } as const;
const allow = { verdict: 'allow', rule: 'shop/vendor', tier: 'application' } as const;

const nameless: HostRulesetContent = {
  identities: [],
  addresses: [],
  prefixes: [],
  classes: [],
  decisions: [
    { number: 0, effective: deny, intended: deny },
    { number: 1, effective: allow, intended: allow },
    { number: 2, effective: allow, intended: deny },
  ],
  ends: [{ addresses: [], inbound: { cells: [], miss: 0 }, outbound: { cells: [], miss: 0 } }],
};
const [first, second, third] = nameless.decisions as readonly [Numbered, Numbered, Numbered];
type Numbered = HostRulesetContent['decisions'][number];

const named: HostRulesetContent = {
  ...nameless,
  names: [
    { id: 1, name: '*.vendor.example' },
    { id: 2, name: 'api.example.org' },
  ],
  decisions: [{ ...first, named: [{ name: 2, decision: 1 }] }, { ...second, named: [{ name: 1, decision: 2 }] }, third],
};

function rulesetOf(content: HostRulesetContent): HostRuleset {
  return { format: 1, workload: 'web-1', content, generation: 1, revision: 1, hash: contentHash(content), version: 1 };
}

test('a ruleset with names comes back as it was', () => {
  assert.equal(findBrokenInvariant(named), null);
  const decoded = decodeHostRuleset(encodeHostRuleset(rulesetOf(named)));
  assert.deepEqual(decoded, { kind: 'ok', ruleset: rulesetOf(named) });
});

test('without names the hash is the one that contents had before there were any', () => {
  assert.equal(contentHash(nameless), '90ee137c567aeccf1d4439390bf99691e02645dc0fc34fc08f8c4d7795b0bef1');
});

const differing: readonly (readonly [what: string, changed: HostRulesetContent])[] = [
  ['a name', { ...named, names: [{ id: 1, name: '*.vendor.test' }, ...(named.names ?? []).slice(1)] }],
  ['a name that nobody looks at', { ...named, names: [...(named.names ?? []), { id: 3, name: 'x.example' }] }],
  ['that a name is looked at', { ...named, decisions: [first, ...named.decisions.slice(1)] }],
  [
    'what decides for a name',
    { ...named, decisions: [{ ...first, named: [{ name: 2, decision: 2 }] }, second, third] },
  ],
];
for (const [what, changed] of differing)
  test(`the hash tells ${what}`, () => assert.notEqual(contentHash(changed), contentHash(named)));

const broken: readonly (readonly [why: string, changed: HostRulesetContent])[] = [
  ['domain name 1 is declared twice', { ...named, names: [...(named.names ?? []), { id: 1, name: 'x.example' }] }],
  ['domain name api.example.org', { ...named, names: [...(named.names ?? []), { id: 3, name: 'api.example.org' }] }],
  ['which is not declared', { ...named, names: [{ id: 1, name: '*.vendor.example' }] }],
  ['decision 9, which', { ...named, decisions: [{ ...first, named: [{ name: 1, decision: 9 }] }, second, third] }],
  ['leads back', { ...named, decisions: [{ ...first, named: [{ name: 1, decision: 0 }] }, second, third] }],
  [
    'leads back',
    { ...named, decisions: [...named.decisions.slice(0, 2), { ...third, named: [{ name: 1, decision: 0 }] }] },
  ],
];
for (const [why, content] of broken)
  test(`refused: ${why}`, () => {
    const decoded = decodeHostRuleset(encodeHostRuleset(rulesetOf(content)));
    assert(decoded.kind === 'problem');
    assert.equal(decoded.problem.code, 'ruleset-invariant');
    assert(decoded.problem.message.includes(why), decoded.problem.message);
  });

const misshapen: readonly (readonly [from: string, to: string])[] = [
  ['"api.example.org"', '"API.example.org"'],
  ['"api.example.org"', '"api.example.org."'],
  ['"api.example.org"', '"a\\"b.example"'],
  ['"api.example.org"', '"*"'],
  ['"api.example.org"', '5'],
  ['{"id":2,', '{"id":0,'],
  ['{"id":2,', '{"id":65536,'],
  ['"named":[{"name":2,"decision":1}]', '"named":[]'],
  ['"named":[{"name":2,"decision":1}]', '"named":[{"name":2}]'],
  ['"named":[{"name":2,"decision":1}]', '"named":{}'],
  ['"named":[{"name":2,"decision":1}]', '"namer":[{"name":2,"decision":1}]'],
];
for (const [from, to] of misshapen)
  test(`a wrong shape is refused: ${to}`, () => {
    const text = encodeHostRuleset(rulesetOf(named));
    assert(text.includes(from), from);
    const decoded = decodeHostRuleset(text.replace(from, to));
    assert.equal(decoded.kind === 'problem' ? decoded.problem.code : 'ok', 'ruleset-shape');
  });

test('an empty list of names is no way to say that there is none', () => {
  const text = encodeHostRuleset(rulesetOf(nameless)).replace('"decisions"', '"names":[],"decisions"');
  const decoded = decodeHostRuleset(text);
  assert.equal(decoded.kind === 'problem' ? decoded.problem.code : 'ok', 'ruleset-shape');
});
