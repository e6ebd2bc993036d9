import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { fileCharacterLimit } from '@bulkhead/model/read/limits.ts';
import { importKubernetes } from './import.ts';
import { assertGolden, someCluster, testdata } from './testkit.ts';

/** `==== name` and the file, over and over; what stands before the first one is for people. */
function inputsOf(text: string): readonly InputFile[] {
  const [, ...parts] = text.split(/^==== /m);
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return { file: part.slice(0, end), text: part.slice(end + 1) };
  });
}

const inputs = inputsOf(readFileSync(join(testdata, 'bad-inputs.txt'), 'utf8'));

/** `Cannot <do what> "<value>": <what is so>, <what is needed>`. */
const houseForm = /^Cannot [a-z][^\n]*: [^\n]+, [^\n]+$/;

const refusals = inputs.map((input) => {
  const { problems, estate, policy } = importKubernetes([input], someCluster);
  return { input, problems, estate, policy };
});

test('KI3 KI5 KI6 KI8 KI10 every bad input is refused, at its place and with its reason', () => {
  assert.ok(inputs.length >= 50, `${inputs.length} inputs`);
  assertGolden(
    'bad-inputs.golden.txt',
    refusals.map(({ problems }) => `${problems.map(formatProblem).join('\n')}\n`).join('\n'),
  );
});

for (const { input, problems, estate, policy } of refusals)
  test(`${input.file} is refused in the form that messages have`, () => {
    assert.deepEqual([estate, policy], [null, null]);
    assert.ok(problems.some(({ severity }) => severity === 'error'));
    for (const { message, place } of problems) {
      assert.match(message, houseForm);
      assert.equal(place?.file, input.file);
      const line = input.text.split('\n')[place.line - 1];
      assert.ok(
        line !== undefined && place.column >= 1 && place.column <= line.length + 1,
        `${place.line}:${place.column}`,
      );
    }
  });

test('KI3 a file that is too large is refused unread', () => {
  const text = ' '.repeat(fileCharacterLimit + 1);
  const { problems } = importKubernetes([{ file: 'large.yaml', text }], someCluster);
  assert.deepEqual(
    problems.map(({ code, place }) => [code, place]),
    [['file-too-large', { file: 'large.yaml', line: 1, column: 1 }]],
  );
});

test('KI3 all problems are told, in the order of their places', () => {
  const [first, second] = ['port-zero.yaml', 'peer-empty.yaml'].map(
    (name) => inputs.find(({ file }) => file === name)?.text,
  );
  const { problems } = importKubernetes(
    [
      { file: 'b', text: `${first}---\n${second?.replace('name: p', 'name: q')}` },
      { file: 'a', text: '7' },
    ],
    someCluster,
  );
  assert.deepEqual(
    problems.map(({ code, place }) => `${place?.file}:${place?.line} ${code}`),
    ['a:1 not-an-object', 'b:1 bad-number', 'b:3 empty-peer'],
  );
});

test('KI3 more rules of administrators than there may be tiers are refused', () => {
  const rule = '{action: Deny, from: [{namespaces: {}}]}';
  const rules = Array.from({ length: 100 }, () => rule).join(', ');
  const policy = (priority: number): string =>
    `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: a${priority}}, spec: {priority: ${priority}, subject: {namespaces: {}}, ingress: [${rules}]}}`;
  const policies = (count: number): InputFile => ({
    file: 'many.yaml',
    text: Array.from({ length: count }, (_, priority) => policy(priority)).join('\n---\n'),
  });
  const { problems, policy: text } = importKubernetes([policies(21)], someCluster);
  assert.deepEqual([problems.map(({ code }) => code), text], [['too-many-tiers'], null]);
  assert.deepEqual(importKubernetes([policies(19)], someCluster).problems, []);
});

test('KI4 a kind that decides nothing may be deeper than documents of people', () => {
  const levels = 100;
  const schema = `${'{"properties": '.repeat(levels)}{}${'}'.repeat(levels)}`;
  const definition = `"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a"}`;
  const pod = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a"}]}}';
  const object = `{${definition}, "spec": ${schema}}`;
  const texts = [
    `{"apiVersion": "v1", "kind": "List", "items": [${object}, ${pod}]}`,
    `--- \n${object}\n---\n${pod}\n`,
  ];
  for (const text of texts) {
    const { problems, estate } = importKubernetes([{ file: 'f', text }], someCluster);
    assert.deepEqual(
      problems.filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.match(estate ?? '', /name: default\/a/);
  }
});

test('KI8 what YAML 1.1 takes for something else is a text in quotes and in JSON', () => {
  const labels = { on: 'yes', '12_000': '0b11' };
  const json = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'no', labels } });
  const yaml = `{apiVersion: v1, kind: Pod, metadata: {name: "no", labels: {'on': "yes", !!str 12_000: !!str 0b11}}}`;
  const read = [json, yaml].map((text) => importKubernetes([{ file: 'f', text }], someCluster));
  for (const { problems, estate } of read) {
    assert.deepEqual(
      problems.filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.equal(estate, read[0]?.estate);
  }
});
