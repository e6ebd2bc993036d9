import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '@bulkhead/policy/decide.ts';
import { type Change, diff } from '@bulkhead/policy/diff.ts';
import { canMeet, resolveProbe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { cellsOneByOne, isOpen } from './one-by-one.ts';
import { seededRandom } from './random.ts';
import { changeKinds, changeOf, documentsBefore } from './random-change.ts';
import { randomDocuments, randomNow } from './random-estate.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 208);
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
  if (runs >= 208) assert.deepEqual(unfelt, [], 'kinds of change that never changed a verdict');
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
  const counted = { opened: 0, closed: 0 };
  for (const cell of cellsOneByOne([before, after])) {
    const [was, is] = [isOpen(before, cell, view), isOpen(after, cell, view)];
    if (is && !was) counted.opened += cell.weight;
    if (was && !is) counted.closed += cell.weight;
  }
  return counted;
}
