import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { randomLanguage } from '@bulkhead/testkit/random-language.ts';
import type { Written } from '@bulkhead/testkit/written.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import type { Document } from '../documents.ts';
import { documentKinds, parseDocuments } from '../parse.ts';
import { documentSchemas } from './document-schemas.ts';

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
  validateFormats: false,
});
const validators = new Map(documentKinds.map((kind) => [kind as string, ajv.compile(documentSchemas[kind])]));

/** What is wrong with a document as it is written, under the schema of its kind. */
function wrongUnderSchema(document: Written): string | null {
  const validate = validators.get(String(document.kind)) ?? assert.fail(`there is no schema of ${document.kind}`);
  return validate(document) ? null : ajv.errorsText(validate.errors);
}

const wrongToParser = (document: Written): string[] =>
  parseDocuments([{ file: 'f', text: JSON.stringify(document) }]).problems.map(({ code }) => code);

const good = readFileSync(new URL('../testdata/good.yaml', import.meta.url), 'utf8');
const examples = parseAllDocuments(good).map((document) => document.toJS({ maxAliasCount: -1 }) as Written);

test('the example of every kind is valid', () => {
  assert.deepEqual(new Set(examples.map(({ kind }) => kind)), new Set(documentKinds));
  for (const example of examples) assert.equal(wrongUnderSchema(example), null, JSON.stringify(example));
});

const rule = { name: 'a', allow: 'tcp/1', from: '', to: '' };
const ruleset = (change: object) => ({ kind: 'Ruleset', name: 'r', rules: [{ ...rule, ...change }] });

/** Documents that both take, and that both refuse. */
const cases: readonly (readonly [verdict: 'good' | 'bad', document: Written])[] = [
  ['good', ruleset({})],
  ['good', ruleset({ from: ['', { any: true }, { selector: 'a=b', scope: 'none' }] })],
  ['good', ruleset({ except: [{ services: 'tcp/1' }] })],
  ['good', { kind: 'IpList', name: 'l', prefixes: [] }],
  ['good', { kind: 'Mode', selector: '', inbound: 'test' }],
  ['good', { kind: 'Tiers', order: ['a', { group: 'g', tiers: ['b'] }] }],
  ['good', { kind: 'Lifeline', name: 'l', controllers: '10.0.0.1/32 tcp/1', dns: ['10.0.0.2'] }],
  ['good', { kind: 'Workload', name: 'w', labels: { 'k8s.io/name': '' }, addresses: [{ address: '::1' }] }],
  ['good', ruleset({ from: { user: 'ana' }, to: { process: '/bin/x', selector: 'a=b' } })],
  ['good', ruleset({ from: { group: 'dba', scope: 'none' }, to: { any: true, process: 'x.service' } })],
  [
    'good',
    ruleset({ to: [{ name: '*.Example.org.' }, { virtualService: 'vip' }], reverify: '8h', 'accept-wider': true }),
  ],
  ['good', { kind: 'IpList', name: 'l', names: ['*.example'] }],
  ['good', { kind: 'Service', name: 's', ports: 'tcp/1', process: 'x.scope', application: 'http' }],
  ['good', { kind: 'LabelGroup', name: 'g', key: 'env', groups: ['h'] }],
  ['good', { kind: 'VirtualService', name: 'v', frontends: ['::1 tcp/1'], members: { selector: '' } }],
  ['good', { kind: 'LabelSource', name: 's', source: 'cmdb', keys: 'env', apply: 'as-draft' }],
  ['good', { kind: 'Invariant', name: 'i', never: { from: '', to: { any: true } } }],
  ['good', { kind: 'Logon', user: 'ana', address: '::1', until: '2027-01-01' }],
  ['bad', ruleset({ deny: 'tcp/1' })],
  ['bad', ruleset({ allow: undefined })],
  ['bad', ruleset({ allow: [] })],
  ['bad', ruleset({ allow: 443 })],
  ['bad', ruleset({ from: undefined })],
  ['bad', ruleset({ from: [] })],
  ['bad', ruleset({ from: {} })],
  ['bad', ruleset({ from: { any: false } })],
  ['bad', ruleset({ from: { any: true, prefix: '10.0.0.0/8' } })],
  ['bad', ruleset({ from: { prefix: '10.0.0.0/8', scope: 'none' } })],
  ['bad', ruleset({ name: 'a/b' })],
  ['bad', ruleset({ name: '' })],
  ['bad', ruleset({ name: ' a' })],
  ['bad', ruleset({ at: 'nowhere' })],
  ['bad', ruleset({ state: 'on' })],
  ['bad', ruleset({ expires: 'tomorrow' })],
  ['bad', ruleset({ except: [{}] })],
  ['bad', ruleset({ process: 'curl' })],
  ['bad', { kind: 'Ruleset', name: 'r', rules: [], scopes: ['a'], each: ['a'] }],
  ['bad', { kind: 'Ruleset', name: 'r', rules: [], scopes: [] }],
  ['bad', { kind: 'Ruleset', name: 'r' }],
  ['bad', { kind: 'Service', name: 's' }],
  ['bad', { kind: 'IpList', name: 'l' }],
  ['bad', ruleset({ from: { user: 'ana', group: 'dba' } })],
  ['bad', ruleset({ from: { user: '' } })],
  ['bad', ruleset({ from: { group: '' } })],
  ['bad', ruleset({ from: { process: '' } })],
  ['bad', ruleset({ from: { scope: 'none' } })],
  ['bad', ruleset({ from: { any: true, scope: 'none', user: 'ana' } })],
  ['bad', ruleset({ to: { name: 'a b' } })],
  ['bad', ruleset({ to: { name: 'a.example', virtualService: 'vip' } })],
  ['bad', ruleset({ reverify: '8 hours' })],
  ['bad', ruleset({ 'accept-wider': 'yes' })],
  ['bad', { kind: 'IpList', name: 'l', names: ['a.*.example'] }],
  ['bad', { kind: 'LabelGroup', name: 'g', key: 'env' }],
  ['bad', { kind: 'LabelGroup', name: 'g', key: 'env', values: [] }],
  ['bad', { kind: 'LabelGroup', name: '@g', key: 'env', values: ['a'] }],
  ['bad', { kind: 'UserGroup', name: 'g', members: [] }],
  ['bad', { kind: 'UserGroup', name: 'g', members: [''] }],
  ['bad', { kind: 'VirtualService', name: 'v', frontends: [], members: { selector: '' } }],
  ['bad', { kind: 'VirtualService', name: 'v', frontends: ['::1'], members: { selector: '' } }],
  ['bad', { kind: 'VirtualService', name: 'v', frontends: ['::1 tcp/1'], members: {} }],
  ['bad', { kind: 'VirtualService', name: 'v', frontends: ['::1 tcp/1'], members: { selector: '', ports: {} } }],
  ['bad', { kind: 'VirtualService', name: 'v', frontends: ['::1 tcp/1'], members: { selector: '' }, source: 'kept' }],
  [
    'bad',
    { kind: 'VirtualService', name: 'v', frontends: ['::1 tcp/1'], members: { selector: '' }, source: { snat: [] } },
  ],
  ['good', { kind: 'Ownership', name: 'o', directory: 'a/b', scope: '', owners: ['ana', 'bo@x'], labels: [] }],
  ['bad', { kind: 'Ownership', name: 'o', directory: 'a/b', scope: '', owners: [] }],
  ['bad', { kind: 'Ownership', name: 'o', directory: 'a/b', scope: '', owners: 'token:ci' }],
  ['bad', { kind: 'Ownership', name: 'o', directory: 'a/b', owners: 'ana' }],
  ['bad', { kind: 'Ownership', name: 'o', directory: 'a/b', scope: '', owners: 'ana', tiers: [] }],
  ['bad', { kind: 'LabelSource', name: 's', source: 'cloud', keys: 'env', apply: 'as-draft' }],
  ['bad', { kind: 'LabelSource', name: 's', source: 'cmdb', keys: [], apply: 'as-draft' }],
  ['bad', { kind: 'LabelSource', name: 's', source: 'cmdb', keys: 'env', apply: 'now' }],
  ['bad', { kind: 'Invariant', name: 'i', never: { from: '' } }],
  ['bad', { kind: 'Invariant', name: 'i', never: { from: '', to: '' }, except: [{}] }],
  ['bad', { kind: 'Logon', user: 'ana', address: '::1', from: 'yesterday' }],
  ['bad', { kind: 'LabelKey', name: 'k', locked: 'yes' }],
  ['bad', { kind: 'LabelKey', name: 'k y' }],
  ['bad', { kind: 'Mode', selector: '' }],
  ['bad', { kind: 'Mode', selector: '', inbound: 'off' }],
  ['bad', { kind: 'Tiers', order: [{ group: 'g', tiers: [] }] }],
  ['bad', { kind: 'Tiers', order: [{ group: 'g', tiers: [{ group: 'h', tiers: ['b'] }] }] }],
  ['bad', { kind: 'Test', name: 't' }],
  ['bad', { kind: 'Test', name: 't', allow: 'a b tcp/1' }],
  ['bad', { kind: 'Lifeline', name: 'l', controllers: ['10.0.0.1/32'] }],
  ['bad', { kind: 'Workload', name: 'w', labels: { '-': 'x' } }],
  ['bad', { kind: 'Workload', name: 'w', enforcer: 'some' }],
  ['good', { kind: 'Workload', name: 'w', host: 'web-1' }],
  ['bad', { kind: 'Workload', name: 'w', host: '' }],
  ['bad', { kind: 'Workload', name: 'w', host: 'web 1' }],
  ['bad', { kind: 'Workload', name: 'w', host: 'web-1', enforcer: 'none' }],
];
for (const [verdict, document] of cases)
  test(`${verdict} to both: ${JSON.stringify(document)}`, () => {
    const [bySchema, byParser] = [wrongUnderSchema(document), wrongToParser(document)];
    assert.deepEqual(
      [bySchema === null, byParser.length === 0],
      [verdict === 'good', verdict === 'good'],
      `${bySchema} ${byParser}`,
    );
  });

test('property: what is generated is valid, and invalid to both with a key that is not known or one that is missing', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    for (const document of randomLanguage(random)) {
      const said = `seed ${seed} ${JSON.stringify(document)}`;
      assert.deepEqual([wrongUnderSchema(document), wrongToParser(document)], [null, []], said);
      const maps = mapsIn(document);
      const place = random.below(maps.length);
      const strange = JSON.parse(JSON.stringify(document));
      Object.assign(mapsIn(strange)[place] ?? assert.fail(), { 'no key': 'x' });
      assert.notEqual(wrongUnderSchema(strange), null, JSON.stringify(strange));
      assert.notDeepEqual(wrongToParser(strange), [], JSON.stringify(strange));
      const needed = documentSchemas[String(document.kind) as Document['kind']].required ?? [];
      const { [random.pick(needed.filter((key) => key !== 'kind'))]: _gone, ...lacking } = document;
      assert.notEqual(wrongUnderSchema(lacking), null, JSON.stringify(lacking));
      assert.notDeepEqual(wrongToParser(lacking), [], JSON.stringify(lacking));
    }
  }
});

/** The document itself and every map in it. */
function mapsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(mapsIn);
  return Array.isArray(value) ? inside : [value, ...inside];
}
