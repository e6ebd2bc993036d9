import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgePaths } from './edge-paths.ts';
import { overlaps, type Point, type Rect } from './geometry.ts';
import { type Layout, layoutScene } from './layout.ts';
import { sampleEstate, sampleView, sampleWorkload } from './sample-estate.ts';
import { buildScene, type Scene, type SceneInput } from './scene.ts';

const sceneOf = (input: SceneInput, opened: readonly string[] = []): Scene =>
  buildScene(input, { ...sampleView, opened: new Set(opened) });
const fresh = (scene: Scene, aspect = 1.6): Layout => layoutScene(scene, { previous: null, aspect });

const shapes = [
  { apps: 1, perApp: 1, edges: 0 },
  { apps: 5, perApp: 3, edges: 60 },
  { apps: 50, perApp: 4, edges: 900 },
  { apps: 200, perApp: 4, edges: 4000 },
];
const openings: readonly (readonly string[])[] = [
  [],
  ['env=prod/app=billing-0'],
  ['env=prod/app=billing-0', 'env=prod/app=cart-1'],
];
const references = shapes.flatMap((shape) =>
  openings.flatMap((opened) => [0.7, 1.6].map((aspect) => ({ shape, opened, aspect }))),
);

for (const { shape, opened, aspect } of references) {
  const title = `${shape.apps} apps, ${opened.length} opened, aspect ${aspect}`;
  const scene = sceneOf(sampleEstate(shape), opened);
  const layout = fresh(scene, aspect);

  test(`no two cards overlap, and none leaves its district: ${title}`, () => {
    const cards = [...layout.cards.values()];
    for (const [index, a] of cards.entries()) {
      assert.ok(
        cards.slice(index + 1).every((b) => !overlaps(a, b)),
        a.key,
      );
      const box = layout.districts.get(a.district);
      assert.ok(box !== undefined && isWithin(a, box), a.key);
    }
    for (const dot of layout.dots.values()) {
      const card = layout.cards.get(dot.card);
      assert.ok(card !== undefined && isWithin(dot, card), dot.key);
    }
  });

  test(`edges end on the borders of their ends and cross no other card: ${title}`, () => {
    const paths = edgePaths(scene, layout);
    assert.equal(paths.size, scene.edges.length);
    for (const edge of scene.edges) {
      const points = paths.get(edge.key)?.points ?? [];
      const [from, to] = [boxOf(layout, edge.from), boxOf(layout, edge.to)];
      assert.ok(isOnSide(points[0], from) && isOnSide(points.at(-1), to), edge.key);
      const own = new Set([edge.fromCard, edge.toCard]);
      const closed = [...layout.cards.values()].filter((card) => !own.has(card.key));
      const rows = [...layout.dots.values()].filter((dot) => dot.key !== edge.from && dot.key !== edge.to);
      for (const segment of segments(points)) {
        const crossed = [...closed, ...rows].find((box) => overlaps(segment, shrunk(box)));
        assert.equal(crossed, undefined, `${edge.key} crosses ${crossed?.key}`);
      }
    }
  });

  test(`equal scenes have equal layouts: ${title}`, () => {
    const input = sampleEstate(shape);
    const turned = { workloads: input.workloads.toReversed(), edges: input.edges.toReversed() };
    assert.deepEqual(fresh(sceneOf(turned, opened), aspect), layout);
  });
}

function isWithin(inner: Rect, outer: Rect): boolean {
  const isWide = inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width;
  return isWide && inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
}

function boxOf(layout: Layout, key: string): Rect | undefined {
  return layout.dots.get(key) ?? layout.cards.get(key);
}

function isOnSide(point: Point | undefined, box: Rect | undefined): boolean {
  if (point === undefined || box === undefined) return false;
  const isAtSide = Math.abs(point.x - box.x) < 0.01 || Math.abs(point.x - box.x - box.width) < 0.01;
  return isAtSide && point.y > box.y && point.y < box.y + box.height;
}

function segments(points: readonly Point[]): Rect[] {
  return points.slice(1).map((b, index) => {
    const a = points[index] ?? b;
    const corner = { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y) };
    return { ...corner, width: Math.abs(a.x - b.x) || 0.01, height: Math.abs(a.y - b.y) || 0.01 };
  });
}

const shrunk = ({ x, y, width, height }: Rect): Rect => ({ x: x + 1, y: y + 1, width: width - 2, height: height - 2 });

/** How many cards are elsewhere than before. */
function moved(before: Layout, after: Layout): number {
  return [...before.cards.values()].filter((card) => {
    const now = after.cards.get(card.key);
    return now !== undefined && (now.x !== card.x || now.y !== card.y);
  }).length;
}

const fifty = sampleEstate({ apps: 50, perApp: 2, edges: 300 });
const before = fresh(sceneOf(fifty));
const again = (input: SceneInput, previous = before): Layout => layoutScene(sceneOf(input), { previous, aspect: 1.6 });

for (const env of ['prod', 'staging', 'dev', 'shared']) {
  test(`an app added in ${env} to 50 moves no other`, () => {
    const added = { ...fifty, workloads: [...fifty.workloads, sampleWorkload('new', { env, app: 'aaa' })] };
    const after = again(added);
    assert.equal(after.cards.size, before.cards.size + 1);
    assert.equal(moved(before, after), 0);
  });
}

test('vanished apps leave the others where they are, and come back to their place', () => {
  const isKept = (name: string | undefined): boolean => !/^(cart|ledger)/.test(name ?? '');
  const fewer = {
    workloads: fifty.workloads.filter(({ labels: { app } }) => isKept(app)),
    edges: fifty.edges.filter(({ from, to }) => isKept(nameOf(from)) && isKept(nameOf(to))),
  };
  const without = again(fewer);
  assert.ok(without.cards.size < before.cards.size);
  assert.equal(moved(before, without), 0);
  assert.equal(moved(before, again(fifty, without)), 0);
});

const nameOf = (end: { readonly kind: string; readonly name?: string }): string | undefined => end.name;

test('a vanished district leaves the others where they are', () => {
  const workloads = fifty.workloads.filter(({ labels: { env } }) => env !== 'staging');
  assert.equal(
    moved(
      fresh(sceneOf({ workloads: fifty.workloads, edges: [] })),
      again({ workloads, edges: [] }, fresh(sceneOf({ workloads: fifty.workloads, edges: [] }))),
    ),
    0,
  );
});

test('opening and closing an app puts everything back', () => {
  const opened = layoutScene(sceneOf(fifty, ['env=prod/app=billing-0']), { previous: before, aspect: 1.6 });
  assert.ok(moved(before, opened) > 0);
  assert.equal(moved(before, again(fifty, opened)), 0);
});

test('coming and going for long does not grow the plan without bound', () => {
  let layout = before;
  for (let round = 0; round < 60; round++) {
    const workloads = Array.from({ length: 12 }, (_, i) =>
      sampleWorkload(`w${i}`, { env: `e${round}-${i % 4}`, app: `a${round}-${i}` }),
    );
    layout = again({ workloads, edges: [] }, layout);
  }
  assert.ok(layout.plan.shelves.flat().length <= 16, `${layout.plan.shelves.flat().length} districts`);
  assert.ok(layout.bounds.width < 5_000 && layout.bounds.height < 5_000);
});

test('a layout of nothing is nothing, and a plan is made afresh after it', () => {
  const nothing = fresh(sceneOf({ workloads: [], edges: [] }));
  assert.equal(nothing.cards.size, 0);
  assert.deepEqual(again(fifty, nothing), before);
});
