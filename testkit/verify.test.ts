import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, End, InvariantDocument, ServiceRef } from '@bulkhead/model/documents.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { coversDomain, decide, decideConnection, passes } from '@bulkhead/policy/decide.ts';
import { localLabels } from '@bulkhead/policy/estate.ts';
import { isConditional } from '@bulkhead/policy/identity.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import { addressSet, addressSetContains } from '@bulkhead/policy/language/address-set.ts';
import { type Connection, canMeet, type Endpoint, resolveProbe, type Who } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { verify } from '@bulkhead/policy/verify.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { except, invariant } from './documents.ts';
import { differentNames, everyPlace, namesRuleset } from './names.ts';
import { piecesOf } from './one-by-one.ts';
import { type Random, seededRandom } from './random.ts';
import { probedAddresses, randomDocuments, randomNow } from './random-estate.ts';
import { randomProcesses, randomSemantics, randomUsers } from './random-semantics.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 60);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const views = ['effective', 'intended'] as const;

test(`I1 I2 I3 I6: invariants hold where asking one by one finds nothing, ${runs} estates from seed ${firstSeed}`, () => {
  const told = { holds: 0, refuted: 0, empty: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const documents = documentsFor(random, seed);
    const world = worldOf(documents, randomNow);
    const invariants = Array.from({ length: 6 }, (_, index) => randomInvariant(random, index));
    const { policy: rules, problems } = readInvariants(documents, invariants, world.estate);
    assert.ok(rules !== null, problems.map(({ message }) => message).join());
    for (const view of views) {
      const verdicts = verify(world, { documents: invariants, rules }, view);
      for (const [index, { invariant: name, holds, counterexample }] of verdicts.entries()) {
        const where = `seed ${seed}, ${view}, ${name}: ${JSON.stringify(counterexample)}`;
        const asked = invariants[index] as InvariantDocument;
        assert.equal(name, asked.name);
        if (verdicts[index]?.empty !== undefined) told.empty++;
        assert.ok(holds || verdicts[index]?.empty === undefined, where);
        told[holds ? 'holds' : 'refuted']++;
        if (holds) assert.ok(!isBroken(world, documents, { asked, view }), where);
        else checkCounterexample(world, documents, { asked, view, counterexample, where });
      }
    }
  }
  assert.ok(Math.min(told.holds, told.refuted) > runs && told.empty > 0, JSON.stringify(told));
});

/** Every fifth estate has many rules to domain names, every fifth is of the whole language; nobody is logged on (I6). */
function documentsFor(random: Random, seed: number): Document[] {
  if (seed % 5 === 1) return [...randomDocuments(random), namesRuleset(random)];
  if (seed % 5 !== 0) return randomDocuments(random);
  return randomSemantics(random).filter(({ kind }) => kind !== 'Logon');
}

/** Everybody that a random estate may name, and nobody of them. */
const everyWho: readonly Who[] = [undefined, ...randomProcesses].flatMap((fromProcess) =>
  [undefined, ...randomProcesses].flatMap((toProcess) =>
    [undefined, ...randomUsers].map((user) => ({
      ...(fromProcess !== undefined && { fromProcess }),
      ...(toProcess !== undefined && { toProcess }),
      ...(user !== undefined && { user }),
    })),
  ),
);

function randomInvariant(random: Random, index: number): InvariantDocument {
  const end = () =>
    random.pick(['', 'any', 'role=web', 'env=prod', 'env!=prod', 'app=shop', '10.0.0.0/29', 'list:office']);
  const services = random.pick([null, null, ['tcp/80'], ['tcp/5000-6000', 'udp/53'], ['db']]);
  if (random.chance(0.15)) return invariant(`i${index}`, end(), 'any', services, [except(null, everyPlace, null)]);
  const part = () => (random.chance(0.5) ? end() : null);
  const hole = except(part(), part(), random.pick([null, ['tcp/80'], ['tcp/5432', 'tcp']]));
  return invariant(`i${index}`, end(), end(), services, random.chance(0.4) ? [hole] : []);
}

type Question = { readonly asked: InvariantDocument; readonly view: (typeof views)[number] };

/** Over all pairs of endpoints that can meet, a few addresses that nobody owns, and domain names that rules cover. */
function isBroken(world: World, documents: readonly Document[], question: Question): boolean {
  const claimed = new Set<string>([...world.estate.owners.values()].flatMap((owners) => [...owners.keys()]));
  const owned = [...world.estate.byName.keys(), ...probedAddresses.filter((address) => !claimed.has(address))];
  const names = differentNames([world]);
  const pieces = piecesOf([world]);
  const people = isConditional(world.policy) ? everyWho : [{}];
  return owned.some((from) =>
    [...owned, ...names].some((to) => {
      if (from === to) return false;
      const found = resolveProbe(world.estate, { from, to, service: 'tcp/1' }, coversDomain(world.policy));
      const connections = isProblem(found) ? [] : found;
      const usual = connections.filter(({ source, destination }) => isUsual(source, destination));
      return usual.some((connection) =>
        pieces.some(({ point }) =>
          people.some((who) =>
            breaks(world, documents, { ...question, connection: { ...connection, service: point, who } }),
          ),
        ),
      );
    }),
  );
}

/** Not both unowned, not one workload twice, and an unowned address only where it can be met. */
function isUsual(source: Endpoint, destination: Endpoint): boolean {
  if (source.workload !== null && destination.workload !== null) return source.workload !== destination.workload;
  return (source.workload ?? destination.workload) !== null && canMeet({ source, destination });
}

type Instance = Question & { readonly connection: Connection };

function breaks(world: World, documents: readonly Document[], { asked, view, connection }: Instance): boolean {
  if (!isForbidden(world, documents, { asked, view, connection })) return false;
  const { outbound, inbound } = decideConnection(world.policy, world.estate, connection);
  return passes(outbound[view], inbound[view]) === 'allow';
}

function isForbidden(world: World, documents: readonly Document[], { asked, connection }: Instance): boolean {
  const { source, destination, service } = connection;
  const matches = (ends: readonly End[] | null, endpoint: Endpoint) =>
    ends === null || ends.some((end) => endMatches(documents, end, { world, endpoint }));
  const serves = (refs: readonly ServiceRef[] | null) =>
    refs === null ||
    refs.some((ref) => rangesOf(documents, ref).some(({ first, last }) => first <= service && service <= last));
  const { never } = asked;
  if (never.services === null && isDiscovery(service)) return false;
  if (!matches(never.from, source) || !matches(never.to, destination) || !serves(never.services)) return false;
  return !asked.except.some(
    ({ from, to, services }) => matches(from, source) && matches(to, destination) && serves(services),
  );
}

/** SPEC L1: an invariant about all services is not about these. */
function isDiscovery(service: number): boolean {
  const [protocol, type] = [service >>> 16, (service >>> 8) & 255];
  return protocol === 58 && ((type >= 130 && type <= 137) || type === 143);
}

function rangesOf(documents: readonly Document[], ref: ServiceRef) {
  if (ref.kind === 'range') return [ref.range];
  const { name } = ref;
  return documents.flatMap((document) =>
    document.kind === 'Service' && document.name === name ? document.ranges : [],
  );
}

type Seen = { readonly world: World; readonly endpoint: Endpoint };

function endMatches(documents: readonly Document[], end: End, { world, endpoint }: Seen): boolean {
  const { workload, address } = endpoint;
  if (end.kind === 'any') return true;
  if (end.kind === 'prefix') return address !== null && addressSetContains(addressSet([end.prefix], []), address);
  if (end.kind === 'ipList') {
    const lists = documents.flatMap((document) =>
      document.kind === 'IpList' && document.name === end.name ? [document] : [],
    );
    return (
      address !== null &&
      lists.some(({ prefixes, except: without }) => addressSetContains(addressSet(prefixes, without), address))
    );
  }
  const labels = workload === null ? null : localLabels(world.estate, workload, address);
  return end.kind === 'selector' && labels !== null && requirementsMatch(end.selector.requirements, labels);
}

type Claim = Question & { readonly counterexample: Parameters<typeof decide>[2] | null; readonly where: string };

/** It is one connection, `decide` lets it pass, and the invariant forbids it. */
function checkCounterexample(world: World, documents: readonly Document[], claim: Claim): void {
  const { counterexample, where, view } = claim;
  assert.ok(counterexample !== null, where);
  const answer = decide(world.policy, world.estate, counterexample);
  assert.ok(!isProblem(answer) && answer[view].verdict !== 'deny', where);
  const connections = resolveProbe(world.estate, counterexample, coversDomain(world.policy));
  assert.ok(
    !isProblem(connections) && connections.some((connection) => breaks(world, documents, { ...claim, connection })),
    where,
  );
}
