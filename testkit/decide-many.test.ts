import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { type Answer, coversDomain, decide } from '@bulkhead/policy/decide.ts';
import { ManyProbes } from '@bulkhead/policy/decide-many.ts';
import { legsOf } from '@bulkhead/policy/deciding/legs.ts';
import { isConditional } from '@bulkhead/policy/identity.ts';
import { type Probe, resolveProbe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { oracleEnd } from './oracle.ts';
import { type Random, seededRandom } from './random.ts';
import { probedAddresses, randomDocuments, randomNow } from './random-estate.ts';
import { frontendAddresses, randomDomains, randomProcesses, randomSemantics, randomUsers } from './random-semantics.ts';
import { worldOf } from './world.ts';

const estates = Number(process.env.PROPERTY_RUNS ?? 100);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const different = 150;
const asked = 400;

test(`many probes are answered as each of them alone, and as the oracle does, on ${estates} estates of the whole language, from seed ${firstSeed}`, () => {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (let seed = firstSeed; seed < firstSeed + estates; seed++) compareOn(seed, count);
  const shares = [...seen].map(([what, times]) => `${what} ${times}`).join(', ');
  for (const [what, share] of Object.entries(leastShares)) {
    assert.ok((seen.get(what) ?? 0) >= share * estates * asked, `"${what}" is too rare: ${shares}`);
  }
});

/** Of the probes. `said of another`: the answer is the object that another probe was given. */
const leastShares = {
  ...{ 'said of another': 0.3, mixed: 0.004, pairs: 0.02, problem: 0.1 },
  ...{ 'nobody asked': 0.2, 'a frontend': 0.003, 'several networks': 0.01, 'as the oracle': 0.1 },
};

function compareOn(seed: number, count: (what: string) => void): void {
  const random = seededRandom(seed);
  // Where no rule asks who the ends are, fewer things have to be looked at.
  const documents = seed % 3 === 0 ? randomDocuments(random) : randomSemantics(random);
  const world = worldOf(documents, randomNow);
  const probes = Array.from({ length: different }, () => randomProbe(random, documents));
  const wide = new ManyProbes(world, { texts: 10_000, questions: 2 ** 12 });
  const narrow = new ManyProbes(world, { texts: 40, questions: 8 });
  const given = new Map<unknown, Probe>();
  for (let number = 0; number < asked; number++) {
    const probe = random.pick(probes);
    const what = `seed ${seed}, ${JSON.stringify(probe)}`;
    const expected = decide(world.policy, world.estate, probe);
    const answers = [wide.answer(probe), narrow.answer(probe)] as const;
    const verdicts = [wide.verdicts(probe), narrow.verdicts(probe)];
    for (const answer of answers) assert.deepEqual(answer, expected, what);
    if (isProblem(expected)) {
      assert.deepEqual(verdicts, [expected, expected], what);
      count('problem');
      continue;
    }
    const both = { effective: expected.effective.verdict, intended: expected.intended.verdict };
    assert.deepEqual(verdicts, [both, both], what);
    if ((given.get(answers[0]) ?? probe) !== probe) count('said of another');
    given.set(answers[0], probe);
    if (!isConditional(world.policy)) count('nobody asked');
    if (expected.intended.verdict === 'mixed') count('mixed');
    if (expected.intended.pairs.length > 0) count('pairs');
    if (number % 4 === 0) compareWithOracle({ documents, world, probe, answer: expected, what, count });
  }
}

type Compared = {
  readonly documents: readonly Document[];
  readonly world: World;
  readonly probe: Probe;
  readonly answer: Answer;
  readonly what: string;
  readonly count: (what: string) => void;
};

/** Legs behind frontends are left to the tests of virtual services. */
function compareWithOracle({ documents, world, probe, answer, what, count }: Compared): void {
  const { policy, estate } = world;
  const connections = resolveProbe(estate, probe, coversDomain(policy));
  if (isProblem(connections)) return;
  if (connections.some(({ source, destination }) => several(source) || several(destination))) count('several networks');
  const legs = connections.flatMap((connection) => legsOf(policy, estate, connection));
  if (legs.some(({ via }) => via !== null)) {
    count('a frontend');
    return;
  }
  const pairs = legs.map(({ outbound: { source: from, destination: to, service, who } }) => {
    const end = (direction: 'outbound' | 'inbound') =>
      oracleEnd(documents, randomNow, { from, to, service, direction, who: who ?? {} });
    return { outbound: end('outbound'), inbound: end('inbound') };
  });
  for (const view of ['effective', 'intended'] as const) {
    const ends = pairs.map(({ outbound, inbound }) => ({ outbound: outbound[view], inbound: inbound[view] }));
    const verdicts = new Set(ends.map(({ outbound, inbound }) => verdictOf(outbound.verdict, inbound.verdict)));
    assert.equal(answer[view].verdict, verdicts.size > 1 ? 'mixed' : [...verdicts][0], what);
    const { outbound, inbound } = answer[view];
    if (verdicts.size === 1) assert.deepEqual({ outbound, inbound }, ends[0], what);
  }
  count('as the oracle');
}

/** SPEC E6. */
const verdictOf = (...ends: readonly string[]): 'allow' | 'deny' => (ends.includes('deny') ? 'deny' : 'allow');

const several = ({ workload }: { readonly workload: { readonly networks: readonly string[] } | null }): boolean =>
  workload !== null && workload.networks.length > 1;

function randomProbe(random: Random, documents: readonly Document[]): Probe {
  const workloads = documents.filter((document) => document.kind === 'Workload');
  const end = (): string => {
    const { name, addresses } = random.pick(workloads);
    const own = addresses.length === 0 ? null : random.pick(addresses).address;
    const kind = random.below(10);
    if (kind === 0) return random.pick(['nobody', `${name}@10.200.0.1`, `${name}@`]);
    if (kind < 3) return random.pick(probedAddresses);
    if (own === null || kind < 7) return name;
    return kind < 9 ? own : `${name}@${own}`;
  };
  const to = random.below(10);
  const service = random.pick([
    'tcp/443',
    'tcp/80',
    'tcp/8000',
    'tcp/5432',
    'udp/53',
    'icmp/8',
    'proto/47',
    'tcp/9999',
  ]);
  const named = (probability: number) => random.chance(probability);
  return {
    from: end(),
    to: to === 0 ? random.pick(randomDomains) : to < 3 ? random.pick(frontendAddresses) : end(),
    service: named(0.02) ? 'tcp' : service,
    ...(named(0.2) && { network: random.pick(['main', 'site-b']) }),
    ...(named(0.2) && { fromProcess: random.pick([...randomProcesses, '/bin/sh']) }),
    ...(named(0.2) && { toProcess: random.pick([...randomProcesses, '/bin/sh']) }),
    ...(named(0.2) && { user: random.pick([...randomUsers, 'eve']) }),
  };
}
