import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgePaths } from './edge-paths.ts';
import { centre, contains } from './geometry.ts';
import { hitTest } from './hit.ts';
import { layoutScene } from './layout.ts';
import { firstCard, neighbour } from './neighbour.ts';
import { sampleEdge, sampleEstate, sampleView, sampleWorkload, workloadEnd } from './sample-estate.ts';
import { buildScene } from './scene.ts';
import { trunks } from './trunks.ts';
import { followable, visibleEdges } from './visible-edges.ts';

const opened = new Set(['env=prod/app=billing-0']);
const scene = buildScene(sampleEstate({ apps: 40, perApp: 4, edges: 500 }), { ...sampleView, opened });
const layout = layoutScene(scene, { previous: null, aspect: 1.6 });
const paths = edgePaths(scene, layout);
const hit = hitTest(layout, paths.values());

test('every closed card and every workload is hit at its middle and at its corner', () => {
  for (const box of [...layout.cards.values(), ...layout.dots.values()]) {
    if ('inner' in box && box.inner !== null) continue;
    assert.equal(hit(centre(box), 4)?.key, box.key);
    assert.equal(hit({ x: box.x + 1, y: box.y + 1 }, 4)?.key, box.key);
  }
});

test('an opened card is hit at its heading', () => {
  const [key = ''] = opened;
  const box = layout.cards.get(key);
  assert.ok(box !== undefined);
  assert.deepEqual(hit({ x: box.x + 20, y: box.y + 12 }, 4), { kind: 'card', key });
});

test('a point on an edge hits one that is as near as any', () => {
  const boxes = [...layout.cards.values()];
  for (const { points } of paths.values()) {
    const [a, b] = [points[1], points[2]];
    if (a === undefined || b === undefined) continue;
    const on = { x: a.x + (b.x - a.x) * 0.37, y: a.y + (b.y - a.y) * 0.37 };
    if (boxes.some((box) => contains(box, on))) continue;
    const found = hit(on, 3);
    assert.ok(found?.kind === 'edge' && found.distance < 0.001, JSON.stringify(found));
  }
});

test('nothing is hit far from everything, or beyond the tolerance', () => {
  assert.equal(hit({ x: -500, y: -500 }, 4), null);
  const path = {
    key: 'a',
    points: [
      { x: 0, y: 0 },
      { x: 1000, y: 0 },
    ],
  };
  const alone = hitTest(layoutScene({ ...scene, districts: [] }, { previous: null, aspect: 1 }), [path]);
  assert.equal(alone({ x: 470, y: 5 }, 4), null);
  assert.equal(alone({ x: 470, y: 3 }, 4)?.key, 'a');
  assert.equal(alone({ x: Number.NaN, y: 3 }, 4), null);
});

const line = (key: string, ...points: readonly (readonly [number, number])[]) => ({
  key,
  points: points.map(([x, y]) => ({ x, y })),
});
const nothing = layoutScene({ ...scene, districts: [] }, { previous: null, aspect: 1 });
/** A long one, one that meets its middle, and one beside it for a part of the way. */
const lines = hitTest(nothing, [
  line('long', [0, 0], [1000, 0]),
  line('up', [500, 0], [500, -300]),
  line('beside', [600, 10], [900, 10]),
]);

/** Where is pointed at, how far an edge may be, and the edge that is hit. */
const points: readonly (readonly [x: number, y: number, tolerance: number, hit: string | null])[] = [
  [250, 0, 0, 'long'],
  [250, 4, 4, 'long'],
  [250, 4.1, 4, null],
  [250, -4, 4, 'long'],
  [250, -4.1, 4, null],
  [-4, 0, 4, 'long'],
  [-4.1, 0, 4, null],
  [1004, 0, 4, 'long'],
  [1004.1, 0, 4, null],
  [-3, 3, 4, null],
  [500, -304, 4, 'up'],
  [500, -304.1, 4, null],
  [504, -150, 4, 'up'],
  [501, -2, 4, 'up'],
  [503, -2, 4, 'long'],
  [700, 4, 8, 'long'],
  [700, 6, 8, 'beside'],
  [590, 10, 9, null],
  [590, 10, 10, 'long'],
];
for (const [x, y, tolerance, key] of points) {
  test(`at ${x},${y} within ${tolerance} is hit: ${key ?? 'nothing'}`, () => {
    assert.equal(lines({ x, y }, tolerance)?.key ?? null, key);
  });
}

test('a long edge is hit all along, up to the tolerance and no further', () => {
  for (let x = 0; x <= 1000; x += 5) {
    if (x > 490 && x < 510) continue;
    assert.ok(lines({ x, y: -2 }, 2)?.key === 'long', `${x}`);
    assert.equal(lines({ x, y: -2.01 }, 2), null, `${x}`);
  }
});

test('edges inside an opened app are hit between its workloads, and a workload wins over them', () => {
  const card = 'env=prod/app=shop';
  const chain = ['lb', 'web', 'api', 'db'].map((role) => sampleWorkload(role, { env: 'prod', app: 'shop', role }));
  const edges = chain
    .slice(1)
    .map((to, index) => sampleEdge({ from: workloadEnd(chain[index] ?? to), to: workloadEnd(to) }));
  const shop = buildScene({ workloads: chain, edges }, { ...sampleView, opened: new Set([card]) });
  const placed = layoutScene(shop, { previous: null, aspect: 1.6 });
  const within = edgePaths(shop, placed);
  const hitShop = hitTest(placed, within.values());
  assert.equal(shop.edges.length, 3);
  for (const { key, from } of shop.edges) {
    const [a, b] = within.get(key)?.points ?? [];
    const dot = placed.dots.get(from);
    assert.ok(a !== undefined && b !== undefined && dot !== undefined);
    assert.equal(hitShop({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, 1)?.key, key);
    assert.deepEqual(hitShop({ x: dot.x + dot.width - 1, y: a.y }, 4), { kind: 'workload', key: from, card });
  }
  const closed = layoutScene(buildScene({ workloads: chain, edges }, sampleView), { previous: null, aspect: 1.6 });
  const box = closed.cards.get(card);
  assert.ok(box !== undefined);
  const across = line('across', [box.x - 50, box.y + 9], [box.x + box.width + 50, box.y + 9]);
  const hitClosed = hitTest(closed, [across]);
  assert.deepEqual(hitClosed({ x: box.x + 20, y: box.y + 9 }, 4), { kind: 'card', key: card });
  assert.equal(hitClosed({ x: box.x - 20, y: box.y + 9 }, 4)?.key, 'across');
});

test('arrow keys reach every card and workload from the first', () => {
  const reached = new Set([firstCard(layout) ?? '']);
  for (const key of reached) {
    for (const arrow of ['left', 'right', 'up', 'down'] as const) {
      const next = neighbour(layout, key, arrow);
      if (next !== null) reached.add(next);
    }
  }
  const stops = [
    ...layout.dots.keys(),
    ...[...layout.cards.values()].filter((c) => c.inner === null).map((c) => c.key),
  ];
  assert.deepEqual(
    stops.filter((key) => !reached.has(key)),
    [],
  );
});

test('right and then left leads back within a row', () => {
  const row = [...layout.cards.values()].filter((card) => card.district === 'env=staging' && card.row === 0);
  for (const card of row.slice(0, -1)) {
    const right = neighbour(layout, card.key, 'right');
    assert.equal(neighbour(layout, right ?? '', 'left'), card.key);
  }
});

test('allowed edges of a crowd are folded until focused; what is not allowed is always drawn', () => {
  const crowd = buildScene(sampleEstate({ apps: 60, perApp: 2, edges: 3000 }), sampleView);
  const { drawn, folded } = visibleEdges(crowd, { focus: null, selected: null });
  assert.equal(drawn.length + folded, crowd.edges.length);
  assert.ok(folded > followable.across);
  const bad = crowd.edges.filter((edge) => edge.state !== 'allowed' && edge.state !== 'unknown');
  assert.ok(bad.every((edge) => drawn.includes(edge)));
  const focus = crowd.edges.find((edge) => !drawn.includes(edge))?.from ?? '';
  const around = crowd.edges.filter((edge) => edge.from === focus || edge.to === focus);
  assert.ok(around.every((edge) => visibleEdges(crowd, { focus, selected: null }).drawn.includes(edge)));
});

test('trunks cover their paths once', () => {
  const at = (...xs: readonly number[]) => xs.map((x) => ({ x, y: 5 }));
  const merged = trunks([
    { key: 'a', points: at(0, 10) },
    { key: 'b', points: at(8, 4) },
    { key: 'c', points: at(20, 30) },
    {
      key: 'd',
      points: [
        { x: 3, y: 0 },
        { x: 3, y: 5 },
      ],
    },
  ]);
  const lines = merged.map(({ a, b, edges }) => `${a.x},${a.y} ${b.x},${b.y} ${edges}`);
  assert.deepEqual(lines.sort(), ['0,5 10,5 2', '20,5 30,5 1', '3,0 3,5 1']);
});
