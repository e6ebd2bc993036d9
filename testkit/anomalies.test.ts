import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Anomaly, findAnomalies } from '@bulkhead/policy/anomalies.ts';
import { coversDomain, matchingRules } from '@bulkhead/policy/decide.ts';
import { decidingRule } from '@bulkhead/policy/deciding/settle.ts';
import { canMeet, resolveProbe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { findPrunable, proveRemoval, withoutRules, writtenRules } from '@bulkhead/policy/removal.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { differentNames, namesRuleset } from './names.ts';
import { type Asked, cellsOneByOne, pairVerdictsOf } from './one-by-one.ts';
import { seededRandom } from './random.ts';
import { probedAddresses, randomDocuments, randomNow } from './random-estate.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 40);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`A1-A6: idle rules are those without which nothing changes, ${runs} estates from seed ${firstSeed}`, () => {
  const told = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const documents = [...randomDocuments(random), ...(seed % 2 === 0 ? [namesRuleset(random)] : [])];
    const world = worldOf(documents, randomNow);
    const anomalies = findAnomalies(world, documents);
    const judged = [...asked(world)].map((cell) => ({ cell, verdicts: pairVerdictsOf(world, cell) }));
    for (const { kind } of anomalies) told.set(kind, (told.get(kind) ?? 0) + 1);
    for (const id of writtenRules(world.policy)) {
      const changed = changedBy(world, judged, new Set([id]));
      const idle = anomalies.filter(({ rule, fix }) => rule === id && fix.action === 'remove' && !isDenied({ fix }));
      const where = `seed ${seed}, ${id}, ${idle.map(({ kind }) => kind)}`;
      // Addresses that nobody owns are asked about in a sample only: there the finding may know more.
      if (changed) assert.equal(idle.length, 0, where);
      assert.equal(proveRemoval(world, new Set([id])).counterexample === null, idle.length === 1, where);
      for (const anomaly of anomalies.filter(({ rule }) => rule === id)) checkKind(world, anomaly, where);
    }
    const prunable = new Set(findPrunable(world));
    assert.equal(changedBy(world, judged, prunable), false, `seed ${seed}: ${[...prunable]} together`);
    assert.equal(proveRemoval(world, prunable).counterexample, null, `seed ${seed}: ${[...prunable]} together`);
  }
  if (runs >= 40)
    assert.deepEqual(
      kinds.filter((kind) => (told.get(kind) ?? 0) < 3),
      [],
      'kinds that are rarely met',
    );
});

const kinds = ['selects-nothing', 'dead', 'shadowed', 'redundant', 'contradicted', 'over-broad'];
const isDenied = ({ fix }: Pick<Anomaly, 'fix'>): boolean => fix.text.includes('or the deny');

type Judged = { readonly cell: Omit<Asked, 'weight'>; readonly verdicts: string };

function changedBy(world: World, judged: readonly Judged[], ids: ReadonlySet<string>): boolean {
  const rest = { ...world, policy: withoutRules(world.policy, ids) };
  return judged.some(({ cell, verdicts }) => pairVerdictsOf(rest, cell) !== verdicts);
}

/** Every cell, and some addresses that nobody owns against every workload, both ways, and domain names from each. */
function* asked(world: World): Generator<Omit<Asked, 'weight'>> {
  yield* cellsOneByOne([world]);
  const points = [0, ...new Set(world.policy.serviceSets.flatMap((set) => set.map(({ first }) => first)))];
  for (const to of differentNames([world])) {
    for (const from of world.estate.byName.keys()) for (const point of points) yield { from, to, point };
  }
  const known = new Set(
    [...world.estate.owners.values()].flatMap((owners) => [...(owners.keys() as Iterable<string>)]),
  );
  for (const address of probedAddresses.filter((one) => !known.has(one))) {
    for (const name of world.estate.byName.keys()) {
      // Nobody meets an address of a family that he has no address of.
      const connections = resolveProbe(world.estate, { from: name, to: address, service: 'tcp/1' });
      if (isProblem(connections) || !connections.some(canMeet)) continue;
      for (const point of points)
        yield* [
          { from: name, to: address, point },
          { from: address, to: name, point },
        ];
    }
  }
}

/** What decide says of every connection of workloads that the rule matches. */
function checkKind(world: World, { kind, rule, example }: Anomaly, where: string): void {
  const fates = [...asked(world)].flatMap((cell) => fatesOf(world, rule, cell));
  if (kind === 'selects-nothing' || kind === 'dead') assert.deepEqual([fates, example], [[], null], where);
  if (kind === 'shadowed') assert.ok(!fates.includes('decides'), where);
  if (kind === 'contradicted' && fates.length > 0) assert.ok(example !== null, where);
  if (example === null) return;
  const found = resolveProbe(world.estate, example, coversDomain(world.policy));
  assert.ok(!isProblem(found), where);
  const matches = found.some((connection) =>
    (['outbound', 'inbound'] as const).some((direction) =>
      matchingRules(world.policy, world.estate, { ...connection, direction }).some(({ id }) => id === rule),
    ),
  );
  assert.ok(matches, `${where}: ${JSON.stringify(example)}`);
}

function fatesOf(world: World, id: string, { from, to, point }: Omit<Asked, 'weight'>): ('decides' | 'loses')[] {
  const connections = resolveProbe(world.estate, { from, to, service: 'tcp/1' }, coversDomain(world.policy));
  if (isProblem(connections)) return [];
  return connections.flatMap((connection) =>
    (['outbound', 'inbound'] as const).flatMap((direction) => {
      const host = direction === 'outbound' ? connection.source.workload : connection.destination.workload;
      if (host === null || !host.enforced) return [];
      const matching = matchingRules(world.policy, world.estate, { ...connection, service: point, direction });
      const winner = decidingRule(world.policy, matching, 'intended');
      return matching
        .filter((rule) => rule.id === id)
        .map((rule) => (winner?.tier === rule.tier && winner.verdict === rule.verdict ? 'decides' : 'loses'));
    }),
  );
}
