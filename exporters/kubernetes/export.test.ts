import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { ipList, rule, ruleset, shuffled } from '@bulkhead/testkit/documents.ts';
import { policyNow, randomPolicy } from '@bulkhead/testkit/kubernetes/random-policy.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { parseAllDocuments } from 'yaml';
import { exportKubernetes } from './export.ts';

const testdata = join(import.meta.dirname, 'testdata');
const options = { cluster: 'prod', now: policyNow, acceptOwnNode: false };

/** What an operator gets for a policy: notes, then every file. */
const cases: readonly (readonly [about: string, file: string])[] = [
  ['EX12 EX15 EX20 EX24 EX26 EX27 EX31 EX32: rules of one namespace', 'shop'],
  ['EX21 EX33 EX35 EX36 EX37 EX38: tiers before them, and domain names', 'admin'],
  ['EX30 EX33 EX34: isolation, a baseline behind it, and the rest open', 'open'],
  ['EX40 EX14: denies that are worked into what is allowed, and a lifeline', 'narrowed'],
];

for (const [about, file] of cases) {
  test(`${about}, as ${file}.txt`, () => {
    const { manifests, refusals, notes } = exportKubernetes(read('estate', file), options);
    assert.deepEqual(refusals.map(formatProblem), []);
    const texts = manifests?.map(({ name, yaml }) => `-- ${name}\n${yaml}`) ?? [];
    assertGolden(`${file}.txt`, [...notes.map((note) => `${formatProblem(note)}\n`), ...texts].join(''));
  });
}

test('EX3: the order of documents and of rules means nothing', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const documents = randomPolicy(random);
    const once = exportKubernetes(documents, options);
    const again = exportKubernetes(shuffled(documents, random.unit).map(otherwise), options);
    assert.deepEqual(texts(again), texts(once), `seed ${seed}`);
    assert.deepEqual(again.refusals.map(formatProblem), once.refusals.map(formatProblem), `seed ${seed}`);
  }

  function otherwise(document: Document): Document {
    return document.kind === 'Ruleset' ? { ...document, rules: [...document.rules].reverse() } : document;
  }
});

/** Without the hash of the documents, which is of their lists as they are written. */
const texts = ({ manifests }: ReturnType<typeof exportKubernetes>) =>
  manifests?.map(({ name, yaml }) => [name, yaml.replace(/SHA-256 [0-9a-f]{64}/, '')]);

test('EX4: every object has a name of its own that Kubernetes takes, and says which rules it comes from', () => {
  let seen = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const documents = randomPolicy(seededRandom(seed));
    const ids = new Set(documents.flatMap(idsIn));
    const { manifests } = exportKubernetes(documents, options);
    const names = new Set<string>();
    for (const object of manifests?.flatMap(({ yaml }) => objectsIn(yaml)) ?? []) {
      const { name, namespace = '', annotations } = object.metadata;
      assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      assert.ok(!names.has(`${object.kind} ${namespace}/${name}`), `seed ${seed}: ${namespace}/${name} twice`);
      names.add(`${object.kind} ${namespace}/${name}`);
      const said = annotations['bulkhead.io/rule'].split(', ');
      assert.ok(
        said.every((id) => ids.has(id) || id.startsWith('lifeline/') || id === 'no rule matches'),
        said.join(),
      );
      seen++;
    }
  }
  assert.ok(seen > 100, `${seen} objects`);
});

test('EX36: rules, peers and ports beyond what one holds go on in the next', () => {
  const ports = Array.from({ length: 130 }, (_, index) => `tcp/${1000 + 2 * index}`);
  const blocks = Array.from({ length: 260 }, (_, index) => `10.${index % 256}.${2 * Math.floor(index / 256)}.0/24`);
  const spread = Array.from({ length: 60 }, (_, index) => `10.200.${2 * index}.0/24`);
  const rules = [
    rule('ports', `deny ${ports.join(' ')}`, [pods, 'list:spread'], { at: 'source' }),
    rule('blocks', 'deny tcp/1', [pods, 'list:blocks'], { at: 'source' }),
    ...Array.from({ length: 99 }, (_, index) => rule(`n${index}`, `deny tcp/${index + 2}`, [pods, pods])),
  ];
  const documents = [
    ...read('estate'),
    ipList('blocks', blocks),
    ipList('spread', spread),
    ruleset('guard', rules, { tier: 'guardrail' }),
  ];
  const { manifests } = exportKubernetes(documents, options);
  const objects =
    manifests?.flatMap(({ yaml }) => objectsIn(yaml)).filter(({ kind }) => kind === 'AdminNetworkPolicy') ?? [];
  const egress = objects.flatMap(({ spec }) => spec.egress ?? []);
  assert.deepEqual(
    objects.map(({ spec }) => spec.egress?.length),
    [100, 2],
    'one of 101 rules is two for its ports',
  );
  for (const { to, ports: some = [] } of egress) {
    assert.ok(to.length <= 100 && some.length <= 100);
    for (const { networks = [] } of to) assert.ok(networks.length <= 25);
  }
  const [first, second] = egress.filter(({ name }) => name === 'guard/ports').map((one) => one.ports?.length);
  assert.deepEqual([first, second], [100, 30]);
  const peers = egress.find(({ name }) => name === 'guard/ports')?.to.map(({ networks }) => networks?.length);
  assert.deepEqual(peers, [25, 25, 10]);
});

type Named = {
  readonly kind: string;
  readonly spec: { readonly egress?: readonly EgressRule[] };
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations: { readonly 'bulkhead.io/rule': string };
  };
};

type EgressRule = {
  readonly name: string;
  readonly to: readonly { readonly networks?: readonly string[] }[];
  readonly ports?: readonly unknown[];
};

const pods = 'kubernetes:cluster=prod,namespace:kubernetes.io/metadata.name';

const objectsIn = (yaml: string): readonly Named[] =>
  parseAllDocuments(yaml).map((document) => document.toJS() as Named);

const idsIn = (document: Document): readonly string[] =>
  document.kind === 'Ruleset' ? document.rules.map(({ name }) => `${document.name}/${name}`) : [];

function read(...names: readonly string[]): readonly Document[] {
  const files = names.map((name) => ({
    file: `${name}.yaml`,
    text: readFileSync(join(testdata, `${name}.yaml`), 'utf8'),
  }));
  const { documents, problems } = loadDocuments(files);
  assert.deepEqual(problems.map(formatProblem), []);
  return documents;
}

function assertGolden(name: string, text: string): void {
  const file = join(testdata, name);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'), `${file} differs; UPDATE_GOLDEN=1 writes it anew`);
}
