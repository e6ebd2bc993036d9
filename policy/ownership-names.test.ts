import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { checkOwnership } from './ownership.ts';

const central = `
{kind: Ownership, name: shop, directory: shop, scope: app=shop, owners: [ana]}
---
{kind: Ownership, name: till, directory: shop/till, scope: "app=shop,role=till", owners: [cy]}
---
{kind: Ownership, name: pay, directory: teams/pay, scope: app=pay, owners: [bo]}
`;

/** Owned by three different teams, the second inside of the first, and by nobody. */
const files = ['shop/a.yaml', 'shop/till/a.yaml', 'teams/pay/a.yaml', 'a.yaml'] as const;

const scopes: Readonly<Record<(typeof files)[number], string>> = {
  'shop/a.yaml': 'app=shop',
  'shop/till/a.yaml': 'app=shop,role=till',
  'teams/pay/a.yaml': 'app=pay',
  'a.yaml': '',
};

const ruleset = (file: (typeof files)[number], rule: string) =>
  `{kind: Ruleset, name: r, scopes: ["${scopes[file]}"], rules: [{name: a, ${rule}}]}`;

/** What stands in the one file, and a rule of another that uses it. */
const uses: readonly (readonly [declared: string, rule: string])[] = [
  ['{kind: IpList, name: n, prefixes: [10.0.0.0/8]}', 'allow: all, from: {ipList: n}, to: ""'],
  ['{kind: Service, name: n, ports: [tcp/1]}', 'allow: n, from: "", to: ""'],
  ['{kind: LabelGroup, name: n, key: env, values: [prod]}', 'allow: all, from: "env in (@n)", to: ""'],
  ['{kind: UserGroup, name: n, members: [ana]}', 'allow: all, from: {group: n}, to: "", accept-wider: true'],
];

for (const [declared, rule] of uses)
  for (const home of files)
    for (const user of files) {
      const isRefused = home !== user && home !== 'a.yaml';
      test(`O2 ${declared} in ${home} is ${isRefused ? 'not ' : ''}used in ${user}`, () => {
        const text = { 'central.yaml': central, [home.replace('a.', 'n.')]: declared };
        const inputs = Object.entries({ ...text, [user]: ruleset(user, rule) });
        const { documents, problems } = parseDocuments(inputs.map(([file, text]) => ({ file, text })));
        assert.deepEqual(problems, []);
        assert.deepEqual(
          checkOwnership(documents).map(({ code, place }) => [code, place?.file]),
          isRefused ? [['used-elsewhere', user]] : [],
        );
      });
    }

const someTiers = '{kind: Tiers, order: [guardrail, application, baseline]}';
/** A directory of one part is a directory, and what lies beside it is not in it. */
const places: readonly (readonly [path: string, isOwned: boolean])[] = [
  ['shop/a.yaml', true],
  ['shop/deep/er/a.yaml', true],
  ['shop.yaml', false],
  ['shops/a.yaml', false],
  ['a/shop/a.yaml', false],
  ['teams/a.yaml', false],
];

for (const [path, isOwned] of places)
  test(`O1 ${path} is ${isOwned ? '' : 'not '}owned`, () => {
    const inputs = { 'central.yaml': central, [path]: someTiers };
    const { documents } = parseDocuments(Object.entries(inputs).map(([file, text]) => ({ file, text })));
    assert.deepEqual(
      checkOwnership(documents).map(({ code }) => code),
      isOwned ? ['kind-not-owned'] : [],
    );
  });
