import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { exportKubernetes } from '@bulkhead/exporters/kubernetes/export.ts';
import { importKubernetes } from '@bulkhead/importers/kubernetes/import.ts';
import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { type InputFile, parseDocuments } from '@bulkhead/model/parse.ts';
import { serviceProtocol, serviceValue } from '@bulkhead/net/service-space.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { parseCluster } from '@bulkhead/testkit/kubernetes/conformance.ts';
import { decided, questionText, sound } from '@bulkhead/testkit/kubernetes/decided.ts';
import { evaluate, type Question } from '@bulkhead/testkit/kubernetes/evaluator.ts';
import type { Cluster, Namespace, Node, Pod, Protocol } from '@bulkhead/testkit/kubernetes/objects.ts';
import { clusterText, randomCluster } from '@bulkhead/testkit/kubernetes/random-cluster.ts';
import { policyNow, randomPolicy } from '@bulkhead/testkit/kubernetes/random-policy.ts';
import { randomDomainQuestions, randomQuestions } from '@bulkhead/testkit/kubernetes/random-questions.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { proveExport } from './export-proof.ts';

/** Whoever reads the manifests: an evaluator of the specification that shares no code with importer and exporter. */
const runs = Number(process.env.PROPERTY_RUNS ?? 50);
/** Of which some make no difference. */
const changesTried = Number(process.env.CHANGES ?? 40);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const asked = { cluster: 'prod', now: policyNow, acceptOwnNode: false };

test(`EX1: by the specification manifests decide as the policy does, on ${runs} policies from seed ${firstSeed}`, () => {
  let [judged, denied, questions] = [0, 0, 0];
  for (let seed = firstSeed; judged < runs; seed++) {
    const random = seededRandom(seed);
    const documents = randomPolicy(random).filter(
      (document) => document.kind !== 'Ruleset' || document.state !== 'staged',
    );
    const { manifests } = exportKubernetes(documents, asked);
    if (manifests === null) continue;
    judged++;
    const pods = clusterOf(documents);
    const cluster = [...pods, ...manifests.flatMap(({ yaml }) => parseCluster(yaml))];
    const world = worldOf(documents);
    for (const question of [...randomQuestions(random, pods, 2), ...randomDomainQuestions(random, cluster)]) {
      const expected = decided(world, question);
      assert.deepEqual(evaluate(cluster, question), expected, `seed ${seed}: ${questionText(question)}`);
      questions++;
      if (expected.both === 'deny') denied++;
    }
  }
  assert.ok(denied > questions / 10 && denied < questions * 0.95, `${denied} of ${questions} are denied`);
});

test(`EX1: a cluster that was read is written as one that decides alike, on ${runs} clusters from seed ${firstSeed}`, () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const cluster = randomCluster(random);
    const files = [{ file: `seed-${seed}.yaml`, text: clusterText(random, cluster) }];
    const imported = importKubernetes(files, { cluster: 'prod', network: 'main', ownNode: 'active', skip: [] });
    sound(imported.problems);
    const { documents } = parseDocuments([
      { file: 'estate.yaml', text: imported.estate ?? '' },
      { file: 'policy.yaml', text: imported.policy ?? '' },
    ]);
    const { manifests, refusals } = exportKubernetes(documents, asked);
    assert.ok(manifests !== null, `seed ${seed}: ${refusals.map(({ message }) => message).join('\n')}`);
    const written = manifests.map(({ name, yaml }) => ({ file: name, text: yaml }));
    const proof = proveExport({ ...asked, documents, manifests: written });
    assert.equal(proof.kind, 'proved', `seed ${seed}: ${JSON.stringify(proof.kind === 'refuted' && proof)}`);
    const again = [...cluster.filter(isNoPolicy), ...manifests.flatMap(({ yaml }) => parseCluster(yaml))];
    for (const question of [...randomQuestions(random, cluster, 1), ...randomDomainQuestions(random, cluster)])
      assert.deepEqual(
        evaluate(again, question),
        evaluate(cluster, question),
        `seed ${seed}: ${questionText(question)}`,
      );
  }
});

/** A change of the manifests in one place. */
const changes: readonly (readonly [from: RegExp, to: string])[] = [
  [/port: 80\n/, 'port: 81\n'],
  [/role: web/, 'role: db'],
  [/ {4}- Ingress\n {4}- Egress\n/, '    - Ingress\n'],
  [/action: Deny/, 'action: Allow'],
  [/cidr: 10\.9\.0\.0\/16/, 'cidr: 10.8.0.0/15'],
];

test(`EX1: manifests that do not decide as the policy does are not proved, each change of them, from seed ${firstSeed}`, () => {
  let [changed, differ] = [0, 0];
  for (let seed = firstSeed; changed < changesTried; seed++) {
    const random = seededRandom(seed);
    const documents = randomPolicy(random);
    const written = exportKubernetes(documents, asked).manifests?.map(({ name, yaml }) => ({ file: name, text: yaml }));
    const pods = clusterOf(documents);
    const verdictsOf = (manifests: readonly InputFile[], questions: readonly Question[]) => {
      const cluster = [...pods, ...manifests.flatMap(({ text }) => parseCluster(text))];
      return questions.map((question) => evaluate(cluster, question));
    };
    for (const [from, to] of written === undefined ? [] : changes) {
      const manifests = (written ?? []).map(({ file, text }) => ({ file, text: text.replace(from, to) }));
      if (isDeepStrictEqual(manifests, written)) continue;
      changed++;
      // What another rule says as well makes no difference, and is proved.
      const questions = randomQuestions(random, pods, 8);
      const isSame = isDeepStrictEqual(verdictsOf(manifests, questions), verdictsOf(written ?? [], questions));
      if (isSame) continue;
      differ++;
      const { kind } = proveExport({ ...asked, documents, manifests });
      assert.equal(kind, 'refuted', `seed ${seed}: ${from} to ${to}`);
    }
  }
  assert.ok(differ > changed / 2, `${differ} of ${changed} changes make a difference`);
});

const isNoPolicy = ({ kind }: Cluster[number]): boolean => !kind.endsWith('NetworkPolicy');

function worldOf(documents: readonly Document[]) {
  const { estate } = buildEstate(documents);
  const { policy, problems } = buildPolicy(documents, estate, policyNow);
  sound(problems);
  assert.ok(policy !== null);
  return { policy, estate };
}

const clusterKey = 'kubernetes:cluster';
const namespaceKey = 'namespace:kubernetes.io/metadata.name';

/** The pods of the cluster and their namespaces as objects. */
function clusterOf(documents: readonly Document[]): Cluster {
  const workloads = documents.flatMap((document) => (document.kind === 'Workload' ? [document] : []));
  const pods = workloads.filter(({ labels }) => labels[clusterKey] === 'prod' && Object.hasOwn(labels, namespaceKey));
  const spaces = new Map(pods.map((pod) => [pod.labels[namespaceKey] ?? '', namespaceOf(pod)]));
  const nodes = workloads.filter(({ labels }) => labels[clusterKey] === 'prod' && !Object.hasOwn(labels, namespaceKey));
  return [...spaces.values(), ...nodes.map(nodeOf), ...pods.map(podOf)];
}

function nodeOf({ name, addresses }: WorkloadDocument): Node {
  const status = { addresses: addresses.map(({ address }) => ({ type: 'InternalIP', address })) };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { zone: name } }, status };
}

function namespaceOf({ labels }: WorkloadDocument): Namespace {
  const own = Object.entries(labels).filter(([key]) => key.startsWith('namespace:'));
  const name = labels[namespaceKey] ?? '';
  const said = Object.fromEntries(own.map(([key, value]) => [key.slice('namespace:'.length), value]));
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: said } };
}

const protocolNames = new Map<number, Protocol>([
  [6, 'TCP'],
  [17, 'UDP'],
  [132, 'SCTP'],
]);

function podOf({ name, labels, addresses, ports }: WorkloadDocument): Pod {
  const [namespace = '', own = ''] = name.split('/');
  const node = labels['kubernetes:node'];
  const plain = Object.fromEntries(Object.entries(labels).filter(([key]) => !key.includes(':')));
  const named = Object.entries(ports).flatMap(([port, ranges]) =>
    ranges.map(({ first }) => {
      const protocol = protocolNames.get(serviceProtocol(first)) ?? assert.fail(port);
      return { name: port, containerPort: serviceValue(first), protocol };
    }),
  );
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: own, namespace, labels: plain } },
    spec: { ...(node !== undefined && { nodeName: node }), containers: [{ name: 'main', ports: named }] },
    status: { podIPs: addresses.map(({ address }) => ({ ip: address })) },
  };
}
