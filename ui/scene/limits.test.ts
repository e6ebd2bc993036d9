import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { sampleEdge, sampleView, sampleWorkload, workloadEnd } from './sample-estate.ts';
import { buildScene, type Scene, type SceneView, type SceneWorkload, sceneLimits } from './scene.ts';

const app = (env: string, name: string, size = 1): SceneWorkload[] =>
  Array.from({ length: size }, (_, i) => sampleWorkload(`${env}-${name}-${i}`, { env, app: name, role: 'web' }));
const apps = (count: number): SceneWorkload[] => Array.from({ length: count }, (_, i) => app('a', `${i}`)).flat();
/** Edges between two workloads, one per state, each with so many attempts. */
const between = (from: SceneWorkload, to: SceneWorkload, states: readonly DecisionState[], attempts = 10): Edge[] =>
  states.map((state, port) => sampleEdge({ from: workloadEnd(from), to: workloadEnd(to), port, attempts, state }));

type Seen = { readonly workloads: readonly SceneWorkload[]; readonly edges?: readonly Edge[] };
const sceneOf = ({ workloads, edges = [] }: Seen, view: Partial<SceneView> = {}): Scene =>
  buildScene({ workloads, edges }, { ...sampleView, ...view });
const cardsOf = (scene: Scene) => scene.districts.flatMap(({ cards }) => cards);

const quiet = 'env=zz/app=a';
const wanted: readonly (readonly [title: string, view: Partial<SceneView>, isKept: boolean])[] = [
  ['nothing is looked at', {}, false],
  ['it has the focus', { focus: quiet }, true],
  ['a workload of it has the focus', { focus: `${quiet}/workload=zz-a-0` }, true],
  ['it is opened', { opened: new Set([quiet]) }, true],
  ['one whose key begins like its own has the focus', { focus: `${quiet}b` }, false],
  ['its district has the focus', { focus: 'env=zz' }, false],
  ['another is opened', { opened: new Set([`${quiet}b`]) }, false],
  ['it is searched for', { search: 'zz-a-0' }, false],
];
for (const [title, view, isKept] of wanted) {
  test(`of too many cards a quiet one is ${isKept ? 'kept' : 'left out'} when ${title}`, () => {
    const workloads = [...apps(sceneLimits.nodes + 5), ...app('zz', 'a'), ...app('zz', 'ab')];
    const scene = sceneOf({ workloads }, view);
    assert.equal(cardsOf(scene).length, sceneLimits.nodes);
    assert.equal(scene.omitted.cards, 7);
    assert.equal(
      cardsOf(scene).some(({ key }) => key === quiet),
      isKept,
    );
  });
}

/** Two cards with edges in these states and so many workloads; there is room for one, and the names speak for the second. */
type Contest = readonly [title: string, stays: readonly DecisionState[], goes: readonly DecisionState[], sizes?: Sizes];
type Sizes = readonly [stays: number, goes: number];
const contests: readonly Contest[] = [
  ['denied before a lot that is allowed', ['denied'], ['allowed', 'allowed', 'allowed']],
  ['would be denied before a lot that is allowed', ['would-be-denied'], ['allowed', 'allowed', 'allowed']],
  ['mixed before a lot that is allowed', ['mixed'], ['allowed', 'allowed', 'allowed']],
  ['two that would be denied before one denied', ['would-be-denied', 'would-be-denied'], ['denied']],
  ['mixed and would be denied before one denied', ['mixed', 'would-be-denied'], ['denied']],
  ['what nobody judged is not what is not allowed', ['allowed', 'allowed'], ['unknown']],
  ['as much that is not allowed: most edges', ['denied', 'allowed'], ['denied']],
  ['no more of either: most workloads', ['denied'], ['denied'], [3, 2]],
];
for (const [title, stays, goes, [large, small] = [1, 1]] of contests) {
  test(`of two cards with room for one stays: ${title}`, () => {
    const [one, other] = [app('b', 'z', large), app('b', 'y', small)];
    const others = apps(sceneLimits.nodes - 1);
    const [peer] = others;
    assert.ok(one[0] !== undefined && other[0] !== undefined && peer !== undefined);
    const busy: DecisionState[] = ['denied', 'denied', 'denied', 'denied'];
    const edges = [
      ...others.slice(1).flatMap((workload) => between(peer, workload, busy)),
      ...between(one[0], peer, stays),
      ...between(other[0], peer, goes),
    ];
    const scene = sceneOf({ workloads: [...others, ...one, ...other], edges });
    assert.deepEqual(
      cardsOf(scene).flatMap(({ key }) => (key.startsWith('env=b/') ? [key] : [])),
      ['env=b/app=z'],
    );
  });
}

/** Cards, opened ones among them with so many workloads each, and what is shown. */
const rooms: readonly (readonly [
  cards: number,
  crowds: readonly number[],
  dots: number,
  folded: number,
  left: number,
])[] = [
  [10, [], 0, 0, 0],
  [10, [50], 50, 0, 0],
  [10, [120], 120, 0, 0],
  [10, [121], 120, 1, 0],
  [300, [10_000], 120, 9_880, 0],
  [300, [1_000, 1_000], 200, 1_800, 0],
  [300, [100, 90, 20], 200, 10, 0],
  [450, [60], 50, 10, 0],
  [500, [50], 0, 50, 0],
  [600, [50], 0, 50, 100],
];
for (const [cards, crowds, dots, folded, left] of rooms) {
  test(`${cards} cards, of which opened hold ${crowds.join(' and ') || 'nothing'}: at most 500 things`, () => {
    const crowded = crowds.flatMap((size, i) => app('crowd', `${i}`, size));
    const opened = new Set(crowds.map((_, i) => `env=crowd/app=${i}`));
    const scene = sceneOf({ workloads: [...apps(cards - crowds.length), ...crowded] }, { opened });
    const shown = cardsOf(scene).flatMap(({ tiers }) => tiers?.flatMap((tier) => tier.dots) ?? []);
    const single = shown.filter(({ kind }) => kind === 'workload').length;
    assert.deepEqual([single, scene.omitted], [dots, { cards: left, workloads: folded, edges: 0 }]);
    assert.ok(cardsOf(scene).length + single <= sceneLimits.nodes);
    const rest = shown.reduce((sum, dot) => sum + (dot.kind === 'rest' ? dot.size : 0), 0);
    assert.equal(rest, folded);
  });
}

for (const [state, isShown] of [
  ['denied', true],
  ['would-be-denied', true],
  ['mixed', true],
  ['unknown', false],
  ['allowed', false],
] as const)
  test(`the last of 121 workloads of an opened app, ${state}, is ${isShown ? 'shown' : 'folded'}`, () => {
    const workloads = app('crowd', '0', 121);
    const last = workloads.at(-1);
    assert.ok(last !== undefined);
    const [other] = apps(1);
    assert.ok(other !== undefined);
    const scene = sceneOf(
      { workloads: [...workloads, other], edges: between(other, last, [state]) },
      { opened: new Set(['env=crowd/app=0']) },
    );
    assert.deepEqual(
      scene.edges.map(({ to }) => to),
      [isShown ? 'env=crowd/app=0/workload=crowd-0-120' : 'env=crowd/app=0/rest'],
    );
  });

/** Two workloads of an opened app, a closed app, and denied edges with many connections between others: as many as are drawn. */
const [left, right] = app('b', 'pair', 2);
const [lone] = app('c', 'lone');
assert.ok(left !== undefined && right !== undefined && lone !== undefined);
const pair = 'env=b/app=pair';
const crowd = apps(46);
const noise = crowd
  .flatMap((from) => crowd.flatMap((to) => (from === to ? [] : between(from, to, ['denied'], 1000))))
  .slice(0, sceneLimits.edges);

const focused: readonly (readonly [title: string, focus: string | null, edge: Edge[], isKept: boolean])[] = [
  ['nothing has the focus', null, between(left, lone, ['allowed']), false],
  ['the workload it comes from has', `${pair}/workload=b-pair-0`, between(left, lone, ['allowed']), true],
  ['the workload it leads to has', `${pair}/workload=b-pair-0`, between(lone, left, ['allowed']), true],
  ['the app of the workload it comes from has', pair, between(left, lone, ['allowed']), true],
  ['the app of the workload it leads to has', pair, between(lone, left, ['allowed']), true],
  ['the closed app it leads to has', 'env=c/app=lone', between(left, lone, ['allowed']), true],
  ['the closed app it comes from has', 'env=c/app=lone', between(lone, left, ['allowed']), true],
  ['another workload of the app has', `${pair}/workload=b-pair-1`, between(left, lone, ['allowed']), false],
  ['its district has', 'env=b', between(left, lone, ['allowed']), false],
  ['a card that it does not touch has', 'env=a/app=0', between(left, lone, ['allowed']), false],
];
for (const [title, focus, edge, isKept] of focused) {
  test(`of too many edges an allowed one is ${isKept ? 'kept' : 'left out'} when ${title}`, () => {
    assert.equal(noise.length, sceneLimits.edges);
    const seen = { workloads: [...crowd, left, right, lone], edges: [...noise, ...edge] };
    const scene = sceneOf(seen, { focus, opened: new Set([pair]) });
    assert.deepEqual([scene.edges.length, scene.omitted.edges], [sceneLimits.edges, 1]);
    assert.equal(
      scene.edges.some(({ state }) => state === 'allowed'),
      isKept,
    );
  });
}

/** Two edges by state and connections; there is room for one, and the order of their ends speaks for the second. */
type Ranked = readonly [state: DecisionState, connections: number];
const ranks: readonly (readonly [stays: Ranked, goes: Ranked])[] = [
  [
    ['denied', 1],
    ['would-be-denied', 99],
  ],
  [
    ['would-be-denied', 1],
    ['mixed', 99],
  ],
  [
    ['mixed', 1],
    ['unknown', 99],
  ],
  [
    ['unknown', 1],
    ['allowed', 99],
  ],
  [
    ['allowed', 2],
    ['allowed', 1],
  ],
  [
    ['denied', 100],
    ['denied', 99],
  ],
];
for (const [stays, goes] of ranks) {
  test(`of two edges with room for one stays that with ${stays[1]} ${stays[0]}, not ${goes[1]} ${goes[0]}`, () => {
    const edgeOf = ([state, attempts]: Ranked, from: SceneWorkload): Edge[] => between(from, lone, [state], attempts);
    const [early, late] = [app('b', 'early'), app('b', 'late')].flat();
    assert.ok(early !== undefined && late !== undefined);
    const seen = {
      workloads: [...crowd, early, late, lone],
      edges: [...noise.slice(1), ...edgeOf(goes, early), ...edgeOf(stays, late)],
    };
    const scene = sceneOf(seen);
    assert.deepEqual(
      scene.edges.flatMap(({ fromName, toName }) => (toName === 'lone' ? [fromName] : [])),
      ['late'],
    );
  });
}

const equals = ['early late', 'early lone', 'late lone'];
for (const room of [1, 2, 3]) {
  test(`of equal edges, with room for ${room}, the first by their ends stay: ${equals.slice(0, room).join(', ')}`, () => {
    const [early, late] = [app('b', 'early'), app('b', 'late')].flat();
    assert.ok(early !== undefined && late !== undefined);
    const edges = [
      ...[late, early].flatMap((from) => between(from, lone, ['denied'], 5)),
      ...between(early, late, ['denied'], 5),
      ...noise.slice(room),
    ];
    const scene = sceneOf({ workloads: [...crowd, early, late, lone], edges });
    assert.deepEqual(
      scene.edges.flatMap(({ connections, fromName, toName }) => (connections === 5 ? [`${fromName} ${toName}`] : [])),
      equals.slice(0, room),
    );
  });
}
