import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { decideEnd } from '@bulkhead/policy/decide.ts';
import { plainPolicy } from '@bulkhead/policy/deciding/plain.ts';
import type { Endpoint, Who } from '@bulkhead/policy/probe.ts';
import { address, serviceRange } from './documents.ts';
import { oracleEnd } from './oracle.ts';
import { type Random, seededRandom } from './random.ts';
import { randomNow } from './random-estate.ts';
import { randomService, randomSide, unnamedSide } from './random-probes.ts';
import {
  frontendAddresses,
  languageFeatures,
  randomDomains,
  randomProcesses,
  randomSemantics,
  randomUsers,
} from './random-semantics.ts';
import { worldOf } from './world.ts';

const estates = Number(process.env.PROPERTY_RUNS ?? 250);
const probes = 1000;
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`R8 R9 S5 U1-U4 Y1-Y4 V1 V2: decide gives what the oracle gives on ${estates} estates of the whole language x ${probes} probes, from seed ${firstSeed}`, () => {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (let seed = firstSeed; seed < firstSeed + estates; seed++) {
    for (const feature of compareOn(seed, count)) count(feature);
  }
  const shares = [...seen].map(([what, times]) => `${what} ${times}`).join(', ');
  for (const [what, share] of Object.entries(leastShares)) {
    assert.ok((seen.get(what) ?? 0) >= share * estates, `"${what}" is too rare: ${shares}`);
  }
  for (const [what, share] of Object.entries(leastAnswers)) {
    assert.ok((seen.get(what) ?? 0) >= share * estates * probes, `"${what}" is too rare: ${shares}`);
  }
});

/** Of the estates. */
const leastShares = {
  ...{ 'source process': 0.5, 'destination process': 0.5, user: 0.25, 'user group': 0.25, 'identity excepted': 0.2 },
  'who, accepted wider': 0.15,
  ...{ 'deny who': 0.35, 'virtual service': 0.5, 'deny to a virtual service': 0.2, 'virtual service at one end': 0.1 },
  ...{ 'virtual service excepted': 0.05, domain: 0.25, 'label group': 0.3, 'groups in groups': 0.3, logon: 0.3 },
  'served by a process': 0.4,
  'name of a port': 0.3,
};

/** Of the answers of one end: so often it matters who the ends are, and that names and load balancers are met. */
const leastAnswers = {
  plain: 0.005,
  'who matters': 0.015,
  'allowed to a domain': 0.005,
  'allowed to a frontend': 0.002,
};

function compareOn(seed: number, count: (what: string) => void): Set<string> {
  const random = seededRandom(seed);
  const documents = randomSemantics(random);
  const { estate, policy } = worldOf(documents, randomNow);
  const endpoint = ({ workload, ...side }: Side): Endpoint => {
    return { ...side, workload: workload === null ? null : (estate.byName.get(workload.name) ?? null) };
  };
  for (let probe = 0; probe < probes; probe++) {
    const [from, to] = [randomSide(random, documents), randomDestination(random, documents)];
    const service = random.chance(0.7)
      ? randomService(random)
      : serviceRange(random.pick(['tcp/443', 'tcp/8000', 'tcp/5432'])).first;
    const who = randomWho(random);
    const direction: Direction = probe % 2 === 0 ? 'outbound' : 'inbound';
    const expected = oracleEnd(documents, randomNow, { from, to, service, direction, who });
    const question = { source: endpoint(from), destination: endpoint(to), service, direction };
    const actual = decideEnd(policy, estate, { ...question, who });
    assert.deepEqual(actual, expected, `seed ${seed}, probe ${probe}, ${direction}, ${JSON.stringify(who)}`);
    if (estate.logons.size === 0 && probe % 20 < 2) {
      const plain = plainPolicy(policy, who);
      assert.deepEqual(decideEnd(plain, estate, question), actual, `seed ${seed}, probe ${probe}, ${direction}, plain`);
      count('plain');
    }
    const nobody = decideEnd(policy, estate, question);
    if (JSON.stringify(nobody) !== JSON.stringify(actual)) count('who matters');
    const isAllowed = actual.intended.verdict === 'allow' && actual.intended.rule !== null && direction === 'outbound';
    if (isAllowed && to.domain !== undefined) count('allowed to a domain');
    if (isAllowed && frontendAddresses.includes(to.address ?? '')) count('allowed to a frontend');
  }
  return languageFeatures(documents);
}

type Side = ReturnType<typeof randomSide> & { readonly domain?: string };

function randomDestination(random: Random, documents: readonly Document[]): Side {
  if (random.chance(0.1)) return { network: 'main', address: null, workload: null, domain: random.pick(randomDomains) };
  if (random.chance(0.1)) return unnamedSide(documents, 'main', address(random.pick(frontendAddresses)));
  return randomSide(random, documents);
}

function randomWho(random: Random): Who {
  return {
    ...(random.chance(0.6) && { fromProcess: random.pick([...randomProcesses, '/bin/sh']) }),
    ...(random.chance(0.6) && { toProcess: random.pick([...randomProcesses, '/bin/sh']) }),
    ...(random.chance(0.6) && { user: random.pick([...randomUsers, 'eve']) }),
  };
}
