import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { addRule } from './add-rule.ts';
import { type Breadth, denyingRules, ruleForEdges } from './edge-rule.ts';

const workload = (name: string, labels: Record<string, string>): EdgeEnd =>
  ({ kind: 'workload', name, labels, managed: true }) as unknown as EdgeEnd;
const address = (text: string, network = 'main'): EdgeEnd =>
  ({ kind: 'address', network, address: text, claimedBy: [] }) as unknown as EdgeEnd;
const edge = (from: EdgeEnd, to: EdgeEnd, serviceText = 'tcp/5432') => ({ from, to, serviceText }) as unknown as Edge;

const web = workload('web-1', { role: 'web', app: 'shop', env: 'prod', loc: 'dc-1' });
const db = workload('db-1', { role: 'db', app: 'shop', env: 'prod' });

for (const [breadth, from, to] of [
  ['role', 'role=web,app=shop,env=prod', 'role=db,app=shop,env=prod'],
  ['app', 'app=shop,env=prod', 'app=shop,env=prod'],
  ['env', 'env=prod', 'env=prod'],
] as const)
  test(`as broad as ${breadth}: ${from} to ${to}`, () => {
    const rule = ruleForEdges([edge(web, db)], { verdict: 'allow', breadth });
    assert.deepEqual(
      [rule?.from, rule?.to, rule?.services, rule?.name],
      [from, to, ['tcp/5432'], 'allow-web-to-db-tcp-5432'],
    );
  });

for (const [what, end, expected] of [
  ['an IPv4 address', address('192.0.2.7'), { prefix: '192.0.2.7/32' }],
  ['an IPv6 address', address('2001:db8::7'), { prefix: '2001:db8::7/128' }],
  ['some labels', workload('x', { app: 'shop' }), 'app=shop'],
  ['no labels', workload('x', {}), null],
  ['other labels only', workload('x', { loc: 'dc-1' }), null],
  ['an address elsewhere', address('192.0.2.7', 'site-b'), null],
] as const)
  test(`an end with ${what} is ${JSON.stringify(expected)}`, () => {
    const rule = ruleForEdges([edge(end, db)], { verdict: 'deny', breadth: 'role' });
    assert.deepEqual(rule?.from ?? null, expected);
  });

test('several services are one rule, each once', () => {
  const edges = ['tcp/80', 'tcp/443', 'tcp/80'].map((service) => edge(web, db, service));
  assert.deepEqual(ruleForEdges(edges, { verdict: 'deny', breadth: 'app' })?.services, ['tcp/443', 'tcp/80']);
});

test('hostile names make a plain rule name of at most 60 letters', () => {
  const evil = workload('a', { role: `<img src=x>${'\u202e'}}\n${'x'.repeat(10_000)}`, app: 'shop' });
  assert.match(
    ruleForEdges([edge(evil, db)], { verdict: 'allow', breadth: 'role' })?.name ?? '',
    /^[a-z0-9][a-z0-9-]{0,59}$/,
  );
});

const rule = (breadth: Breadth = 'role') =>
  ruleForEdges([edge(web, db)], { verdict: 'allow', breadth }) ?? assert.fail();

test('what is written is a sound ruleset of the language', () => {
  const added = addRule([], rule());
  assert.ok(added.kind === 'added');
  const { documents, problems } = loadDocuments(added.files.map(({ path, text }) => ({ file: path, text })));
  assert.deepEqual([problems, documents.length], [[], 1]);
});

for (const verdict of ['allow', 'deny'] as const) {
  test(`a rule that is to ${verdict} is written as one, from and to where they belong`, () => {
    const drafted = ruleForEdges([edge(address('192.0.2.7'), db)], { verdict, breadth: 'role' });
    const added = addRule([], drafted ?? assert.fail());
    assert.ok(added.kind === 'added');
    const { documents } = loadDocuments(added.files.map(({ path, text }) => ({ file: path, text })));
    const [ruleset] = documents;
    const written = ruleset?.kind === 'Ruleset' ? ruleset.rules[0] : undefined;
    const [from, to] = [written?.from[0], written?.to[0]];
    assert.deepEqual(
      [written?.verdict, from?.kind, to?.kind, to?.kind === 'selector' && to.selector.text, written?.reason],
      [verdict, 'prefix', 'selector', 'role=db,app=shop,env=prod', 'drafted from 1 observed edge'],
    );
    assert.deepEqual(
      written?.services.map((service) => service.kind === 'range' && service.text),
      ['tcp/5432'],
    );
  });
}

test('a second rule of one name gets another one, and the rest stays as it is', () => {
  const other = { path: 'shop.yaml', text: 'kind: Ruleset # mine\n' };
  const first = addRule([other], rule());
  assert.ok(first.kind === 'added');
  const commented = first.files.map((file) =>
    file.path === 'from-map.yaml' ? { ...file, text: `# kept\n${file.text}` } : file,
  );
  const second = addRule(commented, rule());
  assert.ok(second.kind === 'added');
  assert.equal(second.name, 'allow-web-to-db-tcp-5432-2');
  assert.deepEqual(second.files[0], other);
  assert.match(second.files[1]?.text ?? '', /^# kept\n[\s\S]*tcp-5432\n[\s\S]*tcp-5432-2\n/);
  assert.equal(second.files[1]?.text.split('\n')[second.line - 1], '  - name: allow-web-to-db-tcp-5432-2');
});

for (const [what, text] of [
  ['no rules', 'kind: Ruleset\nname: from-map\n'],
  ['two documents', 'kind: Ruleset\nrules: []\n---\nkind: Ruleset\nrules: []\n'],
  ['no YAML', 'kind: [\n'],
  ['nothing', ''],
] as const)
  test(`nothing is added to a file with ${what}`, () => {
    assert.equal(addRule([{ path: 'from-map.yaml', text }], rule()).kind, 'unreadable');
  });

const judged = (...rules: readonly (readonly [intended: string, rule: string | null])[]) =>
  ({ rules: rules.map(([intended, intendedRule]) => ({ intended, intendedRule })) }) as unknown as Edge;

for (const [what, edges, expected] of [
  ['nothing matched', [judged(['deny', null])], []],
  ['it was allowed', [judged(['allow', 'shop/a'])], []],
  ['two rules deny it', [judged(['deny', 'g/b'], ['deny', 'g/a']), judged(['deny', 'g/a'])], ['g/a', 'g/b']],
] as const)
  test(`rules that deny where ${what}: ${expected.join(', ') || 'none'}`, () => {
    assert.deepEqual(denyingRules(edges), expected);
  });
