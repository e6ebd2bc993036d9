import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments, policyKinds } from '@bulkhead/model/parse.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { labelsBySource, rightsOf } from './labels-by-source.ts';

const cluster = { 'kubernetes:cluster': 'prod', 'namespace:team': 'shop' };
const given: Labels = { ...cluster, app: 'shop', role: 'web', 'pod-template-hash': '7c4' };
const orchestrator = (more: string) => `{kind: LabelSource, name: k, source: orchestrator, ${more}}`;
const now = 'apply: immediately';
const later = 'apply: as-draft';
const shop = 'selector: "namespace:team=shop"';

/** `set` and `drafted` without what the cluster alone says; `unset` as one text. */
type Case = readonly [what: string, policy: readonly string[], set: Labels, drafted: Labels, unset: string];
const cases: readonly Case[] = [
  ['without a LabelSource nothing is taken', [], {}, {}, 'app pod-template-hash role'],
  ['a key that is named is', [orchestrator(`keys: [role], ${now}`)], { role: 'web' }, {}, 'app pod-template-hash'],
  ['several keys', [orchestrator(`keys: [role, app], ${now}`)], { role: 'web', app: 'shop' }, {}, 'pod-template-hash'],
  [
    'a key that the workload does not have',
    [orchestrator(`keys: [env], ${now}`)],
    {},
    {},
    'app pod-template-hash role',
  ],
  ['by way of a draft', [orchestrator(`keys: [role], ${later}`)], {}, { role: 'web' }, 'app pod-template-hash'],
  [
    'another source',
    ['{kind: LabelSource, name: c, source: cmdb, keys: [role], apply: immediately}'],
    {},
    {},
    'app pod-template-hash role',
  ],
  [
    'where the namespace says so',
    [orchestrator(`keys: [role], ${shop}, ${now}`)],
    { role: 'web' },
    {},
    'app pod-template-hash',
  ],
  [
    'not in another namespace',
    [orchestrator(`keys: [role], selector: "namespace:team=bank", ${now}`)],
    {},
    {},
    'app pod-template-hash role',
  ],
  [
    'the labels it brings give it no right',
    [orchestrator(`keys: [role], selector: app=shop, ${now}`)],
    {},
    {},
    'app pod-template-hash role',
  ],
  [
    'nor does lacking them',
    [orchestrator(`keys: [role], selector: "!app", ${now}`)],
    { role: 'web' },
    {},
    'app pod-template-hash',
  ],
  [
    'a draft holds before at once',
    [orchestrator(`keys: [role], ${now}`), orchestrator(`keys: [role], ${later}`)],
    {},
    { role: 'web' },
    'app pod-template-hash',
  ],
  [
    'in whatever order',
    [orchestrator(`keys: [role], ${later}`), orchestrator(`keys: [role], ${now}`)],
    {},
    { role: 'web' },
    'app pod-template-hash',
  ],
  [
    'a draft for others does not',
    [orchestrator(`keys: [role], ${now}`), orchestrator(`keys: [role], selector: "namespace:team=bank", ${later}`)],
    { role: 'web' },
    {},
    'app pod-template-hash',
  ],
  [
    'a locked key is never set at once',
    [orchestrator(`keys: [role], ${now}`), '{kind: LabelKey, name: role, locked: true}'],
    {},
    { role: 'web' },
    'app pod-template-hash',
  ],
  [
    'a locked key that nobody names is not drafted',
    ['{kind: LabelKey, name: role, locked: true}'],
    {},
    {},
    'app pod-template-hash role',
  ],
  [
    'a key that is not locked',
    [orchestrator(`keys: [role], ${now}`), '{kind: LabelKey, name: role}'],
    { role: 'web' },
    {},
    'app pod-template-hash',
  ],
];
for (const [what, texts, set, drafted, unset] of cases)
  test(`labels by source: ${what}`, () => {
    const text = texts.map((one, index) => one.replace('name: k,', `name: k${index},`)).join('\n---\n');
    const { documents, problems } = parseDocuments([{ file: 'p.yaml', text }], { kinds: policyKinds });
    assert.deepEqual(
      problems.filter(({ severity }) => severity === 'error'),
      [],
    );
    const sourced = labelsBySource(rightsOf(documents, 'orchestrator'), given);
    assert.deepEqual(sourced.set, { ...cluster, ...set });
    assert.deepEqual(sourced.drafted, drafted);
    assert.equal(sourced.unset.join(' '), unset);
  });

test('labels by source: a draft also speaks of keys that the workload lacks', () => {
  const text = orchestrator(`keys: [env, role], ${later}`);
  const { documents } = parseDocuments([{ file: 'p.yaml', text }], { kinds: policyKinds });
  assert.deepEqual(labelsBySource(rightsOf(documents, 'orchestrator'), given).draftKeys, ['env', 'role']);
});
