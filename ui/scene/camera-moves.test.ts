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
