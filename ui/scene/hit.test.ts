import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgePaths } from './edge-paths.ts';
import { centre, contains } from './geometry.ts';
import { hitTest } from './hit.ts';
import { layoutScene } from './layout.ts';
import { firstCard, neighbour } from './neighbour.ts';
import { sampleEstate, sampleView } from './sample-estate.ts';
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
