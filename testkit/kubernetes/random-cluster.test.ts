import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../random.ts';
import { featuresOf } from './cluster-features.ts';
import { parseCluster } from './conformance.ts';
import { evaluate, type Question } from './evaluator.ts';
import type { Cluster, KubernetesObject } from './objects.ts';
import { clusterText, randomCluster } from './random-cluster.ts';
import { randomDomainQuestions, randomQuestions } from './random-questions.ts';
import type { Side } from './sides.ts';

const clusters = 200;
const seeds = Array.from({ length: clusters }, (_, index) => index + 1);

/** The least share of clusters in which something is said. */
const leastShares = {
  ...{
    'pod of two families': 0.3,
    'pod of IPv6 alone': 0.2,
    'pod with podIP alone': 0.3,
    'pod without an address': 0.2,
  },
  ...{ 'pod in the network of its host': 0.4, 'pod on a node that is not in the files': 0.05 },
  ...{ 'pod of a namespace that is not in the files': 0.05, 'pod without labels': 0.2, 'pod without a namespace': 0.3 },
  ...{ 'pod with several containers': 0.7, 'pod with a sidecar': 0.5, 'pod that has finished': 0.2 },
  ...{ 'policy without a spec': 0.03, 'policy without a namespace': 0.15, 'no podSelector': 0.05 },
  ...{ 'types by default': 0.3, 'types empty': 0.15, 'types null': 0.15, 'ingress alone': 0.15, 'egress alone': 0.15 },
  ...{ 'ingress rules of a policy for egress': 0.1, 'egress rules of a policy for ingress': 0.1 },
  ...{
    'rules empty': 0.2,
    'rules null': 0.2,
    'egress empty and types by default': 0.03,
    'rule that says nothing': 0.1,
  },
  ...{ 'peers empty': 0.05, 'peers null': 0.05, 'peers absent': 0.3, 'ports empty': 0.05, 'ports null': 0.05 },
  ...{ 'ports absent': 0.5, 'peer by pods': 0.4, 'peer by namespaces': 0.4, 'peer by both': 0.4 },
  ...{ 'block with exceptions': 0.4, 'block with no exceptions': 0.2, 'block of IPv6': 0.4 },
  ...{ 'port of a default protocol': 0.4, 'port of SCTP': 0.2, 'port of no number': 0.3, 'port by name': 0.3 },
  ...{ 'port by name and protocol': 0.15, 'range of ports': 0.3 },
  ...{ 'several priorities': 0.3, baseline: 0.3, 'priority 0': 0.1, 'priority 1000': 0.1, 'no ingress': 0.1 },
  ...{ 'subject by namespaces': 0.5, 'subject by pods': 0.4, 'baseline with several rules': 0.1 },
  ...{ 'action Allow': 0.5, 'action Deny': 0.5, 'action Pass': 0.4, 'rule without ports': 0.5 },
  ...{ 'admin peer by namespaces': 0.5, 'admin peer by pods': 0.5, 'admin peer by nodes': 0.3 },
  ...{ 'admin peer by networks': 0.3, 'admin peer by domain names': 0.08 },
  ...{ 'blocks of all addresses': 0.1, 'networks of all addresses': 0.1, 'baseline that denies nodes': 0.1 },
  ...{ 'admin port by number': 0.4, 'admin port by range': 0.4, 'admin port by name': 0.2 },
  ...{ 'selector empty': 0.5, 'selector by labels': 0.8, 'selector by both': 0.3, 'selector for an empty value': 0.3 },
  ...{ 'operator In': 0.4, 'operator NotIn': 0.6, 'operator Exists': 0.4, 'operator DoesNotExist': 0.4 },
};

/** The least share of answers of one end, and of answers that are others without a kind of policy. */
const leastAnswers = {
  ...{ 'source allow': 0.2, 'source deny': 0.15, 'source none': 0.1 },
  ...{ 'destination allow': 0.2, 'destination deny': 0.15, 'destination none': 0.1 },
  ...{ 'both allow': 0.35, 'both deny': 0.35 },
  ...{ 'other without NetworkPolicy': 0.15, 'other without AdminNetworkPolicy': 0.06 },
  ...{ 'other without BaselineAdminNetworkPolicy': 0.012, 'other without Node': 0.001, 'other on no node': 0.002 },
  ...{ 'other without Namespace': 0.012, 'other without a name': 0.0002 },
};

test(`${clusters} clusters say everything that can be said`, () => {
  const seen = new Map<string, number>();
  for (const seed of seeds) {
    for (const feature of featuresOf(randomCluster(seededRandom(seed))))
      seen.set(feature, (seen.get(feature) ?? 0) + 1);
  }
  const rare = Object.entries(leastShares).filter(([what, share]) => (seen.get(what) ?? 0) < share * clusters);
  assert.deepEqual(
    rare.map(([what, share]) => `${what}: ${seen.get(what) ?? 0}, not ${share * clusters}`),
    [],
  );
  const unknown = [...seen.keys()].filter((what) => !Object.hasOwn(leastShares, what));
  assert.deepEqual(unknown, [], 'a feature that no share is asked of');
});

test('about half of the questions are denied, and every kind of policy decides some', () => {
  const seen = new Map<string, number>();
  let asked = 0;
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const seed of seeds) {
    const random = seededRandom(seed);
    const cluster = randomCluster(random);
    const questions = questionsOf(random, cluster);
    asked += questions.length;
    for (const what of questions.flatMap((question) => answersTo(cluster, question))) count(what);
  }
  const rare = Object.entries(leastAnswers).filter(([what, share]) => (seen.get(what) ?? 0) < share * asked);
  assert.deepEqual(
    rare.map(([what, share]) => `${what}: ${seen.get(what) ?? 0} of ${asked}, not ${share}`),
    [],
  );
});

/** A part of them: all would take long. */
const questionsOf = (random: Random, cluster: Cluster): readonly Question[] =>
  [...randomQuestions(random, cluster, 1), ...randomDomainQuestions(random, cluster)].filter(() => random.chance(0.3));

function answersTo(cluster: Cluster, question: Question): string[] {
  const { source, destination, both } = evaluate(cluster, question);
  const kinds = ['NetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'Node', 'Namespace'] as const;
  const matter = kinds.filter((kind) => evaluate(without(cluster, kind), question).both !== both);
  const elsewhere = { ...question, from: withoutNode(question.from), to: withoutNode(question.to) };
  const own = evaluate(cluster, elsewhere).both !== both;
  const { domain, ...nameless } = question.to;
  const named = domain !== undefined && evaluate(cluster, { ...question, to: nameless }).both !== both;
  return [
    ...[`source ${source}`, `destination ${destination}`, `both ${both}`],
    ...matter.map((kind) => `other without ${kind}`),
    ...(own ? ['other on no node'] : []),
    ...(named ? ['other without a name'] : []),
  ];
}

/** Whom no node is the own node of. */
const withoutNode = (side: Side): Side =>
  side.pod === null ? side : { ...side, pod: { ...side.pod, spec: { ...side.pod.spec, nodeName: '' } } };

const without = (cluster: Cluster, kind: KubernetesObject['kind']): Cluster =>
  cluster.filter((object) => object.kind !== kind);

test('the text of a cluster is read as its objects', () => {
  for (const seed of seeds.slice(0, 60)) {
    const random = seededRandom(seed);
    const cluster = randomCluster(random);
    const read = parseCluster(clusterText(random, cluster)).flatMap((object) =>
      'items' in object ? (object.items as Cluster) : [object],
    );
    const texts = (objects: Cluster) => objects.map((object) => JSON.stringify(object)).sort();
    assert.deepEqual(texts(read), texts(cluster), `seed ${seed}`);
  }
});
