import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatText } from '@bulkhead/model/format/format-text.ts';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { checkPolicy } from '@bulkhead/policy/check.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { parseAllDocuments } from 'yaml';
import { importKubernetes } from './import.ts';
import { askAbout, assertGolden, filesOf, importText, someCluster, testdata } from './testkit.ts';

const sample = readFileSync(join(testdata, 'sample-cluster.yaml'), 'utf8');
const read = (text = sample) => importText(text);

test('KO1 KO2 a cluster reads like this', () => {
  const { estate, policy } = read();
  assertGolden('sample-estate.yaml', estate ?? 'none');
  assertGolden('sample-policy.yaml', policy ?? 'none');
});

test('KO1 what is written is formatted and sound', () => {
  const files = filesOf(read());
  for (const file of files) assert.deepEqual(formatText(file), { kind: 'formatted', text: file.text });
  const errors = checkPolicy(parseDocuments(files).documents, 0).filter(({ severity }) => severity === 'error');
  assert.deepEqual(errors, []);
});

test('KI2 the order of files, documents and keys means nothing', () => {
  const expected = read();
  const documents = parseAllDocuments(sample).map((document) => document.toJS() as unknown);
  const seed = 20_261_127;
  const random = seededRandom(seed);
  for (let round = 0; round < 20; round++) {
    const files = [...documents]
      .sort(() => random.unit() - 0.5)
      .map((document) => ({
        file: `${random.below(1e9)}.json`,
        text: JSON.stringify(shuffled(document, random.unit)),
      }));
    const again = importKubernetes(files, someCluster);
    assert.equal(again.estate, expected.estate, `seed ${seed} round ${round}`);
    assert.equal(again.policy, expected.policy, `seed ${seed} round ${round}`);
  }
});

/** The same with the keys of every map in another order. */
function shuffled(value: unknown, unit: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, unit));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(() => unit() - 0.5);
  return Object.fromEntries(entries.map(([key, inner]) => [key, shuffled(inner, unit)]));
}

test('KI1 one list in JSON is what its members are', () => {
  const items = parseAllDocuments(sample).map((document) => document.toJS() as unknown);
  const list = importText(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, '\t'));
  assert.equal(list.policy, read().policy);
  assert.equal(list.estate, read().estate);
});

test('KI3 one error and nothing is imported', () => {
  const { estate, policy, problems, counts } = read(`${sample}\n---\n{apiVersion: v1, kind: Pod}\n`);
  assert.deepEqual([estate, policy, counts.written], [null, null, {}]);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error').map(({ code }) => code),
    ['missing-key'],
  );
});

const secret = (data: string): string => `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: ${data}\n`;

/** The word is in each of them, and is told nowhere. */
const secrets: readonly string[] = [
  secret('{password: hunter2}'),
  secret('{password: *hunter2}'),
  secret('{password: !hunter2 x}'),
  secret('{hunter2: x, hunter2: y}'),
  secret('{password: "hunter2'),
  secret('{password: @hunter2}'),
  secret('{password: "x" hunter2}'),
  secret('{? [hunter2] : x}'),
  secret('hunter2\n  hunter2: {{ hunter2 }}'),
  '{apiVersion: v1, kind: SecretList, items: [hunter2]}',
  '{apiVersion: v1, kind: SecretList, items: [{metadata: {name: s}, data: {password: hunter2}}]}',
];
for (const text of secrets)
  test(`KI4 the content of a Secret is told nowhere: ${JSON.stringify(text)}`, () => {
    assert.ok(text.includes('hunter2'));
    assert.ok(!JSON.stringify(importText(text)).includes('hunter2'));
    assert.ok(!JSON.stringify(importText(`${sample}\n---\n${text}`)).includes('hunter2'));
  });

test('KI4 what decides nothing is counted', () => {
  const text = `${secret('{}')}---\n{apiVersion: v1, kind: ConfigMap}\n---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: Role}\n`;
  const { counts, problems } = importText(`${text}---\n${secret('{a: b}')}`);
  assert.deepEqual([counts.passedOver, counts.read, problems], [{ ConfigMap: 1, Role: 1, Secret: 2 }, {}, []]);
});

test('KI5 a kind is passed over where the reader says so', () => {
  const text =
    '{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}\n---\n{apiVersion: example.org/v1, kind: Widget}\n';
  const refused = importText(text).problems.map(({ code, hint }) => [code, hint]);
  assert.deepEqual(refused, [
    ['other-policy', '--skip CiliumNetworkPolicy passes over all of that kind'],
    ['unknown-kind', '--skip Widget passes over all of that kind'],
  ]);
  const calico = '{apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, metadata: {name: p}}';
  const own = '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}}';
  const group = importText(`${calico}\n---\n${own}`, { skip: ['NetworkPolicy.crd.projectcalico.org'] });
  assert.deepEqual([group.counts.read, group.counts.skipped], [{ NetworkPolicy: 1 }, { NetworkPolicy: 1 }]);
  const { problems, counts } = importText(text, { skip: ['Widget', 'CiliumNetworkPolicy'] });
  assert.deepEqual([problems, counts.skipped], [[], { CiliumNetworkPolicy: 1, Widget: 1 }]);
});

test('KL1 KC1 KC2 two clusters in one estate do not meet', () => {
  const pods = (start: string): string =>
    ['1', '2']
      .map(
        (n) =>
          `{kind: Pod, metadata: {name: a${n}, namespace: shop, labels: {app: a}}, status: {podIP: ${start}.${n}}}`,
      )
      .map((text) => text.replace('{', '{apiVersion: v1, '))
      .join('\n---\n');
  const closed =
    '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}}';
  const here = importText(`${pods('10.0.0')}\n---\n${closed}`);
  const there = importText(pods('10.1.0'), { cluster: 'other', namePrefix: 'there' });
  const ask = askAbout([
    ...filesOf(here),
    ...filesOf(there).map(({ file, text }) => ({ file: `there/${file}`, text })),
  ]);
  assert.equal(ask('shop/a1 -> shop/a2 tcp/80'), 'allow');
  assert.equal(ask('there/shop/a1 -> shop/a2 tcp/80'), 'deny', 'the other cluster is outside of this one');
  assert.equal(ask('shop/a2 -> there/shop/a1 tcp/80'), 'allow');
  assert.equal(ask('there/shop/a1 -> there/shop/a2 tcp/80'), 'allow', 'the other cluster has no such policy');
});

test('KN15 the ruleset of the own node can be disabled', () => {
  const text = [
    '{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {nodeName: n1}, status: {podIP: 10.0.0.1, hostIP: 192.168.0.1}}',
    '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {}}',
  ].join('\n---\n');
  for (const [ownNode, verdict] of [
    ['active', 'allow'],
    ['disabled', 'deny'],
  ] as const)
    assert.equal(askAbout(filesOf(importText(text, { ownNode })))('n1 -> default/a tcp/10250'), verdict);
});

test('KO2 a long name is cut, the same every time, and differs from its neighbour', () => {
  const np = (name: string): string =>
    `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}}, spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}}`;
  const long = 'a'.repeat(200);
  const files = filesOf(importText(`${np(`${long}b`)}\n---\n${np(`${long}c`)}`));
  const names = parseDocuments(files).documents.flatMap((document) =>
    document.kind === 'Ruleset' || document.kind === 'IpList' ? [document.name] : [],
  );
  const cut = names.filter((name) => name.includes('~'));
  assert.equal(new Set(cut).size, 6);
  for (const name of cut) assert.match(name, /^prod:np:default:a+~[0-9a-f]{10}(:ingress-0:0)?$/);
});

test('KS7 rules to many Services share one ip list', () => {
  const pod =
    '{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a}}, status: {podIP: 10.0.0.1}}';
  const many = (count: number): readonly string[] =>
    Array.from(
      { length: count },
      (_, index) =>
        `{apiVersion: v1, kind: Service, metadata: {name: s${index}, namespace: shop}, spec: {clusterIP: 10.96.0.${index}, selector: {app: a}, ports: [{port: 80, targetPort: 8080}]}}`,
    );
  const np = (name: string, ports: string): string =>
    `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop}, spec: {policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ${ports}}]}}`;
  const imported = (count: number): ReturnType<typeof importText> =>
    importText(
      [pod, ...many(count), np('p', 'ports: [{port: 8080}]'), np('q', ''), np('r', 'ports: [{port: 8080}]')].join(
        '\n---\n',
      ),
    );
  for (const [count, lists] of [
    [50, 0],
    [51, 1],
  ] as const) {
    const { counts, ...rest } = imported(count);
    assert.equal(counts.written.IpList ?? 0, lists);
    const ask = askAbout(filesOf({ ...rest, counts }));
    assert.equal(ask('shop/a -> 10.96.0.7 tcp/80'), 'allow');
    assert.equal(ask('shop/a -> 10.96.0.200 tcp/80'), 'deny');
  }
});

const badOptions = [
  [{ cluster: '' }, 'bad-cluster'],
  [{ cluster: 'a b' }, 'bad-cluster'],
  [{ network: '' }, 'bad-network'],
  [{ namespace: 'A' }, 'bad-namespace'],
  [{ namePrefix: '' }, 'bad-prefix'],
  [{ namePrefix: 'a/b' }, 'bad-prefix'],
] as const;
for (const [options, code] of badOptions)
  test(`KI3 options are checked: ${JSON.stringify(options)}`, () => {
    const { problems, estate } = importText(sample, options);
    assert.deepEqual([problems.map((problem) => problem.code), estate], [[code], null]);
  });
