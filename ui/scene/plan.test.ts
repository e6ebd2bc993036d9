import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitCamera } from './camera-moves.ts';
import { type Layout, layoutScene } from './layout.ts';
import { isDrawn, levelAt } from './level.ts';
import { addressEnd, sampleEdge, sampleEstate, sampleView, sampleWorkload, workloadEnd } from './sample-estate.ts';
import { buildScene, type Scene, type SceneInput } from './scene.ts';

/** What is left of common windows beside the pages and below the head. */
const views = [
  { width: 1240, height: 796 },
  { width: 1720, height: 976 },
  { width: 824, height: 620 },
] as const;
type View = (typeof views)[number];

const named = (env: string, app: string, roles: readonly string[]) =>
  roles.map((role) => sampleWorkload(`${env}-${app}-${role}`, { env, app, role }));

/** As many hosts, apps and environments as the lab has. */
const fourteen = [
  ...named('prod', 'shop', ['lb', 'web', 'web2', 'api', 'cache', 'db']),
  ...named('dev', 'shop', ['web', 'api', 'db']),
  ...named('shared', 'ops', ['metrics', 'jump', 'dns']),
  ...named('outside', 'customers', ['client']),
  ...named('outside', 'unknown', ['attacker']),
];
const chain = fourteen.slice(1).map((workload, index) => {
  const before = fourteen[index] ?? workload;
  return sampleEdge({ from: workloadEnd(before), to: workloadEnd(workload) });
});
const lab: SceneInput = {
  workloads: fourteen,
  edges: [...chain, ...fourteen.map((one) => sampleEdge({ from: workloadEnd(one), to: addressEnd('192.0.2.9') }))],
};

function sceneOf(input: SceneInput, isOpened: boolean): Scene {
  const closed = buildScene(input, sampleView);
  const apps = closed.districts.flatMap(({ cards }) => cards.map(({ key }) => key));
  return isOpened ? buildScene(input, { ...sampleView, opened: new Set(apps) }) : closed;
}

const layoutIn = ({ width, height }: View, scene: Scene, previous: Layout | null = null): Layout =>
  layoutScene(scene, { previous, aspect: width / height });

const estates: readonly (readonly [string, Scene, 'workload' | 'app'])[] = [
  ['14 workloads, opened', sceneOf(lab, true), 'workload'],
  ['40 apps', sceneOf(sampleEstate({ apps: 40, perApp: 3, edges: 400 }), false), 'app'],
  ['125 apps', sceneOf(sampleEstate({ apps: 125, perApp: 3, edges: 800 }), false), 'app'],
  ['280 apps', sceneOf(sampleEstate({ apps: 280, perApp: 2, edges: 800 }), false), 'app'],
];

for (const [title, scene, kind] of estates) {
  for (const view of views) {
    test(`every ${kind} has a name in the fitted view of ${view.width}: ${title}`, () => {
      const { k } = fitCamera(layoutIn(view, scene).bounds, view);
      assert.ok(isDrawn(kind, levelAt(k)), `zoom ${k}`);
    });
  }
}

test('the lab fills most of a window: both its width and its height would have to grow', () => {
  for (const view of views) {
    const { bounds } = layoutIn(view, sceneOf(lab, true));
    const ratio = bounds.width / bounds.height / (view.width / view.height);
    assert.ok(ratio > 0.6 && ratio < 1.7, `${ratio} of the shape of ${view.width}`);
  }
});

test('an estate that comes up host by host ends as readable as one that was there', () => {
  const [view] = views;
  let layout: Layout | null = null;
  for (let hosts = 1; hosts <= fourteen.length; hosts++) {
    layout = layoutIn(view, sceneOf({ workloads: fourteen.slice(0, hosts), edges: [] }, true), layout);
  }
  const fresh = layoutIn(view, sceneOf({ workloads: fourteen, edges: [] }, true));
  const zoom = (one: Layout): number => fitCamera(one.bounds, view).k;
  assert.ok(layout !== null && zoom(layout) >= zoom(fresh) / 1.6, `${layout && zoom(layout)} to ${zoom(fresh)}`);
});

test('a workload more moves nothing', () => {
  const [view] = views;
  const before = layoutIn(view, sceneOf(lab, false));
  for (const env of ['prod', 'dev', 'shared', 'outside', 'new']) {
    const more = { ...lab, workloads: [...fourteen, sampleWorkload('more', { env, app: 'more' })] };
    const after = layoutIn(view, sceneOf(more, false), before);
    for (const [key, { x, y }] of before.cards) {
      const now = after.cards.get(key);
      assert.deepEqual({ x: now?.x, y: now?.y }, { x, y }, `${key} after one in ${env}`);
    }
  }
});
