import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConformanceCase, parseCluster, readConformance } from '@bulkhead/testkit/kubernetes/conformance.ts';
import { decided, questionText, sound, worldOfTexts } from '@bulkhead/testkit/kubernetes/decided.ts';
import { pairsOf } from '@bulkhead/testkit/kubernetes/sides.ts';
import { importKubernetes } from './import.ts';

for (const known of readConformance()) {
  test(`${known.table}: ${known.sentence} (${known.where})`, () => {
    assert.deepEqual(disagreements(known), []);
  });
}

/** Every line is asked for every pair of addresses, and has to be denied by the end that the table says. */
function disagreements({ manifests, verdicts }: ConformanceCase): string[] {
  const files = [{ file: 'cluster.yaml', text: manifests }];
  const options = { cluster: 'test', network: 'main', ownNode: 'active', skip: [] } as const;
  const { estate, policy, problems } = importKubernetes(files, options);
  sound(problems);
  const world = worldOfTexts({ estate, policy });
  const cluster = parseCluster(manifests);
  return verdicts.flatMap(({ line, from, to, protocol, port, denies }) =>
    pairsOf(cluster, from, to).flatMap((pair) => {
      const question = { ...pair, protocol, port };
      const { source, destination } = decided(world, question);
      const expected = [denies === 'source' || denies === 'both', denies === 'destination' || denies === 'both'];
      const actual = [source === 'deny', destination === 'deny'];
      return actual.join() === expected.join()
        ? []
        : [`${line}: ${source}, ${destination} for ${questionText(question)}`];
    }),
  );
}
