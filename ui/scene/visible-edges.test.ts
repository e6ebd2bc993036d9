import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { SceneEdge } from './scene.ts';
import { emptyTally } from './tally.ts';
import { touches, visibleEdges } from './visible-edges.ts';

type Ends = Pick<SceneEdge, 'from' | 'to' | 'fromCard' | 'toCard' | 'district' | 'reach'>;
const ends: Readonly<Record<SceneEdge['reach'], Ends>> = {
  across: { from: 'a/1', to: 'b/1', fromCard: 'a', toCard: 'b', district: 'd', reach: 'across' },
  district: { from: 'a/1', to: 'c/1', fromCard: 'a', toCard: 'c', district: 'd', reach: 'district' },
  card: { from: 'a/1', to: 'a/2', fromCard: 'a', toCard: 'a', district: 'd', reach: 'card' },
};

function edgeOf(key: string, state: DecisionState, where: Ends): SceneEdge {
  return {
    ...{ key, state, fromName: '', toName: '', fromDistrict: '', toDistrict: '', tally: emptyTally(), size: 1 },
    ...{ connections: 1, denied: 0, wouldBeDenied: 0, ports: '', silence: 0, underlying: [] },
    ...where,
  };
}

/** So many edges of one kind; `x` and `y` are other districts and other cards. */
type Some = readonly [count: number, state: DecisionState, reach: SceneEdge['reach'], where?: Partial<Ends>];
const listOf = (some: readonly Some[]): SceneEdge[] =>
  some.flatMap(([count, state, reach, where], kind) =>
    Array.from({ length: count }, (_, i) => edgeOf(`${kind}-${i}`, state, { ...ends[reach], ...where })),
  );

const crowds: readonly (readonly [title: string, some: readonly Some[], drawn: number])[] = [
  ['none', [], 0],
  ['as many across districts as can be followed', [[160, 'allowed', 'across']], 160],
  ['one more across districts', [[161, 'allowed', 'across']], 0],
  ['across districts more than a district may have', [[41, 'allowed', 'across']], 41],
  ['as many in a district as can be followed', [[40, 'allowed', 'district']], 40],
  ['one more in a district', [[41, 'allowed', 'district']], 0],
  ['as many in an app as can be followed', [[40, 'allowed', 'card']], 40],
  ['one more in an app', [[41, 'allowed', 'card']], 0],
  [
    'what nobody judged crowds too',
    [
      [1, 'unknown', 'district'],
      [40, 'allowed', 'district'],
    ],
    0,
  ],
  [
    'one that is denied crowds nobody',
    [
      [1, 'denied', 'district'],
      [40, 'allowed', 'district'],
    ],
    41,
  ],
  [
    'denied ones are drawn in any crowd',
    [
      [3, 'denied', 'card'],
      [41, 'allowed', 'card'],
    ],
    3,
  ],
  [
    'so are those that would be',
    [
      [3, 'would-be-denied', 'across'],
      [161, 'allowed', 'across'],
    ],
    3,
  ],
  [
    'so are mixed ones',
    [
      [3, 'mixed', 'district'],
      [41, 'unknown', 'district'],
    ],
    3,
  ],
  [
    'districts do not crowd each other',
    [
      [40, 'allowed', 'district'],
      [40, 'allowed', 'district', { district: 'x' }],
    ],
    80,
  ],
  [
    'a crowd in one district folds no other',
    [
      [41, 'allowed', 'district'],
      [9, 'allowed', 'district', { district: 'x' }],
    ],
    9,
  ],
  [
    'apps do not crowd each other',
    [
      [40, 'allowed', 'card'],
      [40, 'allowed', 'card', { fromCard: 'x', toCard: 'x' }],
    ],
    80,
  ],
  [
    'an app does not crowd its district',
    [
      [40, 'allowed', 'card'],
      [40, 'allowed', 'district'],
    ],
    80,
  ],
  [
    'a district does not crowd what leaves it',
    [
      [41, 'allowed', 'district'],
      [40, 'allowed', 'across'],
    ],
    40,
  ],
  [
    'what leaves districts is one crowd',
    [
      [100, 'allowed', 'across'],
      [61, 'allowed', 'across', { district: 'x' }],
    ],
    0,
  ],
];
for (const [title, some, drawn] of crowds) {
  test(`of edges are drawn ${drawn}: ${title}`, () => {
    const edges = listOf(some);
    const seen = visibleEdges({ edges }, { focus: null, selected: null });
    assert.deepEqual([seen.drawn.length, seen.folded], [drawn, edges.length - drawn]);
  });
}

/** Beside crowds that are folded whole. */
const [alike, lone] = ['alike', 'lone'].map((key) =>
  edgeOf(key, 'allowed', { ...ends.across, from: 'p/1', to: 'q/1', fromCard: 'p', toCard: 'q' }),
);
assert.ok(alike !== undefined && lone !== undefined);
const folded = listOf([
  [200, 'allowed', 'across'],
  [50, 'allowed', 'card'],
]);

const looks: readonly (readonly [title: string, focus: string | null, selected: SceneEdge | null, drawn: string])[] = [
  ['nothing', null, null, ''],
  ['the edge is selected', null, lone, 'lone'],
  ['another is selected', null, alike, 'alike'],
  ['one that is not in the scene is selected', null, { ...lone }, ''],
  ['where they come from has the focus', 'p/1', null, 'alike lone'],
  ['where they lead has the focus', 'q/1', null, 'alike lone'],
  ['the opened card that they come from has the focus', 'p', null, 'alike lone'],
  ['the opened card that they lead to has the focus', 'q', null, 'alike lone'],
  ['another workload has the focus', 'p/2', null, ''],
  ['a district has the focus', 'd', null, ''],
  ['what has no name has the focus', '', null, ''],
];
for (const [title, focus, selected, drawn] of looks) {
  test(`of folded edges are drawn "${drawn}" when ${title}`, () => {
    const seen = visibleEdges({ edges: [...folded, alike, lone] }, { focus, selected });
    assert.equal(seen.drawn.map(({ key }) => key).join(' '), drawn);
    assert.equal(seen.folded, folded.length + 2 - seen.drawn.length);
    for (const edge of [alike, lone]) assert.equal(touches(edge, focus), focus !== null && /^(p|q)(\/1)?$/.test(focus));
  });
}
