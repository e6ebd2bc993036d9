import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from './parse.ts';
import { resolveReferences } from './references.ts';

function codes(...documents: string[]): string[] {
  const { documents: parsed, problems } = parseDocuments([{ file: 'f', text: documents.join('\n---\n') }]);
  assert.deepEqual(problems, []);
  return resolveReferences(parsed).map(({ severity, code }) => `${severity} ${code}`);
}

const rule = (text: string, tier = 'application'): string =>
  `{kind: Ruleset, name: r, tier: ${tier}, rules: [{name: a, ${text}}]}`;
const workload = (name: string, rest: string): string => `{kind: Workload, name: ${name}, ${rest}}`;
const env = '{kind: LabelKey, name: env, values: [prod, dev]}';
const mode = (selector: string, rest: string): string => `{kind: Mode, selector: "${selector}", ${rest}}`;

const sound: readonly string[][] = [
  [rule('allow: all, from: "", to: {any: true}')],
  [
    rule('allow: s, from: "", to: {ipList: l}'),
    '{kind: Service, name: s, ports: tcp/1}',
    '{kind: IpList, name: l, prefixes: []}',
  ],
  [rule('allow: all, from: "", to: ""', 'rescue')],
  [rule('allow: all, from: "", to: ""', 'own'), '{kind: Tiers, order: [own]}'],
  [rule('allow: all, from: "", to: ""', 'in'), '{kind: Tiers, order: [{group: g, tiers: [in]}]}'],
  [rule('allow: all, from: "", to: ""', 'in'), '{kind: Tiers, order: [a]}', '{kind: Tiers, order: [a, in]}'],
  [
    mode('a', 'inbound: test'),
    mode('a', 'outbound: enforce'),
    mode('a', 'inbound: test'),
    mode('b', 'inbound: observe'),
  ],
  [workload('a', 'labels: {any: thing}')],
  [workload('a', 'labels: {env: dev, role: x}'), env],
  [workload('a', 'labels: {"namespace:team": x, "kubernetes:cluster": c}'), env],
  [rule('allow: all, from: "namespace:team=x", to: "node:zone in (a,b)"'), env],
  [workload('a', 'addresses: [10.0.0.1, 10.0.0.1]'), workload('b', 'addresses: [{network: n, address: 10.0.0.1}]')],
  ['{kind: Test, name: t, allow: ["a -> b tcp/1"]}'],
  [workload('a', 'host: b'), workload('b', 'labels: {}'), workload('c', 'host: b')],
];

const unsound: readonly (readonly [string, ...string[]])[] = [
  ['error unknown-host', workload('a', 'host: b')],
  ['error unknown-host', workload('a', 'host: b'), '{kind: Service, name: b, ports: tcp/1}'],
  ['error own-host', workload('a', 'host: a')],
  ['error host-is-guest', workload('a', 'host: b'), workload('b', 'host: c'), workload('c', 'labels: {}')],
  ['error host-without-enforcer', workload('a', 'host: b'), workload('b', 'enforcer: none')],
  ['error unknown-service', rule('allow: s, from: "", to: ""')],
  [
    'error unknown-service',
    rule('allow: all, from: "", to: "", except: [{services: s}]'),
    '{kind: IpList, name: s, prefixes: []}',
  ],
  ['error unknown-service', '{kind: Test, name: t, deny: ["a -> b s"]}'],
  ['error unknown-ip-list', rule('deny: all, from: {ipList: l}, to: ""')],
  ['error unknown-ip-list', rule('deny: all, from: "", to: "", except: [{to: [{any: true}, {ipList: l}]}]')],
  ['error unknown-tier', rule('allow: all, from: "", to: ""', 'own')],
  ['error unknown-tier', rule('allow: all, from: "", to: ""'), '{kind: Tiers, order: [own]}'],
  ['error unknown-tier', rule('allow: all, from: "", to: ""', 'g'), '{kind: Tiers, order: [{group: g, tiers: [in]}]}'],
  [
    'error unknown-tier',
    rule('allow: all, from: "", to: ""'),
    '{kind: Tiers, order: [own]}',
    '{kind: Tiers, order: [b]}',
  ],
  ['error contradicting-tiers', '{kind: Tiers, order: [a, b]}', '{kind: Tiers, order: [b, a]}'],
  [
    'error contradicting-tiers',
    rule('allow: all, from: "", to: ""', 'in'),
    '{kind: Tiers, order: [{group: g, tiers: [in]}]}',
    '{kind: Tiers, order: [in]}',
  ],
  ['error mode-conflict', mode('a=b,c', 'inbound: test'), mode('c,a==b', 'inbound: enforce')],
  ['warning undeclared-label-key', workload('a', 'labels: {team: x}'), workload('b', 'labels: {team: y}'), env],
  ['warning undeclared-label-value', mode('env!=stage', 'inbound: test'), env],
  ['warning undeclared-label-key', rule('allow: all, from: "!team", to: ""'), env],
  ['warning undeclared-label-key', '{kind: Ruleset, name: r, each: [team], rules: []}', env],
  [
    'warning duplicate-address',
    workload('a', 'addresses: ["::ffff:10.0.0.1"]'),
    workload('b', 'addresses: [10.0.0.1]'),
  ],
];

test('documents that agree have no problem', () => {
  for (const documents of sound) assert.deepEqual(codes(...documents), [], documents.join(' --- '));
});

test('each disagreement is one problem', () => {
  for (const [expected, ...documents] of unsound)
    assert.deepEqual(codes(...documents), [expected], documents.join(' --- '));
});

test('a warning says how often, and is said once', () => {
  const many = Array.from({ length: 50 }, (_, i) => workload(`w${i}`, 'labels: {team: x}'));
  const { documents } = parseDocuments([{ file: 'f', text: [...many, env].join('\n---\n') }]);
  const [problem, ...rest] = resolveReferences(documents);
  assert.equal(rest.length, 0);
  assert.match(problem?.message ?? '', /used 50 times/);
  assert.equal(problem?.place?.line, 1);
});
