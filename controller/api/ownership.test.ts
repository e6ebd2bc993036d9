import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { httpsRequest } from '../testkit/https-request.ts';
import { apiPort, invited } from '../testkit/people.ts';
import { finished } from '../testkit/shop.ts';
import { type ApiAnswer, type TestController, testController } from '../testkit/test-controller.ts';

type Files = Readonly<Record<string, string>>;
type Label = { readonly workload: string; readonly key: string; readonly value: string | null };

const ruleset = (name: string, app: string, port = 1) =>
  `{kind: Ruleset, name: ${name}, scopes: [app=${app}], rules: [{name: a, allow: tcp/${port}, from: "", to: ""}]}\n`;

const ownership = `{kind: Ownership, name: shop, directory: teams/shop, scope: app=shop, owners: [ed, ci], labels: [role]}
---
{kind: Ownership, name: pay, directory: teams/pay, scope: app=pay, owners: [bo]}
`;

const inForce: Files = {
  'central.yaml': '{kind: Service, name: http, ports: [tcp/80]}\n',
  'ownership.yaml': ownership,
  'teams/pay/pay.yaml': ruleset('pay', 'pay'),
  'teams/shop/shop.yaml': ruleset('shop', 'shop'),
};
const labels: readonly Label[] = [{ workload: 'shop-1', key: 'tier', value: 'gold' }];

const listed = (files: Files) => Object.entries(files).map(([path, text]) => ({ path, text }));

/** The policy above is in force as version 1, with workloads of both teams. */
async function twoTeams(context: TestContext): Promise<TestController> {
  const controller = await testController(context);
  const { api } = controller;
  for (const app of ['shop', 'pay'])
    await api('PUT', `/workloads/${app}-1`, { labels: { app, role: 'web' }, addresses: [] });
  const { status, body } = await api('POST', '/provisions', { base: 0, files: listed(inForce), labels });
  assert.equal(status, 202, JSON.stringify(body));
  await finished(controller, body.version);
  return controller;
}

type Asking = (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;

const as =
  (controller: TestController, headers: Record<string, string>): Asking =>
  (method, path, body) =>
    httpsRequest(apiPort(controller), { method, path: `/api/v1${path}`, headers, body });

const editor = async (controller: TestController, name = 'ed'): Promise<Asking> =>
  as(controller, await invited(controller, { name, role: 'editor' }));

const without = (path: string): Files => Object.fromEntries(Object.entries(inForce).filter(([one]) => one !== path));
const mine = ruleset('shop', 'shop', 2);

type Case = {
  readonly what: string;
  readonly files?: Files;
  readonly labels?: readonly Label[];
  /** Undefined: it is his to change. */
  readonly names?: readonly string[];
};
const role = (workload: string, value: string | null, key = 'role'): Label => ({ workload, key, value });

/** What an owner of teams/shop makes of the version in force (SPEC O6, SPEC O7). */
const cases: readonly Case[] = [
  { what: 'nothing' },
  { what: 'a file of his', files: { ...inForce, 'teams/shop/shop.yaml': mine } },
  { what: 'a new file of his', files: { ...inForce, 'teams/shop/deep/new.yaml': ruleset('new', 'shop') } },
  { what: 'a file of his taken away', files: without('teams/shop/shop.yaml') },
  {
    what: 'a file of his moved inside',
    files: { ...without('teams/shop/shop.yaml'), 'teams/shop/b.yaml': ruleset('shop', 'shop') },
  },
  {
    what: "another's file",
    files: { ...inForce, 'teams/pay/pay.yaml': ruleset('pay', 'pay', 2) },
    names: ['teams/pay/pay.yaml', 'pay', 'app=pay', 'bo'],
  },
  {
    what: 'a comment in it',
    files: { ...inForce, 'teams/pay/pay.yaml': `# mine\n${ruleset('pay', 'pay')}` },
    names: ['teams/pay/pay.yaml'],
  },
  { what: "another's file taken away", files: without('teams/pay/pay.yaml'), names: ['teams/pay/pay.yaml'] },
  {
    what: "a new file in another's directory",
    files: { ...inForce, 'teams/pay/b.yaml': '' },
    names: ['teams/pay/b.yaml'],
  },
  { what: 'a file of nobody', files: { ...inForce, 'central.yaml': '' }, names: ['central.yaml', 'administrator'] },
  {
    what: 'a new file of nobody',
    files: { ...inForce, 'teams/b.yaml': ruleset('b', 'shop') },
    names: ['teams/b.yaml'],
  },
  {
    what: 'a directory that only begins the same',
    files: { ...inForce, 'teams/shop2/b.yaml': '' },
    names: ['teams/shop2/b.yaml'],
  },
  {
    what: 'a file in place of the directory',
    files: { ...without('teams/shop/shop.yaml'), 'teams/shop': '' },
    names: ['teams/shop'],
  },
  {
    what: 'who owns what',
    files: { ...inForce, 'ownership.yaml': ownership.replace('[bo]', '[bo, ed]') },
    names: ['ownership.yaml'],
  },
  { what: 'no ownership at all', files: without('ownership.yaml'), names: ['ownership.yaml'] },
  {
    what: 'another ownership in his directory',
    files: { ...inForce, 'teams/shop/o.yaml': '{kind: Ownership, name: me, directory: x, scope: "", owners: ed}' },
    names: ['Ownership me', 'teams/shop/o.yaml'],
  },
  {
    what: "another's ruleset of the same name in his directory",
    files: { ...inForce, 'teams/shop/pay.yaml': ruleset('pay', 'shop') },
    names: ['Ruleset pay', 'teams/pay/pay.yaml'],
  },
  {
    what: 'a service of the same name as that of all',
    files: { ...inForce, 'teams/shop/s.yaml': '{kind: Service, name: http, ports: [tcp/1]}' },
    names: ['Service http', 'central.yaml'],
  },
  {
    what: "another's ruleset moved to his directory",
    files: { ...without('teams/pay/pay.yaml'), 'teams/shop/pay.yaml': ruleset('pay', 'pay') },
    names: ['teams/pay/pay.yaml'],
  },
  {
    what: 'his ruleset moved out',
    files: { ...without('teams/shop/shop.yaml'), 'shop.yaml': ruleset('shop', 'shop') },
    names: ['shop.yaml'],
  },
  { what: 'a label of his', labels: [...labels, role('shop-1', 'db')] },
  { what: 'a label of his taken away', labels: [...labels, role('shop-1', null)] },
  { what: 'a label that is not listed', labels: [role('shop-1', 'lead', 'tier')], names: ['tier of shop-1', 'shop'] },
  { what: 'an assignment undone', labels: [], names: ['tier of shop-1'] },
  { what: "another's label", labels: [...labels, role('pay-1', 'db')], names: ['role of pay-1', 'pay'] },
  {
    what: 'a label that takes a workload in',
    labels: [...labels, role('pay-1', 'shop', 'app')],
    names: ['app of pay-1'],
  },
  {
    what: 'a label that lets a workload go',
    labels: [...labels, role('shop-1', 'pay', 'app')],
    names: ['app of shop-1'],
  },
  { what: 'a label of nobody known', labels: [...labels, role('nobody', 'db')], names: ['role of nobody'] },
];

type Warning = {
  readonly severity: string;
  readonly message: string;
  readonly place: { readonly file: string } | null;
};

const warningsIn = ({ problems }: ApiAnswer['body']): readonly Warning[] =>
  problems.filter(({ code }: { readonly code: string }) => code === 'not-owner');

for (const { what, files = inForce, labels: assigned = labels, names } of cases)
  test(`O6, O7 an owner ${names === undefined ? 'may change' : 'is refused'} ${what}, in a draft and without one`, async (context) => {
    const controller = await twoTeams(context);
    const ask = await editor(controller);
    const changed = assigned.filter((one) => !labels.includes(one));
    const undone = labels.filter(
      (one) => !assigned.some(({ key, workload }) => key === one.key && workload === one.workload),
    );
    const looked = (await ask('POST', '/preview', { files: listed(files), labels: assigned })).body;
    const warnings = warningsIn(looked);
    assert.equal(
      warnings.length > 0 && warnings.every(({ severity }) => severity === 'warning'),
      names !== undefined,
      JSON.stringify(warnings),
    );
    for (const name of names ?? []) assert.ok(warnings[0]?.message.includes(name), JSON.stringify(warnings));
    const draft = { files: listed(files), labels: [...changed, ...undone.map((one) => ({ ...one, value: null }))] };
    const answers = [
      await ask('PUT', '/drafts/d', draft),
      await ask('POST', '/drafts', { name: 'e', ...draft }),
      await ask('POST', '/provisions', { base: 1, files: listed(files), labels: assigned }),
    ];
    if (names === undefined) {
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 201, 202],
        JSON.stringify(answers.map(({ body }) => body)),
      );
      return;
    }
    for (const { status, body } of answers) {
      assert.deepEqual([status, body.code], [403, 'not-owner'], JSON.stringify(body));
      for (const name of names) assert.ok(body.detail.includes(name), body.detail);
    }
    assert.deepEqual((await controller.api('GET', '/drafts')).body.items, []);
    const [refused] = (await controller.api('GET', '/audit')).body.items;
    assert.deepEqual([refused.actor, refused.action], ['ed', 'refused.not-owner']);
  });

test('O6 an administrator may change all of it, and what he put in a draft is not an owner’s to provision, change or delete', async (context) => {
  const controller = await twoTeams(context);
  const ask = await editor(controller);
  const files = listed({ ...inForce, 'central.yaml': '' });
  assert.equal((await controller.api('PUT', '/drafts/admin', { files })).status, 200);
  for (const [method, path, body] of [
    ['POST', '/drafts/admin/provision', {}],
    ['PUT', '/drafts/admin', { files: listed(inForce) }],
    ['DELETE', '/drafts/admin', undefined],
    ['PUT', '/drafts/admin/ip-lists/l', { prefixes: [] }],
  ] as const) {
    const { status, body: said } = await ask(method, path, body);
    assert.deepEqual([status, said.code], [403, 'not-owner'], `${method} ${path}`);
  }
  assert.equal((await ask('POST', '/drafts/admin/preview', {})).status, 200, 'everybody may look');
  assert.equal((await controller.api('POST', '/drafts/admin/provision', {})).status, 202);
});

test('O6 what is judged is the ownership of the base and that in force, and a restore is a change like any other', async (context) => {
  const controller = await twoTeams(context);
  const ask = await editor(controller);
  const taken = { ...inForce, 'ownership.yaml': ownership.replace('[ed, ci]', '[cy]') };
  assert.equal((await controller.api('POST', '/provisions', { base: 1, files: listed(taken) })).status, 202);
  await finished(controller, 2);
  const files = listed({ ...inForce, 'teams/shop/shop.yaml': mine });
  assert.equal((await ask('PUT', '/drafts/old', { base: 1, files })).body.code, 'not-owner', 'he owned it once');
  assert.equal((await ask('POST', '/versions/1/restore')).body.code, 'not-owner');
  assert.equal((await ask('POST', '/versions/2/restore')).status, 201, 'which changes nothing');
  const given = await editor(controller, 'cy');
  assert.equal(
    (await given('PUT', '/drafts/old', { base: 1, files })).body.code,
    'not-owner',
    'he did not own it then',
  );
});

test('O6, O7 a preview says everything that whoever asks for it could not provision, each once', async (context) => {
  const controller = await twoTeams(context);
  const pay = ruleset('pay', 'pay', 2);
  const files = listed({ ...inForce, 'central.yaml': '', 'teams/shop/shop.yaml': mine, 'teams/pay/pay.yaml': pay });
  const assigned = [...labels, role('shop-1', 'db'), role('pay-1', 'db')];
  assert.equal((await controller.api('PUT', '/drafts/d', { files, labels: assigned.slice(1) })).status, 200);
  const told = ['central.yaml', 'teams/pay/pay.yaml', 'teams/shop/shop.yaml', 'role of pay-1', 'role of shop-1'];
  const whose: readonly (readonly [ask: Asking, told: readonly string[]])[] = [
    [controller.api, []],
    [await editor(controller), told.filter((one) => !one.includes('shop'))],
    [await editor(controller, 'bo'), told.filter((one) => !one.startsWith('teams/pay'))],
    [as(controller, await invited(controller, { name: 'vi', role: 'viewer' })), told],
  ];
  for (const [ask, expected] of whose)
    for (const [path, body] of [
      ['/preview', { files, labels: assigned }],
      ['/drafts/d/preview', {}],
    ] as const) {
      const { status, body: said } = await ask('POST', path, body);
      assert.deepEqual([status, said.sound], [200, true]);
      const warnings = warningsIn(said);
      assert.equal(warnings.length, expected.length, JSON.stringify(warnings));
      for (const name of expected) {
        const found = warnings.filter(({ message }) => message.includes(`"${name}"`));
        assert.equal(found.length, 1, name);
        assert.equal(found[0]?.place?.file, name.endsWith('.yaml') ? name : undefined);
      }
    }
  assert.equal(
    (await controller.api('GET', '/audit')).body.items.some(({ action }: { readonly action: string }) =>
      action.startsWith('refused'),
    ),
    false,
  );
  const many = listed(Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`f-${index}.yaml`, ''])));
  const ask = await editor(controller, 'cy');
  const { body } = await ask('POST', '/preview', { files: [...listed(inForce), ...many] });
  assert.deepEqual([warningsIn(body).length, /50 more/.test(warningsIn(body).at(-1)?.message ?? '')], [101, true]);
});

const remedies: readonly (readonly [what: string, label: Label, said: RegExp])[] = [
  ['it is listed, and others own it', role('shop-1', 'db'), /one of its owners ed, ci or an administrator is needed$/],
  [
    'its ownership lists no labels',
    role('pay-1', 'db'),
    /"app=pay" and its labels do not list "role", an administrator is/,
  ],
  [
    'another key is listed',
    role('shop-1', 'x', 'loc'),
    /"app=shop,env!=x" and its labels do not list "loc", an administrator is/,
  ],
  [
    'the workload would go',
    role('shop-1', 'x', 'env'),
    /the workload would leave that scope, an administrator is needed$/,
  ],
  ['nobody owns the workload', role('alone', 'db'), /it is nobody's in particular, an administrator is needed$/],
];

test('O7 a refused label names those who may give it', async (context) => {
  const controller = await twoTeams(context);
  await controller.api('PUT', '/workloads/alone', { addresses: [] });
  const env = ownership.replace('scope: app=shop', 'scope: "app=shop,env!=x"').replace('[role]', '[role, env]');
  const files = listed({ ...without('teams/shop/shop.yaml'), 'ownership.yaml': env });
  assert.equal((await controller.api('POST', '/provisions', { base: 1, files })).status, 202);
  await finished(controller, 2);
  const ask = await editor(controller, 'cy');
  for (const [what, label, said] of remedies) {
    const { status, body } = await ask('POST', '/provisions', { base: 2, files, labels: [...labels, label] });
    assert.equal(status, 403, what);
    assert.match(body.detail, said, what);
  }
});

test('O3 what an owner writes outside of his scope is an error for everybody, and is not provisioned', async (context) => {
  const controller = await twoTeams(context);
  const ask = await editor(controller);
  const files = listed({ ...inForce, 'teams/shop/shop.yaml': ruleset('shop', 'pay') });
  const { status, body } = await ask('PUT', '/drafts/d', { files });
  assert.deepEqual([status, body.sound, body.problems[0].code], [200, false, 'outside-scope']);
  assert.equal((await ask('POST', '/drafts/d/provision', {})).body.code, 'draft-has-problems');
  assert.equal((await controller.api('POST', '/provisions', { base: 1, files })).body.code, 'draft-has-problems');
});

test('O6 a token owns what its name owns, and no two have one name', async (context) => {
  const controller = await twoTeams(context);
  const { body } = await controller.api('POST', '/tokens', { name: 'ci', role: 'editor' });
  const ask = as(controller, { authorization: `Bearer ${body.token}` });
  assert.equal(
    (await ask('PUT', '/drafts/d', { files: listed({ ...inForce, 'teams/shop/shop.yaml': mine }) })).status,
    200,
  );
  assert.equal(
    (await ask('PUT', '/drafts/d', { files: listed(without('teams/pay/pay.yaml')) })).body.code,
    'not-owner',
  );
  assert.equal((await controller.api('GET', '/drafts/d')).body.updatedBy, 'token:ci');
  assert.equal((await controller.api('POST', '/users', { name: 'ci', role: 'editor' })).body.code, 'already-exists');
  await controller.api('POST', '/users', { name: 'ed', role: 'editor' });
  assert.equal((await controller.api('POST', '/tokens', { name: 'ed', role: 'viewer' })).body.code, 'already-exists');
});

for (const [what, body, status] of [
  ['a workload of his', { workloads: ['shop-1'] }, 201],
  ['a selector that lies in his scope', { selector: 'app=shop,role=web' }, 201],
  ["another's workload", { workloads: ['pay-1'] }, 403],
  ["another's beside his own", { workloads: ['shop-1', 'pay-1'] }, 403],
  ['a selector that goes beyond his scope', { selector: 'role=web' }, 403],
] as const)
  test(`O8 an owner isolates ${what}: ${status}, an administrator both`, async (context) => {
    const controller = await twoTeams(context);
    const ed = await editor(controller);
    const isolated = await ed('POST', '/isolations', body);
    assert.equal(isolated.status, status, JSON.stringify(isolated.body));
    if (status === 403) assert.equal(isolated.body.code, 'not-owner');
    const byRoot = await controller.api('POST', '/isolations', { ...body, rescue: [] });
    assert.equal(byRoot.status, 201, JSON.stringify(byRoot.body));
    const released = await ed('POST', `/isolations/${byRoot.body.id}/release`, {});
    assert.equal(released.status, status === 201 ? 200 : 403, JSON.stringify(released.body));
  });
