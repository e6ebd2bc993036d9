import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepPlan } from './keep-plan.ts';
import { measure, scaleOf } from './measure.ts';
import { freshDistrict, type Plan, planScene } from './plan.ts';
import { sampleView, sampleWorkload } from './sample-estate.ts';
import { buildScene, type Scene } from './scene.ts';

const aspect = 1.6;
/** `a1-4 b2`: an environment a with the apps 1 to 4, and b with app 2. */
function sceneOf(text: string): Scene {
  const workloads = text.split(' ').flatMap((part) => {
    const [env = '', first = 1, last = first] = part.split(/(?<=[a-z])|-/);
    const count = Number(last) - Number(first) + 1;
    return Array.from({ length: count }, (_, i) => {
      const app = `${Number(first) + i}`;
      return sampleWorkload(`${env}-${app}`, { env, app });
    });
  });
  return buildScene({ workloads, edges: [] }, sampleView);
}

/** `a3 b2 / c1`: shelves of environments with their columns. */
const shapeOf = ({ shelves }: Plan): string =>
  shelves.map((shelf) => shelf.map(({ key, columns }) => `${key.slice(4)}${columns}`).join(' ')).join(' / ');

/** The scene in shelves as the text shapes them. */
function planOf(scene: Scene, shape: string): Plan {
  const byName = new Map(scene.districts.map((district) => [district.name, district]));
  const shelves = shape.split(' / ').map((shelf) =>
    shelf.split(' ').flatMap((text) => {
      const district = byName.get(text.slice(0, 1));
      return district === undefined ? [] : [freshDistrict(district, Number(text.slice(1)))];
    }),
  );
  return { shelves };
}

function zoomOf({ shelves }: Plan, { districts }: Scene): number {
  const byKey = new Map(districts.map((district) => [district.key, district]));
  return scaleOf(
    shelves.map((shelf) => shelf.map((plan) => measure(plan, byKey.get(plan.key)))),
    aspect,
  );
}

const cellsOf = ({ shelves }: Plan) => new Map(shelves.flat().flatMap(({ cells }) => [...cells]));

type Step = readonly [title: string, before: string, shape: string, after: string, becomes: string];
const steps: readonly Step[] = [
  ['nothing changes', 'a1-4', 'a2', 'a1-4', 'a2'],
  ['nothing changes, however badly it is arranged', 'a1-20', 'a1', 'a1-20', 'a1'],
  ['most vanish, and nothing that stays moves', 'a1-20 b1', 'a5 / b1', 'b1', 'a5 / b1'],
  ['one column is enough for now', 'a1', 'a1', 'a1-4', 'a1'],
  ['one column is far too few', 'a1', 'a1', 'a1-6', 'fresh'],
  ['two columns are enough for now', 'a1-2', 'a2', 'a1-16', 'a2'],
  ['two columns are far too few', 'a1-2', 'a2', 'a1-20', 'fresh'],
  ['three columns are enough for now', 'a1-9', 'a3', 'a1-36', 'a3'],
  ['three columns are far too few', 'a1-9', 'a3', 'a1-40', 'fresh'],
  ['as many districts are gone as are there', 'a1 b1 c1 d1', 'a1 b1 / c1 d1', 'a1 d1', 'a1 b1 / c1 d1'],
  ['more districts are gone than are there', 'a1 b1 c1 d1 e1', 'a1 b1 / c1 d1 e1', 'a1 e1', 'fresh'],
  ['all but one of three are gone', 'a1 b1 c1', 'a1 / b1 / c1', 'b1', 'fresh'],
  ['one of two is gone', 'a1 b1', 'a1 / b1', 'b1', 'a1 / b1'],
  ['as many cells are free as are kept free', 'a1-100', 'a10', 'a1-38', 'a10'],
  ['more cells are free: a district shrinks', 'a1-100', 'a10', 'a1-37', 'a7'],
  ['a few cells are free in a small district', 'a1-26', 'a13', 'a1', 'a13'],
  ['many cells are free in a small district', 'a1-27', 'a9', 'a1', 'a1'],
  ['one district shrinks and another does not', 'a1-100 b1-9', 'a10 / b3', 'a1-4 b1-9', 'a2 / b3'],
];
for (const [title, before, shape, after, becomes] of steps) {
  test(`a plan when ${title}: ${shape} becomes ${becomes}`, () => {
    const scene = sceneOf(after);
    const previous = planOf(sceneOf(before), shape);
    assert.equal(shapeOf(previous), shape);
    const plan = keepPlan(previous, scene, aspect);
    const fresh = planScene(scene, aspect);
    assert.equal(shapeOf(plan), becomes === 'fresh' ? shapeOf(fresh) : becomes);
    if (becomes === 'fresh') assert.notEqual(shapeOf(plan), shape);
    if (becomes !== shape) return;
    const [was, is] = [cellsOf(previous), cellsOf(plan)];
    for (const [key, cell] of is) if (was.has(key)) assert.equal(cell, was.get(key), key);
  });
}

test('a growing estate is drawn at most 1.6 times smaller than it could be, and moves rarely', () => {
  let plan = planScene(sceneOf('a1'), aspect);
  let moves = 0;
  for (let apps = 2; apps <= 120; apps++) {
    const scene = sceneOf(`a1-${apps}`);
    const next = keepPlan(plan, scene, aspect);
    const ratio = zoomOf(planScene(scene, aspect), scene) / zoomOf(next, scene);
    assert.ok(ratio <= 1.6, `${apps} apps: ${ratio}`);
    const is = cellsOf(next);
    const columns = (one: Plan) => one.shelves[0]?.[0]?.columns ?? 0;
    const [was, now] = [columns(plan), columns(next)];
    const isMoved = [...cellsOf(plan)].some(([key, cell]) => {
      const at = is.get(key) ?? 0;
      return Math.floor(at / now) !== Math.floor(cell / was) || at % now !== cell % was;
    });
    if (isMoved) moves++;
    plan = next;
  }
  assert.ok(moves <= 4, `${moves} moves`);
});
