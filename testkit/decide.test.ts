import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideEnd } from '@bulkhead/policy/decide.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import type { Endpoint } from '@bulkhead/policy/probe.ts';
import { oracleEnd } from './oracle.ts';
import { seededRandom } from './random.ts';
import { featuresOf, randomDocuments, randomNow } from './random-estate.ts';
import { type RandomSide, randomService, randomSide } from './random-probes.ts';

const estates = Number(process.env.PROPERTY_RUNS ?? 150);
const probes = 200;
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`decide gives what the oracle gives on ${estates} estates x ${probes} probes, from seed ${firstSeed}`, () => {
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
    assert.ok((seen.get(what) ?? 0) >= share * estates * probes * 2, `"${what}" is too rare: ${shares}`);
  }
});

/** Of the estates. */
const leastShares = {
  ...{ 'several addresses': 0.5, 'no address': 0.15, unmanaged: 0.5, guest: 0.4, ipv6: 0.5, 'two networks': 0.2 },
  ...{
    'duplicate address': 0.2,
    groups: 0.3,
    'tiers in two documents': 0.12,
    'both tiers of a group': 0.25,
    'a group before application': 0.15,
    'a group after application': 0.15,
    'the second of a group first': 0.15,
    lifeline: 0.3,
    'mode of one direction': 0.2,
    each: 0.4,
    scopes: 0.4,
  },
  ...{ 'name of a port': 0.4, 'one name of a port of two protocols': 0.2 },
  ...{ pass: 0.4, except: 0.4, at: 0.4, staged: 0.4, expired: 0.2, 'scope none': 0.4, 'address ends': 0.5 },
};

/** Of the answers of one end. */
const leastAnswers = {
  ...{ 'intended allow': 0.1, 'intended deny': 0.25, 'intended none': 0.1 },
  ...{ 'effective allow': 0.25, 'effective deny': 0.1, 'denied by a rule': 0.04, 'let pass by a mode': 0.1 },
};

function compareOn(seed: number, count: (what: string) => void): Set<string> {
  const random = seededRandom(seed);
  const documents = randomDocuments(random);
  const { estate } = buildEstate(documents);
  const { policy, problems } = buildPolicy(documents, estate, randomNow);
  assert.ok(policy !== null, `seed ${seed}: ${JSON.stringify(problems)}`);
  const endpoint = (side: RandomSide): Endpoint => {
    return { ...side, workload: side.workload === null ? null : (estate.byName.get(side.workload.name) ?? null) };
  };
  for (let probe = 0; probe < probes; probe++) {
    const [from, to, service] = [randomSide(random, documents), randomSide(random, documents), randomService(random)];
    for (const direction of ['outbound', 'inbound'] as const) {
      const expected = oracleEnd(documents, randomNow, { from, to, service, direction });
      const question = { source: endpoint(from), destination: endpoint(to), service, direction };
      const actual = decideEnd(policy, estate, question);
      assert.deepEqual(actual, expected, `seed ${seed}, probe ${probe}, ${direction}`);
      count(`intended ${actual.intended.verdict}`);
      count(`effective ${actual.effective.verdict}`);
      if (actual.intended.verdict === 'deny' && actual.intended.rule !== null) count('denied by a rule');
      if (actual.effective.verdict === 'allow' && actual.effective.rule === null) count('let pass by a mode');
    }
  }
  return featuresOf(documents);
}
