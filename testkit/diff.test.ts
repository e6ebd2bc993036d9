import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import { type Change, diff } from '@bulkhead/policy/diff.ts';
import { canMeet, resolveProbe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { except, rule, ruleset } from './documents.ts';
import { cellsOneByOne, isOpen, pairsOf } from './one-by-one.ts';
import { type Random, seededRandom } from './random.ts';
import { changeKinds, changeOf, documentsBefore } from './random-change.ts';
import { randomDocuments, randomNow } from './random-estate.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 128);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const views = ['effective', 'intended'] as const;

test(`F1 F2 F9: cells are those that asking one by one finds, ${runs} changes from seed ${firstSeed}`, () => {
  let [opened, closed, outside, partly] = [0, 0, 0, 0];
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
      for (const change of [difference.opened, difference.closed]) {
        assert.equal(change.omitted, undefined);
        assert.equal(cellsIn(change), change.cells, `seed ${seed}, ${kind}, ${view}`);
      }
      const changed = [difference.opened, difference.closed];
      if (changed.some((one) => one.cells + one.addressRectangles.length > 0))
        felt.set(kind, (felt.get(kind) ?? 0) + 1);
      partly += checkPartly({ before, after }, difference, { view, where: `seed ${seed}, ${kind}, ${view}` });
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
  if (runs >= 208) assert.ok(partly > 5, `${partly} changes of some addresses only`);
});

test(`F1 F2: rules about few workloads change what asking one by one finds, ${runs} changes from seed ${firstSeed}`, () => {
  const changed = { opened: 0, closed: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const documents = randomDocuments(random).map((document, index) =>
      document.kind === 'Workload' && index % 3 === 0
        ? { ...document, labels: { ...document.labels, rare: index % 2 === 0 ? 'a' : 'b' } }
        : document,
    );
    const [before, after] = [
      worldOf([...documents, rareRules(random)], randomNow),
      worldOf([...documents, rareRules(random)], randomNow),
    ];
    for (const view of views) {
      const { opened, closed } = diff(before, after, view);
      const found = { opened: opened.cells, closed: closed.cells };
      assert.deepEqual(found, countOneByOne(before, after, view), `seed ${seed}, ${view}`);
      checkExamples(opened, { shut: before, open: after, view }, `seed ${seed}, ${view}, opened`);
      checkExamples(closed, { shut: after, open: before, view }, `seed ${seed}, ${view}, closed`);
      if (opened.cells > 0) changed.opened++;
      if (closed.cells > 0) changed.closed++;
    }
  }
  assert.ok(Math.min(changed.opened, changed.closed) > runs / 8, JSON.stringify(changed));
});

/** Among at most a third of the workloads, so that the others need not be asked about. */
function rareRules(random: Random): Document {
  const ends = ['rare', 'rare=a', 'rare=b', 'rare=a,role=web', 'rare!=a,rare'];
  const services = ['all', 'tcp/80', 'tcp/443 udp/53', 'tcp/8000-8100'];
  const rules = Array.from({ length: 1 + random.below(3) }, (_, index) => {
    const what = `${random.pick(['allow', 'allow', 'deny', 'pass'])} ${random.pick(services)}`;
    const holes = random.chance(0.3) ? [except(random.pick(['rare=b', 'env=prod']), null, null)] : [];
    const more = { except: holes, at: random.pick(['both', 'both', 'source', 'destination'] as const) };
    return rule(`rare-${index}`, what, [random.pick(ends), random.pick(ends)], more);
  });
  return ruleset('rare', rules, { tier: random.pick(['guardrail', 'application']) });
}

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

/** F9: told exactly where no cell of some workloads changes and a pair of their addresses does. Answers how often. */
function checkPartly(
  { before, after }: { readonly before: World; readonly after: World },
  { opened, closed }: ReturnType<typeof diff>,
  { view, where }: { readonly view: View; readonly where: string },
): number {
  const found = { opened: false, closed: false };
  for (const cell of cellsOneByOne([before, after])) {
    const [was, is] = [pairsOf(before, cell, view), pairsOf(after, cell, view)];
    const [wasOpen, isOpenNow] = [was.some(Boolean), is.some(Boolean)];
    if (was.length !== is.length || was.length < 2) continue;
    if (!(isOpenNow && !wasOpen) && is.some((open, index) => open && was[index] === false)) found.opened = true;
    if (!(wasOpen && !isOpenNow) && was.some((open, index) => open && is[index] === false)) found.closed = true;
  }
  const same = sameAddresses(before, after);
  if (same) {
    assert.equal(
      opened.partly !== undefined && isBetween(before, opened.partly.example),
      found.opened,
      `${where}, opened`,
    );
    assert.equal(
      closed.partly !== undefined && isBetween(before, closed.partly.example),
      found.closed,
      `${where}, closed`,
    );
  }
  for (const [change, open, shut] of [[opened, after, before] as const, [closed, before, after] as const]) {
    if (change.partly === undefined) continue;
    const { example } = change.partly;
    const [yes, no] = [decide(open.policy, open.estate, example), decide(shut.policy, shut.estate, example)];
    assert.ok(!isProblem(yes) && yes[view].verdict === 'allow', `${where}: ${JSON.stringify(example)}`);
    assert.ok(isProblem(no) || no[view].verdict === 'deny', `${where}: ${JSON.stringify(example)}`);
  }
  return Number(found.opened || found.closed);
}

const sameAddresses = (a: World, b: World): boolean =>
  JSON.stringify(a.estate.workloads.map(({ name, addresses }) => [name, addresses])) ===
  JSON.stringify(b.estate.workloads.map(({ name, addresses }) => [name, addresses]));

/** Two workloads, as the cells that are asked one by one. */
const isBetween = ({ estate }: World, { from, to }: { readonly from: string; readonly to: string }): boolean =>
  [from, to].every((text) => estate.byName.has(text.split('@')[0] ?? ''));

/** F2: rectangles hold every cell once. */
const cellsIn = ({ rectangles }: Change): number => rectangles.reduce((sum, { cells }) => sum + cells, 0);

function countOneByOne(before: World, after: World, view: View) {
  const counted = { opened: 0, closed: 0 };
  for (const cell of cellsOneByOne([before, after])) {
    const [was, is] = [isOpen(before, cell, view), isOpen(after, cell, view)];
    if (is && !was) counted.opened += cell.weight;
    if (was && !is) counted.closed += cell.weight;
  }
  return counted;
}
