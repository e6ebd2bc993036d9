import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClusterStatus, clusterLines } from './cluster-lines.ts';

const plain = new Proxy({}, { get: () => (text: string) => text }) as Parameters<typeof clusterLines>[1];
const now = '2026-11-27T10:00:00.000Z';
const fresh: ClusterStatus = {
  name: 'prod',
  state: 'watching',
  connectedSince: '2026-11-27T09:00:00.000Z',
  staleSince: null,
  workloads: 120,
  refused: { count: 0, first: [] },
  unsetKeys: {},
  problems: [],
};
const unset = Object.fromEntries('abcdefg'.split('').map((key, index) => [key, index + 1]));

const cases: readonly (readonly [what: string, clusters: readonly ClusterStatus[], lines: readonly string[]])[] = [
  ['no cluster', [], []],
  ['all is well', [fresh], ['cluster     prod watching for 1 h, 120 workloads']],
  [
    'it does not answer',
    [
      {
        ...fresh,
        state: 'stale',
        connectedSince: null,
        staleSince: '2026-11-27T09:58:00.000Z',
        problems: ['Cannot watch it'],
      },
    ],
    ['cluster     prod stale for 2 min, 120 workloads', '  problem   Cannot watch it'],
  ],
  [
    'a name that somebody else has',
    [{ ...fresh, refused: { count: 2, first: [{ name: 'shop/web', why: 'a host has this name' }] } }],
    ['cluster     prod watching for 1 h, 120 workloads', '  refused   2, such as shop/web: a host has this name'],
  ],
  [
    'keys that nobody lets it set',
    [{ ...fresh, unsetKeys: unset }],
    [
      'cluster     prod watching for 1 h, 120 workloads',
      '  not set   g (7), f (6), e (5), d (4), c (3) and 2 more: no LabelSource lets an orchestrator set them',
    ],
  ],
];
for (const [what, clusters, lines] of cases)
  test(`status of clusters: ${what}`, () => assert.deepEqual(clusterLines({ now, clusters }, plain), lines));

test('status of clusters: of a controller that says nothing of them', () =>
  assert.deepEqual(clusterLines({ now }, plain), []));
