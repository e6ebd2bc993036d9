import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { decide } from './decide.ts';
import { buildEstate } from './estate.ts';
import { checkOwnership } from './ownership.ts';
import { buildPolicy } from './policy.ts';
import { isProblem } from './problems.ts';

const central = `
{kind: Ownership, name: shop, directory: teams/shop, scope: app=shop, owners: [ana]}
---
{kind: Ownership, name: pay, directory: teams/pay, scope: "app in (@pay)", owners: [bo], tiers: [application, baseline]}
---
{kind: Ownership, name: till, directory: teams/shop/till, scope: "app=shop,role=till", owners: [cy]}
---
{kind: LabelGroup, name: pay, key: app, values: [pay, billing]}
---
{kind: Service, name: http, ports: [tcp/80]}
---
{kind: IpList, name: world, prefixes: [0.0.0.0/0]}
---
{kind: VirtualService, name: central, frontends: ["10.0.9.8 tcp/1"], members: {selector: app=till}}
`;

const parse = (files: Readonly<Record<string, string>>) => {
  const inputs = Object.entries(files).map(([file, text]) => ({ file, text }));
  const { documents, problems } = parseDocuments(inputs);
  assert.deepEqual(problems, []);
  return documents;
};

const rules = (text: string, more = '') => `{kind: Ruleset, name: r, ${more}rules: [${text}]}`;
const rule = (text: string, more = 'scopes: [app=shop], ') => rules(`{name: a, ${text}}`, more);

const virtualService = (text: string) => `{kind: VirtualService, name: v, frontends: ${text}}`;

/** A file, and what is wrong with it there (SPEC O1-O4, SPEC O5). */
const cases: readonly (readonly [cited: string, path: string, text: string, codes: readonly string[]])[] = [
  ['O1', 'teams/shop.yaml', rule('allow: all, from: "", to: ""', ''), []],
  ['O1', 'teams/shopping/a.yaml', rule('allow: all, from: "", to: ""', ''), []],
  ['O1', 'central/teams/shop/a.yaml', '{kind: Tiers, order: [guardrail, application, baseline]}', []],
  ['O1', 'teams/shop/till/a.yaml', rule('allow: all, from: "", to: ""'), ['outside-scope']],
  ['O1', 'teams/shop/till/a.yaml', rule('allow: all, from: "", to: ""', 'scopes: ["role=till,app=shop"], '), []],
  ['O1', 'teams/shop/other/a.yaml', rule('allow: all, from: "", to: ""'), []],
  [
    'O1',
    'b.yaml',
    '{kind: Ownership, name: again, directory: teams/shop, scope: "", owners: x}',
    ['duplicate-directory'],
  ],
  ['O2', 'teams/shop/a.yaml', '{kind: Tiers, order: [guardrail, application, baseline]}', ['kind-not-owned']],
  ['O2', 'teams/shop/a.yaml', '{kind: Lifeline, name: l, ssh: [10.0.0.0/8]}', ['kind-not-owned']],
  ['O2', 'teams/shop/a.yaml', '{kind: LabelKey, name: app}', ['kind-not-owned']],
  [
    'O2',
    'teams/shop/a.yaml',
    '{kind: LabelSource, name: l, source: cmdb, keys: app, apply: as-draft}',
    ['kind-not-owned'],
  ],
  ['O2', 'teams/shop/a.yaml', '{kind: Ownership, name: o, directory: x, scope: "", owners: ana}', ['kind-not-owned']],
  ['O2', 'teams/shop/a.yaml', virtualService('["10.0.9.9 tcp/1"], members: {selector: app=shop}'), ['kind-not-owned']],
  ['O2', 'teams/shop/a.yaml', virtualService('["8.8.8.8 udp/53"], members: {selector: app}'), ['kind-not-owned']],
  ['O2', 'a.yaml', virtualService('["10.0.9.9 tcp/1"], members: {selector: app=shop}'), []],
  ['O2', 'teams/shop/a.yaml', '{kind: Test, name: t, allow: ["a -> b tcp/1"]}', []],
  ['O2', 'teams/shop/a.yaml', '{kind: Invariant, name: i, never: {from: "", to: ""}}', []],
  ['O2', 'teams/shop/a.yaml', '{kind: Service, name: mine, ports: [tcp/1]}', []],
  ['O3', 'teams/shop/a.yaml', rule('allow: all, from: "", to: ""'), []],
  [
    'O3',
    'teams/shop/a.yaml',
    rule('allow: all, from: "", to: ""', 'scopes: ["app=shop,env=prod", "app=shop,role=web"], '),
    [],
  ],
  ['O3', 'teams/shop/a.yaml', rule('allow: all, from: "", to: ""', 'scopes: [app=shop, app=pay], '), ['outside-scope']],
  ['O3', 'teams/shop/a.yaml', rule('allow: all, from: "", to: ""', ''), ['outside-scope']],
  ['O3', 'teams/shop/a.yaml', rule('allow: all, from: "", to: ""', 'each: [app], '), ['outside-scope']],
  ['O3', 'teams/shop/a.yaml', rule('allow: all, from: "", to: ""', 'scopes: [app], '), ['outside-scope']],
  ['O3', 'teams/shop/a.yaml', rule('allow: all, from: "", to: ""', 'scopes: [app!=pay], '), ['outside-scope']],
  ['O3', 'teams/pay/a.yaml', rule('allow: all, from: "", to: ""', 'scopes: [app=billing, "app in (@pay)"], '), []],
  [
    'O3',
    'teams/pay/a.yaml',
    rule('allow: all, from: "", to: ""', 'scopes: ["app in (@pay,shop)"], '),
    ['outside-scope'],
  ],
  [
    'O3',
    'teams/shop/a.yaml',
    rule('deny: all, from: "", to: ""', 'scopes: [app=shop], tier: guardrail, '),
    ['tier-not-owned'],
  ],
  [
    'O3',
    'teams/shop/a.yaml',
    rule('deny: all, from: "", to: ""', 'scopes: [app=shop], tier: baseline, '),
    ['tier-not-owned'],
  ],
  ['O3', 'teams/pay/a.yaml', rule('deny: all, from: "", to: ""', 'scopes: [app=pay], tier: baseline, '), []],
  ['O3', 'teams/shop/a.yaml', rules('', 'tier: rescue, '), ['tier-not-owned', 'outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: http, from: {selector: "", scope: none}, to: role=web'), []],
  ['O4', 'teams/shop/a.yaml', rule('deny: all, from: {any: true}, to: role=web'), []],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: {ipList: world}, to: role=web, at: destination'), []],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {selector: app=pay, scope: none}'), ['outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {selector: "app=shop,role=db", scope: none}'), []],
  [
    'O4',
    'teams/shop/a.yaml',
    rule('allow: all, from: "", to: {selector: app=pay, scope: none}, at: destination'),
    ['outside-scope'],
  ],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {selector: app=pay, scope: none}, at: source'), []],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {any: true}'), ['outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {any: true}, at: source'), []],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: [role=web, {prefix: 10.0.0.0/8}]'), ['outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {ipList: world}'), ['outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {name: example.org}'), ['outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {name: example.org}, at: source'), []],
  [
    'O4',
    'teams/shop/a.yaml',
    rule('deny: all, from: [role=web, {any: true}], to: {any: true}, at: source'),
    ['outside-scope'],
  ],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: {any: true}, to: {any: true}'), ['outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {virtualService: central}'), ['outside-scope']],
  ['O4', 'teams/shop/a.yaml', rule('allow: all, from: "", to: {virtualService: central}, at: source'), []],
  [
    'O4',
    'teams/shop/a.yaml',
    rule('pass: all, from: {any: true}, to: {any: true}, at: destination'),
    ['outside-scope'],
  ],
  ['O5', 'teams/shop/a.yaml', '{kind: Mode, selector: "app=shop,role=db", inbound: test}', []],
  ['O5', 'teams/shop/a.yaml', '{kind: Mode, selector: "", inbound: observe}', ['outside-scope']],
  ['O5', 'teams/shop/a.yaml', '{kind: Mode, selector: role=db, inbound: observe}', ['outside-scope']],
];

for (const [cited, path, text, codes] of cases)
  test(`${cited} ${path} ${text}: ${codes.join(', ') || 'nothing is wrong'}`, () => {
    const problems = checkOwnership(parse({ 'central.yaml': central, [path]: text }));
    assert.deepEqual(
      problems.map((problem) => [problem.code, problem.severity, problem.place?.file]),
      codes.map((code) => [code, 'error', path]),
    );
  });

const scoped = 'scopes: [app=shop], ';
/** What a name of a team is used in. */
const uses: readonly (readonly [declared: string, used: string])[] = [
  ['{kind: Service, name: n, ports: [tcp/1]}', rule('allow: n, from: "", to: ""', scoped)],
  ['{kind: IpList, name: n, prefixes: []}', rule('allow: all, from: {ipList: n}, to: ""', scoped)],
  [
    '{kind: IpList, name: n, prefixes: []}',
    rule('allow: all, from: "", to: "", except: [{from: {ipList: n}}]', scoped),
  ],
  [
    '{kind: UserGroup, name: n, members: [ana]}',
    rule('allow: all, from: {group: n}, to: "", accept-wider: true', scoped),
  ],
  ['{kind: LabelGroup, name: n, key: app, values: [shop]}', rule('allow: all, from: "app in (@n)", to: ""', scoped)],
  ['{kind: LabelGroup, name: n, key: app, values: [shop]}', '{kind: LabelGroup, name: m, key: app, groups: [n]}'],
  ['{kind: Service, name: n, ports: [tcp/1]}', '{kind: Invariant, name: i, never: {from: "", to: "", services: n}}'],
];

for (const [declared, used] of uses)
  test(`O2 ${declared} is used in its directory alone: ${used}`, () => {
    const codes = (path: string) =>
      checkOwnership(parse({ 'central.yaml': central, 'teams/shop/names.yaml': declared, [path]: used })).map(
        ({ code, place }) => `${place?.file} ${code}`,
      );
    assert.deepEqual(codes('teams/shop/deep/a.yaml'), []);
    for (const path of ['a.yaml', 'teams/a.yaml']) assert.deepEqual(codes(path), [`${path} used-elsewhere`]);
  });

test('O1 files have the paths that whoever asks gives them, and without Ownership nobody owns anything', () => {
  const tiers = '{kind: Tiers, order: [application]}';
  const documents = parse({ 'central.yaml': central, '/somewhere/teams/shop/a.yaml': tiers });
  const below = (file: string) => (file.startsWith('/somewhere/') ? file.slice('/somewhere/'.length) : null);
  assert.equal(checkOwnership(documents).length, 0);
  assert.equal(checkOwnership(documents, below).length, 1);
  assert.equal(checkOwnership(parse({ 'teams/shop/a.yaml': tiers })).length, 0);
});

const seed = Number(process.env.SEED ?? 1);
const rounds = Number(process.env.ROUNDS ?? 300);

const estateText = ['shop', 'pay', 'till']
  .flatMap((app, index) => [
    `{kind: Workload, name: ${app}-web, labels: {app: ${app}, role: web}, addresses: [10.0.${index}.1]}`,
    `{kind: Workload, name: ${app}-db, labels: {app: ${app}, role: db}, addresses: [10.0.${index}.2]}`,
  ])
  .concat('{kind: Workload, name: bare, addresses: [10.0.9.1]}')
  .join('\n---\n');
const workloads = ['shop-web', 'shop-db', 'pay-web', 'pay-db', 'till-web', 'till-db', 'bare', '198.51.100.1'];
const isOurs = (name: string) => name.startsWith('shop');

test(`O4 what owners write changes no verdict between others, and none of another's end but for what reaches them, seed ${seed}`, () => {
  const random = seededRandom(seed);
  const ends = [
    '""',
    'role=web',
    'app=pay',
    'app=shop',
    '{selector: "", scope: none}',
    '{selector: app=pay, scope: none}',
  ];
  const places = [
    ...ends,
    '{selector: "app=shop,role=db", scope: none}',
    '{any: true}',
    '{prefix: 10.0.1.0/24}',
    '{ipList: world}',
  ];
  const scopes = [
    '[app=shop]',
    '["app=shop,role=web"]',
    '[app=shop, "app=shop,role=db"]',
    '["app in (shop)"]',
    '[app=pay]',
    '[app]',
  ];
  const base = `${central}---\n${rules('{name: open, allow: tcp/1, from: app=pay, to: [app=till, {prefix: 198.51.100.1/32}]}').replace('name: r', 'name: base')}`;
  const { estate } = buildEstate(parse({ e: estateText }));
  const verdicts = (files: Readonly<Record<string, string>>) => {
    const { policy, problems } = buildPolicy([...parse({ e: estateText }), ...parse(files)], estate, 0);
    assert.deepEqual(problems, []);
    return workloads.flatMap((from) =>
      workloads
        .filter((to) => to !== from && !(from.startsWith('198') && to.startsWith('198')))
        .map((to) => {
          const said =
            policy === null ? assert.fail('no policy') : decide(policy, estate, { from, to, service: 'tcp/1' });
          return isProblem(said) ? assert.fail(said.message) : { from, to, ...said.intended };
        }),
    );
  };
  const before = verdicts({ 'central.yaml': base });
  let [taken, changed] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const text = [1, 2].map((number) => {
      const [verdict, at] = [random.pick(['allow', 'deny', 'pass']), random.pick(['both', 'source', 'destination'])];
      const [from, to] = [
        random.some(places, 1, 2).join(', '),
        random.some([...places, '{virtualService: central}'], 1, 2).join(', '),
      ];
      return `{name: r${number}, ${verdict}: tcp/1, from: [${from}], to: [${to}], at: ${at}}`;
    });
    const front = random.pick([
      '',
      '',
      '',
      `---\n${virtualService('["198.51.100.1 tcp/1"], members: {selector: app=shop}')}`,
    ]);
    const file = `${rules(text.join(', '), `scopes: ${random.pick(scopes)}, `)}\n${front}`;
    const files = { 'central.yaml': base, 'teams/shop/a.yaml': file };
    if (checkOwnership(parse(files)).length > 0) continue;
    taken++;
    for (const [index, after] of verdicts(files).entries()) {
      const was = before[index] ?? assert.fail('another number of connections');
      const { from, to } = after;
      const message = `${file}: ${from} -> ${to}`;
      if (after.verdict !== was.verdict) changed++;
      if (!isOurs(from) && !isOurs(to)) assert.deepEqual(after, was, message);
      if (!isOurs(to)) assert.deepEqual(after.inbound, was.inbound, message);
    }
  }
  assert.ok(taken > rounds / 50 && changed > 0, `${taken} taken, ${changed} verdicts changed`);
});
