import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConformanceCase, type Denier, parseCluster, readConformance } from './conformance.ts';
import { evaluate, type Verdict } from './evaluator.ts';
import { pairsOf } from './sides.ts';

const cases = readConformance();

for (const known of cases) {
  test(`${known.table}: ${known.sentence} (${known.where})`, () => {
    assert.deepEqual(disagreements(known), []);
  });
}

function disagreements({ manifests, verdicts }: ConformanceCase): string[] {
  const cluster = parseCluster(manifests);
  return verdicts.flatMap(({ line, from, to, protocol, port, denies }) =>
    pairsOf(cluster, from, to).flatMap((pair) => {
      const actual = denierOf(evaluate(cluster, { ...pair, protocol, port }));
      return actual === denies ? [] : [`${line}: denied by ${actual}, from ${pair.from.address} to ${pair.to.address}`];
    }),
  );
}

function denierOf({ source, destination, both }: Verdict): Denier {
  assert.equal(both, source === 'deny' || destination === 'deny' ? 'deny' : 'allow');
  if (source === 'deny') return destination === 'deny' ? 'both' : 'source';
  return destination === 'deny' ? 'destination' : 'nobody';
}

test('the tables are of the size that is promised, and not all one way', () => {
  const count = (table: string) => {
    const verdicts = cases.filter((known) => known.table.startsWith(table)).flatMap((known) => known.verdicts);
    const denied = verdicts.filter(({ denies }) => denies !== 'nobody').length;
    return { all: verdicts.length, denied, allowed: verdicts.length - denied };
  };
  const [namespaced, admin] = [count('networkpolicy'), count('admin')];
  assert.ok(namespaced.all >= 380, `only ${namespaced.all} verdicts about NetworkPolicy`);
  assert.ok(admin.all >= 160, `only ${admin.all} verdicts about the policies of administrators`);
  assert.ok(namespaced.denied > namespaced.allowed, 'what a NetworkPolicy does not allow outnumbers what it does');
  assert.ok(admin.denied > 0.4 * admin.all && admin.allowed > 0.4 * admin.all, 'administrators deny and allow alike');
});

test('no case says a sentence twice, and none asks a question twice', () => {
  const sentences = cases.map(({ sentence }) => sentence);
  assert.equal(new Set(sentences).size, sentences.length);
  for (const { sentence, verdicts } of cases) {
    const asked = verdicts.map(({ from, to, protocol, port }) => `${from} ${to} ${protocol} ${port}`);
    assert.equal(new Set(asked).size, asked.length, sentence);
  }
});

test('a pod reaches itself whatever policies say (docs, introduction)', () => {
  const denied = cases.find(({ sentence }) => sentence.startsWith('One policy with both types and no rules'));
  const cluster = parseCluster(denied?.manifests ?? '');
  for (const pair of pairsOf(cluster, 'shop/web', 'shop/web')) {
    const verdict = evaluate(cluster, { ...pair, protocol: 'TCP', port: 8080 });
    assert.deepEqual(verdict, { source: 'allow', destination: 'allow', both: 'allow' });
  }
  const [other] = pairsOf(cluster, 'shop/web', 'shop/api');
  assert.ok(other !== undefined);
  assert.equal(evaluate(cluster, { ...other, protocol: 'TCP', port: 8080 }).both, 'deny');
});

test('at an end without a pod no policy speaks (docs, introduction)', () => {
  const cluster = parseCluster(cases[0]?.manifests ?? '');
  const ends = (from: string, to: string) => {
    const [pair] = pairsOf(cluster, from, to);
    assert.ok(pair !== undefined);
    const { source, destination } = evaluate(cluster, { ...pair, protocol: 'TCP', port: 1 });
    return `${source} ${destination}`;
  };
  assert.equal(ends('203.0.113.9', '198.51.100.7'), 'none none');
  assert.equal(ends('node-a', 'ops/agent'), 'none none');
  assert.equal(ends('203.0.113.9', 'bare/one'), 'none allow');
  assert.equal(ends('bare/one', '203.0.113.9'), 'allow none');
});
