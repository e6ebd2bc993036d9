import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '@bulkhead/model/decision.ts';
import { intervals } from '@bulkhead/net/intervals.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { decide, decideConnection, passes } from '@bulkhead/policy/decide.ts';
import { type Change, diff } from '@bulkhead/policy/diff.ts';
import { countServices } from '@bulkhead/policy/language/service-sets.ts';
import type { Connection } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { differentNames, namesRuleset } from './names.ts';
import { piecesOf } from './one-by-one.ts';
import { seededRandom } from './random.ts';
import { randomNow } from './random-estate.ts';
import { randomSemantics } from './random-semantics.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 120);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`F8 Y1: what opens and closes to domain names is what asking one by one finds, ${runs} changes from seed ${firstSeed}`, () => {
  const told = { opened: 0, closed: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const rest = randomSemantics(random).filter(({ kind }) => kind !== 'Logon');
    const names = namesRuleset(random);
    const documents = [...rest, names];
    const left = [...rest, { ...names, rules: names.rules.toSpliced(random.below(names.rules.length), 1) }];
    const [less, more] = [worldOf(left, randomNow), worldOf(documents, randomNow)];
    const [before, after] = random.chance(0.5) ? [less, more] : [more, less];
    const view = random.pick(['intended', 'effective'] as const);
    const difference = diff(before, after, view);
    const asked = countChanges({ before, after }, view);
    for (const way of ['opened', 'closed'] as const) {
      const where = `seed ${seed}, ${view}, ${way}`;
      assert.equal(sizeOf(difference[way]), asked[way], where);
      const [open, shut] = way === 'opened' ? [after, before] : [before, after];
      checkExamples(difference[way], { open, shut, view }, where);
      told[way] += Number(asked[way] > 0);
    }
  }
  assert.ok(Math.min(told.opened, told.closed) > runs / 16, JSON.stringify(told));
});

/** Workloads times services. */
const sizeOf = ({ nameRectangles = [] }: Change): number =>
  nameRectangles.reduce((sum, { workloads, services }) => {
    const ranges = services.map((text) => parseServiceRange(text) ?? assert.fail(text));
    return sum + workloads * countServices(intervals(ranges));
  }, 0);

type Worlds = { readonly before: World; readonly after: World };

function countChanges({ before, after }: Worlds, view: View) {
  const counted = { opened: 0, closed: 0 };
  for (const domain of differentNames([before, after])) {
    for (const from of before.estate.workloads.map(({ name }) => name)) {
      for (const { point, weight } of piecesOf([before, after])) {
        const [was, is] = [before, after].map((world) => isOpen(world, { from, domain, point }, view));
        if (is === true && was === false) counted.opened += weight;
        if (was === true && is === false) counted.closed += weight;
      }
    }
  }
  return counted;
}

type Asked = { readonly from: string; readonly domain: string; readonly point: number };

/** From some address of the workload. */
function isOpen({ policy, estate }: World, { from, domain, point }: Asked, view: View): boolean {
  const workload = estate.byName.get(from) ?? assert.fail(from);
  const places = workload.addresses.length === 0 ? [{ network: 'main', address: null }] : workload.addresses;
  return places.some((place) => {
    const destination = { network: place.network, address: null, workload: null, domain };
    const connection: Connection = { source: { ...place, workload }, destination, service: point };
    const { outbound, inbound } = decideConnection(policy, estate, connection);
    return passes(outbound[view], inbound[view]) === 'allow';
  });
}

type Claim = { readonly open: World; readonly shut: World; readonly view: View };

/** A world whose rules cover the name no more knows no such destination. */
function checkExamples({ nameRectangles = [] }: Change, { open, shut, view }: Claim, where: string): void {
  for (const { example } of nameRectangles) {
    const [yes, no] = [open, shut].map(({ policy, estate }) => decide(policy, estate, example));
    assert.ok(yes !== undefined && no !== undefined);
    const isKnown = !isProblem(yes) || yes.code !== 'unknown-workload';
    if (isKnown) assert.ok(!isProblem(yes) && yes[view].verdict !== 'deny', `${where}: ${JSON.stringify(example)}`);
    if (!isProblem(no)) assert.equal(no[view].verdict, 'deny', `${where}: ${JSON.stringify(example)}`);
  }
}
