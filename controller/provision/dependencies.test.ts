import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { resolveReferences } from '@bulkhead/model/references.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { dependenciesOf, type Known, reachOf } from './dependencies.ts';

const policy = (text: string) => {
  const { documents, problems } = parseDocuments([{ file: 'policy.yaml', text }]);
  assert.deepEqual(problems, []);
  return documents;
};
const main = (...addresses: string[]) => addresses.map((address) => ({ network: 'main', address: address as Address }));
const estate: Readonly<Record<string, ReturnType<Known>>> = {
  'api-1': { labels: { role: 'api', env: 'prod' }, addresses: main('10.0.1.12') },
  'web-1': { labels: { role: 'web', env: 'stage' }, addresses: main('10.0.1.11') },
  'db-1': { labels: { role: 'db' }, addresses: main('10.0.1.13', 'fd00::13') },
  'empty-1': { labels: {}, addresses: [] },
};
const known: Known = (name) => estate[name] ?? null;

const documents = policy(`
{kind: LabelGroup, name: real, key: env, values: [prod]}
---
{kind: Dependency, name: db, of: role=api, to: ["db-1 tcp/5432", "10.0.0.5 tcp/389"]}
---
{kind: Dependency, name: directory, of: "env in (@real)", to: "10.0.0.5 tcp/389"}
---
{kind: Dependency, name: lost, of: "", to: ["gone-1 tcp/1", "empty-1 tcp/2"]}
`);

const cases: readonly (readonly [title: string, workload: string, ends: string])[] = [
  [
    'DP1 every document whose selector matches, by names and addresses',
    'api-1',
    'db: db-1 tcp/5432 = 10.0.1.13 5432 fd00::13 5432; db: 10.0.0.5 tcp/389 = 10.0.0.5 389; ' +
      'directory: 10.0.0.5 tcp/389 = 10.0.0.5 389; lost: gone-1 tcp/1 = ; lost: empty-1 tcp/2 = ',
  ],
  ['DP2 what has no address is listed and leads nowhere', 'web-1', 'lost: gone-1 tcp/1 = ; lost: empty-1 tcp/2 = '],
  ['a host that is not there depends on nothing', 'nobody', ''],
];
for (const [title, workload, ends] of cases)
  test(title, () => {
    const found = dependenciesOf(documents)(workload, known);
    const text = ({ dependency, end, reach }: (typeof found)[number]) =>
      `${dependency}: ${end} = ${reach.map(({ address, port }) => `${address} ${port}`).join(' ')}`;
    assert.equal(found.map(text).join('; '), ends);
  });

test('what two documents say is tried once', () =>
  assert.equal(reachOf(dependenciesOf(documents)('api-1', known)).length, 3));

test('DP2 a workload that is not there is a warning with the nearest name', () => {
  const text = `{kind: Workload, name: db-1}\n---\n{kind: Dependency, name: d, of: "", to: ["db-2 tcp/5432", "10.0.0.5 tcp/1"]}`;
  const [problem, ...more] = resolveReferences(policy(text));
  assert.deepEqual([problem?.severity, problem?.code, more], ['warning', 'unknown-dependency', []]);
  assert.match(problem?.hint ?? '', /db-1/);
});

test('DP3 what is decided is the same with and without', () => {
  const shop = policy(`
{kind: Workload, name: web-1, labels: {role: web}, addresses: [10.0.1.11]}
---
{kind: Ruleset, name: shop, rules: [{name: web, allow: tcp/80, from: role=web, to: ""}]}
`);
  const { estate: built } = buildEstate(shop);
  const made = (documents: typeof shop) => buildPolicy(documents, built, 0).policy;
  assert.deepEqual(made([...shop, ...documents]), made(shop));
});

for (const to of ['db-1', 'db-1 udp/53', 'db-1 tcp/1-2', 'db-1 tcp', 'db-1 all', 'db-1 tcp/80 more', ''])
  test(`"${to}" is nothing to depend on`, () => {
    const { problems } = parseDocuments([{ file: 'p', text: `{kind: Dependency, name: d, of: "", to: ["${to}"]}` }]);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['bad-dependency'],
    );
  });
