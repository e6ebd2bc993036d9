import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Camera, fitCamera, includeCamera, revealCamera, showCamera } from './camera-moves.ts';
import type { Rect } from './geometry.ts';
import { isDrawn, levelAt, levelFrom, levels } from './level.ts';

const view = { width: 1000, height: 600 };
const here: Camera = { x: 0, y: 0, k: 1 };
const box = (x: number, y: number, width = 100, height = 50): Rect => ({ x, y, width, height });

/** Whether all of the rectangle is in the view. */
function isInside({ x, y, width, height }: Rect, camera: Camera): boolean {
  const [left, top] = [x * camera.k + camera.x, y * camera.k + camera.y];
  return left >= 0 && top >= 0 && left + width * camera.k <= view.width && top + height * camera.k <= view.height;
}

const rects: readonly (readonly [string, Rect])[] = [
  ['in the middle', box(400, 200)],
  ['beyond the right border', box(1400, 200)],
  ['beyond the left border', box(-400, 200)],
  ['below', box(400, 900)],
  ['above', box(400, -900)],
  ['wider than the view', box(-300, 100, 4000, 50)],
  ['higher than the view', box(100, -200, 50, 4000)],
  ['across all of a large map', box(-5000, -4000, 9000, 7000)],
];

for (const [title, rect] of rects) {
  test(`an edge is seen whole beside the details: ${title}`, () => {
    const camera = includeCamera(rect, here, view);
    assert.ok(isInside(rect, camera), JSON.stringify(camera));
    assert.ok(camera.k <= here.k);
  });
  test(`all of what is fitted is seen: ${title}`, () => assert.ok(isInside(rect, fitCamera(rect, view))));
}

test('what is seen already moves nothing', () => {
  assert.deepEqual(includeCamera(box(400, 200), here, view), here);
  assert.deepEqual(revealCamera(box(400, 200), here, view), here);
});

test('an opened app is shown with the names of its workloads, and never smaller than before', () => {
  const small = { x: 0, y: 0, k: 0.2 };
  assert.ok(showCamera(box(3000, 2000, 600, 300), small, view).k >= levelFrom.workload);
  assert.equal(showCamera(box(400, 200), { ...here, k: 2 }, view).k, 2);
});

test('a view or bounds without a size fit nothing', () => {
  assert.deepEqual(fitCamera(box(5, 5, 0, 0), view), here);
  assert.deepEqual(fitCamera(box(5, 5), { width: 0, height: 0 }), here);
});

/** What is fitted, and how large it is drawn in 1,000 by 600; 12 pixels are left free around it. */
const fits: readonly (readonly [rect: Rect, zoom: number])[] = [
  [box(0, 0, 100, 50), 1.15],
  [box(-70, 900, 800, 300), 1.15],
  [box(0, 0, 976, 100), 1],
  [box(0, 0, 100, 576), 1],
  [box(0, 0, 1952, 100), 0.5],
  [box(0, 0, 1952, 2304), 0.25],
  [box(0, 0, 100_000, 100), 0.08],
];
for (const [rect, zoom] of fits) {
  test(`${rect.width} by ${rect.height} are fitted at ${zoom}, in the middle`, () => {
    const { k, x, y } = fitCamera(rect, view);
    assert.equal(k, zoom);
    assert.ok(Math.abs((rect.x + rect.width / 2) * k + x - 500) < 1e-6);
    assert.ok(Math.abs((rect.y + rect.height / 2) * k + y - 300) < 1e-6);
  });
}

/** Where it is, and where the view moves to: 24 pixels from the border are enough, and nothing moves for more. */
const reveals: readonly (readonly [title: string, rect: Rect, x: number, y: number])[] = [
  ['in the middle', box(400, 200), 0, 0],
  ['as far left as is seen well', box(24, 200), 0, 0],
  ['a pixel further left', box(23, 200), 1, 0],
  ['as far right as is seen well', box(876, 200), 0, 0],
  ['a pixel further right', box(877, 200), -1, 0],
  ['as far up as is seen well', box(400, 24), 0, 0],
  ['a pixel further up', box(400, 23), 0, 1],
  ['as far down as is seen well', box(400, 526), 0, 0],
  ['a pixel further down', box(400, 527), 0, -1],
  ['beyond the right border', box(1400, 200), -524, 0],
  ['beyond the left border', box(-400, 200), 424, 0],
  ['beyond a corner', box(-400, 900), 424, -374],
  ['as wide as is seen well', box(100, 200, 952), -76, 0],
  ['wider than that: its left border', box(100, 200, 953), -76, 0],
  ['wider than that, and on the left', box(-300, 200, 953), 324, 0],
  ['higher than the view: its top', box(400, 100, 100, 4000), 0, -76],
];
for (const [title, rect, x, y] of reveals) {
  test(`the view moves by ${x},${y} for what is ${title}`, () => {
    assert.deepEqual(revealCamera(rect, here, view), { x, y, k: 1 });
    const twice = { x: rect.x / 2, y: rect.y / 2, width: rect.width / 2, height: rect.height / 2 };
    assert.deepEqual(revealCamera(twice, { ...here, k: 2 }, view), { x, y, k: 2 });
  });
}

/** How large what is included, and what is shown, is drawn, from life size. */
const sizes: readonly (readonly [rect: Rect, included: number, shown: number])[] = [
  [box(0, 0, 952, 100), 1, 1],
  [box(0, 0, 1904, 100), 0.5, 1],
  [box(0, 0, 100, 1104), 0.5, 1],
];
for (const [rect, included, shown] of sizes) {
  test(`${rect.width} by ${rect.height} are included at ${included} and shown at ${shown}`, () => {
    assert.equal(includeCamera(rect, here, view).k, included);
    assert.equal(showCamera(rect, here, view).k, shown);
  });
}

/** From a fifth of life size: as large as 72 pixels around it allow, between readable and life size. */
const shows: readonly (readonly [rect: Rect, zoom: number])[] = [
  [box(0, 0, 100, 50), 1],
  [box(0, 0, 856, 50), 1],
  [box(0, 0, 1712, 50), 0.5],
  [box(0, 0, 100, 912), 0.5],
  [box(0, 0, 9000, 50), levelFrom.workload],
];
for (const [rect, zoom] of shows) {
  test(`an opened app of ${rect.width} by ${rect.height} is shown at ${zoom}`, () => {
    assert.equal(showCamera(rect, { x: 0, y: 0, k: 0.2 }, view).k, zoom);
  });
}

const zooms: readonly (readonly [number, string])[] = [
  [0.08, 'district'],
  [0.25, 'district'],
  [0.26, 'app'],
  [0.39, 'role'],
  [0.4, 'workload'],
  [0.77, 'workload'],
  [0.78, 'port'],
  [4, 'port'],
];
for (const [zoom, level] of zooms) test(`at ${zoom} the ${level} is read`, () => assert.equal(levelAt(zoom), level));

test('what is drawn at a level is drawn at every one after it', () => {
  const drawn = levels.map((level) => levels.filter((kind) => isDrawn(kind, level)).length);
  assert.deepEqual(drawn, [1, 2, 3, 4, 5]);
});
