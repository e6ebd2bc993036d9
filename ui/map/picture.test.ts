import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutScene } from '../scene/layout.ts';
import { sampleEdge, sampleEstate, sampleView, sampleWorkload, workloadEnd } from '../scene/sample-estate.ts';
import { buildScene, type Scene } from '../scene/scene.ts';
import { boxOf, edgeBounds, type Mapped, mapScene, picture, type Wanted } from './picture.ts';

const mapped = (scene: Scene): Mapped => mapScene(scene, layoutScene(scene, { previous: null, aspect: 1.6 }));

const workload = (app: string, name: string) => sampleWorkload(name, { env: 'prod', app, role: name });
const [web, db, idle] = [workload('shop', 'web'), workload('shop', 'db'), workload('shop', 'idle')];
const [watch, mail] = [workload('watch', 'probe'), workload('mail', 'smtp')];
const edgeOf = (from: typeof web, to: typeof web) => ({ from: workloadEnd(from), to: workloadEnd(to) });
/** One app is opened; each edge has a state of its own, so that states tell which edges are meant. */
const small = mapped(
  buildScene(
    {
      workloads: [web, db, idle, watch, mail],
      edges: [
        sampleEdge({ ...edgeOf(web, db), state: 'denied' }),
        sampleEdge({ ...edgeOf(watch, web), state: 'mixed' }),
        sampleEdge({ ...edgeOf(mail, watch), state: 'would-be-denied' }),
        sampleEdge({ ...edgeOf(db, mail), state: 'allowed' }),
      ],
    },
    { ...sampleView, opened: new Set(['env=prod/app=shop']) },
  ),
);

const short = (key: string): string => key.replace('env=prod/app=', '').replace('workload=', '');
const long = (key: string): string => `env=prod/app=${key.replace('/', '/workload=')}`;
const keyOf = (from: string, to: string): string => `${long(from)} -> ${long(to)}`;
const sorted = (keys: Iterable<string>): string => [...keys].map(short).sort().join(' ');

type Case = {
  readonly focus?: string;
  readonly selected?: string;
  /** Absent: everything is bright. */
  readonly lit?: string;
  readonly ends?: string;
  /** States of what is drawn as trunks: all that is not looked at. */
  readonly rest: string;
};
const everything = 'allowed denied mixed would-be-denied';
const fromWatch = { selected: keyOf('watch', 'shop/web'), lit: 'shop shop/web watch', ends: 'shop/web watch' };

const cases: readonly (readonly [title: string, found: Case])[] = [
  ['nothing is looked at', { rest: everything }],
  ['a closed card has the focus', { focus: long('watch'), lit: 'mail shop shop/web watch', rest: 'allowed denied' }],
  [
    'a workload has the focus',
    { focus: long('shop/web'), lit: 'shop shop/db shop/web watch', rest: 'allowed would-be-denied' },
  ],
  [
    'a workload on both sides of edges has the focus',
    { focus: long('shop/db'), lit: 'mail shop shop/db shop/web', rest: 'mixed would-be-denied' },
  ],
  [
    'an opened card has the focus',
    { focus: long('shop'), lit: 'mail shop shop/db shop/web watch', rest: 'would-be-denied' },
  ],
  ['a workload without edges has the focus', { focus: long('shop/idle'), lit: 'shop shop/idle', rest: everything }],
  ['an edge to a workload is selected', { ...fromWatch, rest: 'allowed denied would-be-denied' }],
  [
    'an edge within an app is selected',
    {
      selected: keyOf('shop/web', 'shop/db'),
      lit: 'shop shop/db shop/web',
      ends: 'shop/db shop/web',
      rest: 'allowed mixed would-be-denied',
    },
  ],
  [
    'an edge between closed cards is selected',
    { selected: keyOf('mail', 'watch'), lit: 'mail watch', ends: 'mail watch', rest: 'allowed denied mixed' },
  ],
  [
    'a closed card that a workload leads to has the focus',
    { focus: long('mail'), lit: 'mail shop shop/db watch', rest: 'denied mixed' },
  ],
  [
    'an edge from a workload is selected',
    {
      ...{ selected: keyOf('shop/db', 'mail'), lit: 'mail shop shop/db', ends: 'mail shop/db' },
      rest: 'denied mixed would-be-denied',
    },
  ],
  ['an edge is selected beside what has the focus', { ...fromWatch, focus: long('shop'), rest: 'would-be-denied' }],
];
for (const [title, { focus, selected, lit, ends = '', rest }] of cases) {
  test(`what is bright, and what is not looked at: ${title}`, () => {
    const found = picture(small, { focus: focus ?? null, selected: selected ?? null });
    assert.equal(found.lit && sorted(found.lit), lit ?? null);
    assert.equal(sorted(found.ends), ends);
    assert.deepEqual([found.focus, found.selected?.key], [focus ?? null, selected]);
    assert.equal([...found.trunks.keys()].sort().join(' '), rest);
    assert.ok([...found.trunks.values()].every((lines) => lines.length > 0));
    assert.deepEqual([found.drawn.length, found.folded], [4, 0]);
  });
}

const absent: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['nothing at all', { focus: null, selected: null }],
  ['a focus that is not there', { focus: long('gone'), selected: null }],
  ['an empty focus', { focus: '', selected: null }],
  ['a district, which cannot have it', { focus: 'env=prod', selected: null }],
  ['an edge that is not there', { focus: null, selected: keyOf('shop/db', 'shop/web') }],
  ['neither of them there', { focus: long('shop/gone'), selected: 'nonsense' }],
];
for (const [title, wanted] of absent) {
  test(`everything is bright for ${title}`, () => {
    const { focus, selected, lit, ends, trunks } = picture(small, wanted);
    assert.deepEqual([focus, selected, lit, ends.size, trunks.size], [null, null, null, 0, 4]);
  });
}

test('trunks are drawn once where paths of a state lie on each other', () => {
  const crowd = mapped(buildScene(sampleEstate({ apps: 40, perApp: 2, edges: 900, denied: 60 }), sampleView));
  const { drawn, trunks } = picture(crowd, { focus: null, selected: null });
  const states = new Set(drawn.map(({ state }) => state));
  assert.deepEqual(new Set(trunks.keys()), states);
  for (const state of states) {
    const paths = drawn.filter((edge) => edge.state === state).map(({ key }) => crowd.paths.get(key)?.points ?? []);
    const stretches = paths.reduce((sum, points) => sum + points.length - 1, 0);
    const lines = trunks.get(state) ?? [];
    assert.equal(
      lines.reduce((sum, { edges }) => sum + edges, 0),
      stretches,
    );
    assert.ok(lines.length < stretches, state);
  }
});

test('what is folded is not hit until it is looked at', () => {
  const apps = Array.from({ length: 8 }, (_, i) => workload(`a${i}`, `w${i}`));
  const edges = apps.flatMap((from) => apps.flatMap((to) => (from === to ? [] : [sampleEdge(edgeOf(from, to))])));
  const crowd = mapped(buildScene({ workloads: apps, edges }, sampleView));
  const unlooked = picture(crowd, { focus: null, selected: null });
  assert.deepEqual([unlooked.drawn.length, unlooked.folded], [0, 56]);
  for (const { key, from } of crowd.scene.edges) {
    const [a, b] = crowd.paths.get(key)?.points ?? [];
    assert.ok(a !== undefined && b !== undefined);
    const near = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    assert.equal(unlooked.hit(near, 1), null);
    const selected = picture(crowd, { focus: null, selected: key });
    assert.deepEqual([selected.hit(near, 1)?.key, selected.drawn.length, selected.folded], [key, 1, 55]);
    const focused = picture(crowd, { focus: from, selected: null });
    assert.deepEqual([focused.hit(near, 1)?.kind, focused.drawn.length, focused.folded], ['edge', 14, 42]);
  }
});

test('an edge is found with all of its path and both of its ends', () => {
  for (const edge of small.scene.edges) {
    const bounds = edgeBounds(small, edge);
    const boxes = [edge.from, edge.to].map((key) => boxOf(small, key));
    assert.ok(bounds !== null && boxes.every((box) => box !== null));
    const things = [
      ...boxes,
      ...(small.paths.get(edge.key)?.points ?? []).map((at) => ({ ...at, width: 0, height: 0 })),
    ];
    const least = (of: (box: (typeof things)[number]) => number): number => Math.min(...things.map(of));
    assert.deepEqual(
      [bounds.x, bounds.y, bounds.x + bounds.width, bounds.y + bounds.height],
      [
        least(({ x }) => x),
        least(({ y }) => y),
        -least(({ x, width }) => -x - width),
        -least(({ y, height }) => -y - height),
      ],
    );
  }
});

test('a box is that of a workload, of a card, or nothing', () => {
  assert.equal(boxOf(small, long('shop/web')), small.layout.dots.get(long('shop/web')));
  assert.equal(boxOf(small, long('mail')), small.layout.cards.get(long('mail')));
  for (const key of [long('gone'), 'env=prod', '']) assert.equal(boxOf(small, key), null);
});
