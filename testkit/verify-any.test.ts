import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, InvariantDocument, LabelKeyDocument } from '@bulkhead/model/documents.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { verify } from '@bulkhead/policy/verify.ts';
import { type AnyVerdict, possibleWorkload, verifyAnyEstate } from '@bulkhead/policy/verify-any.ts';
import { except, invariant, place, workload } from './documents.ts';
import { everyPlace, namesRuleset } from './names.ts';
import { type Random, seededRandom } from './random.ts';
import { randomDocuments, randomNow, withoutPortNames } from './random-estate.ts';
import { randomSemantics } from './random-semantics.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 60);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const views = ['effective', 'intended'] as const;
const declared: Readonly<Record<string, readonly string[]>> = {
  role: ['web', 'api', 'db'],
  env: ['prod', 'dev'],
  app: ['shop', 'crm'],
};

test(`I4 I5: what is proved for every estate holds where every label vector is there, ${runs} policies from seed ${firstSeed}`, () => {
  const told = { holds: 0, refuted: 0, onlyElsewhere: 0, bySomebody: 0, toNames: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const policy = [
      ...withoutPortNames(seed % 2 === 0 ? randomSemantics(random) : randomDocuments(random)),
      ...(seed % 3 === 0 ? [namesRuleset(random)] : []),
    ].filter(({ kind }) => kind !== 'Workload' && kind !== 'Mode');
    const keys = Object.entries(declared).map(([name, values]) => labelKey(name, values));
    const documents = [...policy, ...keys];
    const invariants = Array.from({ length: 4 }, (_, index) => randomInvariant(random, index));
    for (const view of views) {
      const { verdicts, problems } = verifyAnyEstate(documents, { invariants, view, now: randomNow });
      assert.deepEqual(problems, []);
      const full = verdictsWhereAllAre(documents, invariants, view);
      for (const [index, verdict] of verdicts.entries()) {
        const where = `seed ${seed}, ${view}, ${verdict.invariant}: ${JSON.stringify(verdict.counterexample)}`;
        told[verdict.holds ? 'holds' : 'refuted']++;
        const { from, to, service, ...who } = verdict.counterexample ?? { from: null, to: null, service: '' };
        told.toNames += Number(to?.domain !== undefined);
        told.bySomebody += Number(Object.keys(who).length > 0);
        if (verdict.holds) assert.ok(full[index]?.holds, where);
        else if (full[index]?.holds) told.onlyElsewhere++;
        checkCounterexample(documents, verdict, { invariant: invariants[index] as InvariantDocument, view, where });
      }
    }
  }
  assert.ok(Math.min(told.holds, told.refuted) > runs / 2, JSON.stringify(told));
  assert.ok(Math.min(told.bySomebody, told.toNames) > runs / 20, JSON.stringify(told));
  // Places in small prefixes and unowned addresses aside, both find the same.
  assert.ok(told.onlyElsewhere < told.refuted / 2, JSON.stringify(told));
});

const labelKey = (name: string, values: readonly string[]): LabelKeyDocument => ({
  kind: 'LabelKey',
  name,
  values,
  locked: false,
  place,
});

function randomInvariant(random: Random, index: number): InvariantDocument {
  const end = () =>
    random.pick(['', 'role=web', 'env=prod', 'env!=prod', 'app=shop', 'quarantined', 'any', '192.0.2.0/24']);
  const services = random.pick([null, ['tcp/80'], ['tcp/5000-6000']]);
  if (random.chance(0.15)) return invariant(`i${index}`, end(), 'any', services, [except(null, everyPlace, null)]);
  const hole = except(
    random.pick([null, ['role=web']]),
    random.pick([null, ['env=dev']]),
    random.pick([null, ['tcp/443']]),
  );
  return invariant(`i${index}`, end(), end(), services, random.chance(0.4) ? [hole] : []);
}

/** Labels as the builders take them, after a comma. */
const vectors = [...Object.entries(declared), ['quarantined', ['yes']] as const].reduce<string[]>(
  (lists, [key, values]) => lists.flatMap((labels) => [labels, ...values.map((value) => `${labels},${key}=${value}`)]),
  [''],
);
/** Somebody in every scope of `each`, which is what the proof takes for granted (SPEC I4). */
const witnesses = vectors.map((labels, index) => workload(`witness-${index}`, labels.slice(1)));

/** Workloads of every label vector, without address and with one in each large prefix of random estates. */
function verdictsWhereAllAre(
  documents: readonly Document[],
  invariants: readonly InvariantDocument[],
  view: (typeof views)[number],
) {
  const workloads = vectors.flatMap((labels, index) =>
    [
      [],
      [`10.0.1.${100 + index}`],
      [`192.0.2.${10 + index}`],
      [`fd00::${1000 + index}`],
      [`203.0.113.${index}`],
    ].flatMap((addresses, at) => workload(`w${index}-${at}`, labels.slice(1), addresses)),
  );
  const world = worldOf([...documents, ...workloads], randomNow);
  const { policy: rules } = readInvariants(documents, invariants, world.estate);
  assert.ok(rules !== null);
  return verify(world, { documents: invariants, rules }, view);
}

type Claim = { readonly invariant: InvariantDocument; readonly view: (typeof views)[number]; readonly where: string };

/** The estate of just its two ends: `decide` lets it pass, and there the invariant is refuted too. */
function checkCounterexample(
  documents: readonly Document[],
  { counterexample, holds }: AnyVerdict,
  claim: Claim,
): void {
  assert.equal(counterexample === null, holds, claim.where);
  if (counterexample === null) return;
  const { from, to, service, ...who } = counterexample;
  // With the witnesses it has members, where the proof thinks of an estate in which it leads nowhere (SPEC I4).
  const fronts = documents.flatMap((one) => (one.kind === 'VirtualService' ? one.frontends : []));
  if (fronts.some(({ address }) => address === to.address)) return;
  const ends = [
    ...(from.labels === null ? [] : [possibleWorkload('source', from)]),
    ...(to.labels === null ? [] : [possibleWorkload('destination', to)]),
  ];
  const world = worldOf([...documents, ...witnesses, ...ends], randomNow);
  const said = (end: typeof from, name: string) => (end.labels === null ? (end.address ?? end.domain ?? '') : name);
  const answer = decide(world.policy, world.estate, {
    from: said(from, 'source'),
    to: said(to, 'destination'),
    service,
    ...who,
  });
  assert.ok(!isProblem(answer), claim.where);
  assert.equal(answer[claim.view].verdict, 'allow', claim.where);
  const { policy: rules } = readInvariants(documents, [claim.invariant], world.estate);
  assert.ok(rules !== null);
  assert.equal(verify(world, { documents: [claim.invariant], rules }, claim.view)[0]?.holds, false, claim.where);
}
