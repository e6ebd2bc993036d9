import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decided, questionText, sound, type World, worldOfAll } from '@bulkhead/testkit/kubernetes/decided.ts';
import { evaluate, type Question } from '@bulkhead/testkit/kubernetes/evaluator.ts';
import { type Cluster, ofKind } from '@bulkhead/testkit/kubernetes/objects.ts';
import { clusterText, randomCluster } from '@bulkhead/testkit/kubernetes/random-cluster.ts';
import { everySide, randomQuestions } from '@bulkhead/testkit/kubernetes/random-questions.ts';
import { podName } from '@bulkhead/testkit/kubernetes/sides.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { type Imported, importKubernetes } from './import.ts';

const pairs = Math.ceil(Number(process.env.PROPERTY_RUNS ?? 150) / 5);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`KC1 KC2 KW13 of ${pairs} pairs of clusters in one estate each decides as if alone, from seed ${firstSeed}`, (t) => {
  const seen = { questions: 0, between: 0, 'equal names': 0, 'equal tiers': 0, 'other tiers': 0 };
  for (let seed = firstSeed; seed < firstSeed + pairs; seed++) {
    const random = seededRandom(seed);
    const [first, second] = [randomCluster(random), randomCluster(random)];
    const one = memberOf(random, 'one', first);
    const two = memberOf(random, 'two', elsewhere(seed % 2 === 0 ? second : alike(first, second)));
    const both = worldOfAll([one.imported, two.imported]);
    for (const [near, far] of [
      [one, two],
      [two, one],
    ] as const) {
      seen.questions += asAlone({ random, both, near, where: `seed ${seed}, ${near.name}` });
      seen.between += asStrangers({ random, both, near, far: far.cluster, where: `seed ${seed}, ${near.name}` });
    }
    const names = new Set(ofKind(one.cluster, 'Pod').map(podName));
    if (ofKind(two.cluster, 'Pod').some((pod) => names.has(podName(pod)))) seen['equal names']++;
    seen[tiersOf(one.imported) === tiersOf(two.imported) ? 'equal tiers' : 'other tiers']++;
  }
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen['equal names'] >= pairs / 2 - 1 && seen['other tiers'] > pairs / 2, JSON.stringify(seen));
});

type Member = { readonly name: string; readonly cluster: Cluster; readonly imported: Imported };

function memberOf(random: Random, name: 'one' | 'two', cluster: Cluster): Member {
  const files = [{ file: 'cluster.yaml', text: clusterText(random, cluster) }];
  const options = { cluster: name, network: 'main', ownNode: 'active', skip: [], namePrefix: name } as const;
  const imported = importKubernetes(files, options);
  sound(imported.problems);
  return { name, cluster, imported };
}

/** Everything is named as in the first, and the policies are those of the second. */
function alike(first: Cluster, second: Cluster): Cluster {
  const isPolicy = ({ kind }: Cluster[number]): boolean => kind.endsWith('NetworkPolicy');
  return [...first.filter((object) => !isPolicy(object)), ...second.filter(isPolicy)];
}

/** The same with other addresses. */
function elsewhere(cluster: Cluster): Cluster {
  const text = JSON.stringify(cluster)
    .replaceAll('"10.', '"11.')
    .replaceAll('"203.0.', '"204.0.')
    .replaceAll('"fd00:', '"fd01:');
  return JSON.parse(text) as Cluster;
}

const tiersOf = ({ policy }: Imported): string => policy?.split('---\n')[0] ?? '';

type Asking = { readonly random: Random; readonly both: World; readonly near: Member; readonly where: string };

function asAlone({ random, both, near, where }: Asking): number {
  const alone = { ...worldOfAll([near.imported]), prefix: near.name };
  const questions = randomQuestions(random, near.cluster, 1);
  for (const question of questions) {
    const answer = decided({ ...both, prefix: near.name }, question);
    const text = `${where}: ${questionText(question)}`;
    assert.deepEqual(answer, decided(alone, question), text);
    assert.deepEqual(answer, evaluate(near.cluster, question), text);
  }
  return questions.length;
}

function asStrangers({ random, both, near, far, where }: Asking & { readonly far: Cluster }): number {
  const questions = questionsBetween(random, near.cluster, far);
  for (const { ask, direction } of questions) {
    const answer = decided({ ...both, prefix: near.name }, ask)[direction];
    assert.equal(answer, evaluate(near.cluster, ask)[direction], `${where}: ${questionText(ask)}`);
  }
  return questions.length;
}

type Between = { readonly ask: Question; readonly direction: 'source' | 'destination' };

/** From and to every pod of the one cluster, as the end that is judged. Others are known to it by their addresses alone. */
function questionsBetween(random: Random, cluster: Cluster, other: Cluster): readonly Between[] {
  const pods = everySide(cluster).filter(({ pod, address }) => pod !== null && address !== null);
  const peers = everySide(other).flatMap(({ address }) => (address === null ? [] : [address]));
  return pods.flatMap((pod) =>
    peers
      .filter((address) => address.includes(':') === pod.address?.includes(':'))
      .flatMap((address): readonly Between[] => {
        const peer = { pod: null, node: null, address };
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
