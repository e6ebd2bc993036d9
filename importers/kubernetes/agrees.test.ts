import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { decided, questionText, sound, worldOfTexts } from '@bulkhead/testkit/kubernetes/decided.ts';
import { evaluate } from '@bulkhead/testkit/kubernetes/evaluator.ts';
import { clusterText, randomCluster } from '@bulkhead/testkit/kubernetes/random-cluster.ts';
import { randomDomainQuestions, randomQuestions } from '@bulkhead/testkit/kubernetes/random-questions.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
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
  const result = importKubernetes([file], { cluster: 'test', network, ownNode: 'active', skip: [] });
  sound(result.problems);
  return worldOfTexts(result);
}
