import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceProtocol } from '@bulkhead/net/service-space.ts';
import { decide, decideConnection, passes } from '@bulkhead/policy/decide.ts';
import { type Change, diff } from '@bulkhead/policy/diff.ts';
import { canMeet, resolveProbe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { seededRandom } from './random.ts';
import { changeKinds, changeOf, documentsBefore } from './random-change.ts';
import { randomDocuments, randomNow } from './random-estate.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 160);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const views = ['effective', 'intended'] as const;

test(`F1 F2: cells are those that asking one by one finds, ${runs} changes from seed ${firstSeed}`, () => {
  let [opened, closed, outside] = [0, 0, 0];
  /** Kinds of change that opened or closed something. */
  const felt = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const kind = changeKinds[seed % changeKinds.length] ?? 'label';
    const documents = documentsBefore(kind, random);
    const [before, after] = [worldOf(documents, randomNow), worldOf(changeOf(kind, random, documents), randomNow)];
    for (const view of views) {
      const difference = diff(before, after, view);
      const counted = countOneByOne(before, after, view);
      const found = { opened: difference.opened.cells, closed: difference.closed.cells };
      assert.deepEqual(found, counted, `seed ${seed}, ${kind}, ${view}`);
      const changed = [difference.opened, difference.closed];
      if (changed.some((one) => one.cells + one.addressRectangles.length > 0))
        felt.set(kind, (felt.get(kind) ?? 0) + 1);
      checkExamples(difference.opened, { shut: before, open: after, view }, `seed ${seed}, ${view}, opened`);
      checkExamples(difference.closed, { shut: after, open: before, view }, `seed ${seed}, ${view}, closed`);
      opened += difference.opened.rectangles.length;
      closed += difference.closed.rectangles.length;
      outside += difference.opened.addressRectangles.length + difference.closed.addressRectangles.length;
    }
  }
  const unfelt = changeKinds.filter((kind) => !felt.has(kind));
  if (runs >= 160) assert.deepEqual(unfelt, [], 'kinds of change that never changed a verdict');
  assert.ok(Math.min(opened, closed, outside) > runs / 2, `${opened} opened, ${closed} closed, ${outside} outside`);
});

test('F2: nothing changes between a world and itself', () => {
  const world = worldOf(randomDocuments(seededRandom(7)), randomNow);
  const none = { cells: 0, rectangles: [], addressRectangles: [] };
  for (const view of views) assert.deepEqual(diff(world, world, view), { opened: none, closed: none });
});

type View = (typeof views)[number];
type Claim = { readonly shut: World; readonly open: World; readonly view: View };

/** An example passes where the rectangle is open; where it is shut it does not, or its workload is not there. */
function checkExamples(change: Change, { shut, open, view }: Claim, where: string): void {
  for (const { example } of [...change.rectangles, ...change.addressRectangles]) {
    const [yes, no] = [decide(open.policy, open.estate, example), decide(shut.policy, shut.estate, example)];
    assert.ok(!isProblem(yes), where);
    assert.notEqual(yes[view].verdict, 'deny', `${where}: ${JSON.stringify(example)}`);
    const asked = resolveProbe(shut.estate, example);
    // A workload that has lost its addresses of a family is asked about, but cannot meet the other end.
    if (!isProblem(no) && !isProblem(asked) && asked.some(canMeet))
      assert.equal(no[view].verdict, 'deny', `${where}: ${JSON.stringify(example)}`);
  }
}

function countOneByOne(before: World, after: World, view: View) {
  const names = [...new Set([...before.estate.byName.keys(), ...after.estate.byName.keys()])];
  const pieces = piecesOf([before, after]);
  const counted = { opened: 0, closed: 0 };
  for (const from of names) {
    for (const to of names.filter((name) => name !== from)) {
      for (const { point, weight } of pieces) {
        const [was, is] = [before, after].map((world) => isOpen(world, { from, to, point, view }));
        if (is && !was) counted.opened += weight;
        if (was && !is) counted.closed += weight;
      }
    }
  }
  return counted;
}

type Cell = { readonly from: string; readonly to: string; readonly point: number; readonly view: View };

function isOpen({ policy, estate }: World, { from, to, point, view }: Cell): boolean {
  const connections = resolveProbe(estate, { from, to, service: 'tcp/1' });
  if (isProblem(connections)) return false;
  return connections.some((connection) => {
    const { outbound, inbound } = decideConnection(policy, estate, { ...connection, service: point });
    return passes(outbound[view], inbound[view]) === 'allow';
  });
}

/** One point per piece of the service space that no rule cuts, with the number of services in it. */
function piecesOf(worlds: readonly World[]) {
  const cuts = new Set(Array.from({ length: 257 }, (_, protocol) => protocol * 65536));
  const sets = worlds.flatMap(({ policy }) => policy.serviceSets).flat();
  for (const { first, last } of sets) cuts.add(first).add(last + 1);
  const sorted = [...cuts].sort((a, b) => a - b);
  const touched = new Set(sets.flatMap(({ first, last }) => (last - first > 65536 ? [] : [serviceProtocol(first)])));
  // Protocols that no rule speaks of by name are all alike: protocol 0 stands for them.
  const alike = Array.from({ length: 256 }, (_, protocol) => protocol).filter((p) => p === 0 || !touched.has(p));
  const wide = alike.reduce((sum, protocol) => sum + ([1, 6, 17, 58, 132].includes(protocol) ? 65536 : 1), 0);
  const rest = { point: 0, weight: wide };
  const pieces = sorted.slice(0, -1).flatMap((point, index) => {
    if (alike.includes(serviceProtocol(point))) return [];
    const counted = [1, 6, 17, 58, 132].includes(serviceProtocol(point));
    return [{ point, weight: counted ? (sorted[index + 1] ?? 0) - point : 1 }];
  });
  return [rest, ...pieces];
}
