import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { decided, questionText, sound, worldOfTexts } from '@bulkhead/testkit/kubernetes/decided.ts';
import { evaluate, type Question } from '@bulkhead/testkit/kubernetes/evaluator.ts';
import type { Cluster } from '@bulkhead/testkit/kubernetes/objects.ts';
import { clusterText, randomCluster } from '@bulkhead/testkit/kubernetes/random-cluster.ts';
import { everySide, randomDomainQuestions, randomQuestions } from '@bulkhead/testkit/kubernetes/random-questions.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { importKubernetes } from './import.ts';

const clusters = Number(process.env.PROPERTY_RUNS ?? 150);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const portsEach = 3;

test(`what is imported decides as the specification on ${clusters} clusters, from seed ${firstSeed}`, (t) => {
  const seen = { questions: 0, denied: 0 };
  for (let seed = firstSeed; seed < firstSeed + clusters; seed++) {
    const { questions, denied } = compareOn(seed);
    seen.questions += questions;
    seen.denied += denied;
  }
  t.diagnostic(`${seen.questions} questions, ${seen.denied} denied`);
  const share = seen.denied / seen.questions;
  assert.ok(share > 0.15 && share < 0.85, `a share of ${share} is denied`);
});

/** Every end is compared, so that two mistakes cannot make up for each other. */
function compareOn(seed: number): { questions: number; denied: number } {
  const random = seededRandom(seed);
  const cluster = randomCluster(random);
  const text = clusterText(random, cluster);
  const questions = [...randomQuestions(random, cluster, portsEach), ...randomDomainQuestions(random, cluster)];
  const network = seed % 2 === 0 ? 'main' : 'pods';
  const world = importedWorld({ file: `seed-${seed}.yaml`, text }, network);
  const denied = questions.filter((question) => {
    const expected = evaluate(cluster, question);
    const where = `seed ${seed}: ${questionText(question)}`;
    assert.deepEqual(decided(world, question, network), expected, where);
    return expected.both === 'deny';
  });
  return { questions: questions.length, denied: denied.length };
}

function importedWorld(file: InputFile, network: string): ReturnType<typeof worldOfTexts> {
  return worldOfTexts(imported(file, 'test', network));
}

function imported(file: InputFile, cluster: string, network: string): ReturnType<typeof importKubernetes> {
  const result = importKubernetes([file], { cluster, network, ownNode: 'active', skip: [] });
  sound(result.problems);
  return result;
}

const pairs = Math.ceil(clusters / 5);

test(`to one cluster the pods of another are addresses, on ${pairs} pairs of clusters, from seed ${firstSeed}`, () => {
  for (let seed = firstSeed; seed < firstSeed + pairs; seed++) {
    const random = seededRandom(seed);
    const cluster = randomCluster(random);
    const other = elsewhere(randomCluster(random));
    const one = imported({ file: 'one.yaml', text: clusterText(random, cluster) }, 'one', 'main');
    const two = imported({ file: 'two.yaml', text: clusterText(random, other) }, 'two', 'main');
    const world = worldOfTexts({ estate: `${one.estate}---\n${two.estate}`, policy: one.policy });
    for (const { ask, direction } of questionsBetween(random, cluster, other)) {
      const where = `seed ${seed}: ${questionText(ask)}`;
      assert.equal(decided(world, ask)[direction], evaluate(cluster, strangers(ask, direction))[direction], where);
    }
  }
});

/** The same kind of cluster with other names and addresses, and with labels and namespaces that are the same. */
function elsewhere(cluster: Cluster): Cluster {
  const without = cluster.filter(({ kind }) => kind === 'Pod' || kind === 'Node' || kind === 'Namespace');
  const text = JSON.stringify(without)
    .replaceAll(/"(name|nodeName)":"(pod|node|finished)/g, '"$1":"other-$2')
    .replaceAll('"10.', '"11.')
    .replaceAll('"203.0.', '"204.0.')
    .replaceAll('"fd00:', '"fd01:');
  return JSON.parse(text) as Cluster;
}

type Between = { readonly ask: Question; readonly direction: 'source' | 'destination' };

/** From and to every pod of the one cluster, as the end that is judged. */
function questionsBetween(random: Random, cluster: Cluster, other: Cluster): readonly Between[] {
  const pods = everySide(cluster).filter(({ pod, address }) => pod !== null && address !== null);
  const peers = everySide(other).filter(({ address }) => address !== null);
  return pods.flatMap((pod) =>
    peers
      .filter(({ address }) => address?.includes(':') === pod.address?.includes(':'))
      .flatMap((peer): readonly Between[] => {
        const asked = {
          protocol: random.pick(['TCP', 'UDP', 'SCTP'] as const),
          port: random.pick([80, 8080, 53, 2905]),
        };
        return [
          { ask: { from: pod, to: peer, ...asked }, direction: 'source' },
          { ask: { from: peer, to: pod, ...asked }, direction: 'destination' },
        ];
      }),
  );
}

/** The question as the cluster of the judged end knows it. */
function strangers(question: Question, judged: 'source' | 'destination'): Question {
  const peer = judged === 'source' ? 'to' : 'from';
  return { ...question, [peer]: { pod: null, node: null, address: question[peer].address } };
}
