import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionStates } from '@bulkhead/flows/decision-state.ts';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { addressEnd, sampleEdge, sampleEstate, sampleView, sampleWorkload, workloadEnd } from './sample-estate.ts';
import { buildScene, type Scene, type SceneInput, type SceneView, sceneLimits } from './scene.ts';
import { stateUnder, tallySize } from './tally.ts';

const web = sampleWorkload('web-1', { env: 'prod', app: 'shop', role: 'web' });
const db = sampleWorkload('db-1', { env: 'prod', app: 'shop', role: 'db' });
const bare = sampleWorkload('bare', {});
const other = sampleWorkload('mail', { env: 'prod' });
const [webEnd, dbEnd, bareEnd] = [workloadEnd(web), workloadEnd(db), workloadEnd(bare)];

const scene = (input: SceneInput, view: Partial<SceneView> = {}): Scene =>
  buildScene(input, { ...sampleView, ...view });
const cardKeys = (found: Scene): string[] => found.districts.flatMap(({ cards }) => cards.map((card) => card.key));
const workloads = [web, db, bare, other];

test('workloads are grouped by env and app, and a missing label has a place of its own', () => {
  const found = scene({ workloads, edges: [] });
  assert.deepEqual(
    found.districts.map(({ kind, name }) => [kind, name]),
    [
      ['environment', 'prod'],
      ['no-environment', 'no environment'],
    ],
  );
  assert.deepEqual(cardKeys(found), ['env=prod/app=shop', 'env=prod/app=-', 'env=-/app=-']);
});

test('a label whose value is a dash is not a missing label', () => {
  const dash = sampleWorkload('dash', { env: '-', app: '-' });
  assert.deepEqual(cardKeys(scene({ workloads: [dash], edges: [] })), ['env="-"/app="-"']);
});

const outsideCases: readonly (readonly [string, string, string])[] = [
  ['IPv4 by /24', '203.0.113.77', '203.0.113.0/24'],
  ['IPv6 by /64', '2001:db8::1', '2001:db8::/64'],
  ['a known prefix by name', '192.0.2.200', 'partners'],
  ['the longest known prefix', '192.0.2.1', 'partner-vpn'],
  ['what is no address by itself', 'not an address', 'not an address'],
];
for (const [title, address, name] of outsideCases) {
  test(`an address outside is shown: ${title}`, () => {
    const prefixes = [
      { name: 'partners', prefix: '192.0.2.0/24' },
      { name: 'partner-vpn', prefix: '192.0.2.0/28' },
      { name: 'malformed', prefix: '203.0.113.1/8' },
    ];
    const edges = [sampleEdge({ from: addressEnd(address), to: webEnd })];
    const [outside] = scene({ workloads, prefixes, edges }).districts;
    assert.deepEqual([outside?.kind, outside?.cards[0]?.name], ['outside', name]);
  });
}

test('traffic within a closed card is in its tally and no edge', () => {
  const found = scene({ workloads, edges: [sampleEdge({ from: webEnd, to: dbEnd, state: 'denied' })] });
  assert.equal(found.edges.length, 0);
  assert.equal(found.districts[0]?.cards[0]?.tally.denied, 1);
});

test('an opened app shows its roles in the direction of traffic', () => {
  const edges = [sampleEdge({ from: webEnd, to: dbEnd, port: 5432 })];
  const found = scene({ workloads, edges }, { opened: new Set(['env=prod/app=shop']) });
  const tiers = found.districts[0]?.cards[0]?.tiers ?? [];
  assert.deepEqual(
    tiers.map(({ name, layer }) => [name, layer]),
    [
      ['web', 0],
      ['db', 1],
    ],
  );
  assert.equal(tiers[1]?.dots[0]?.ports, 'tcp/5432');
  assert.deepEqual(
    found.edges.map(({ reach, ports }) => [reach, ports]),
    [['card', 'tcp/5432']],
  );
});

test('a bundle takes the worst state of what it bundles and counts all of it', () => {
  const states = decisionStates.map((state, port) => sampleEdge({ from: webEnd, to: bareEnd, port, state }));
  const [edge] = scene({ workloads, edges: states }).edges;
  assert.equal(edge?.state, 'denied');
  assert.equal(edge?.size, 5);
  assert.equal(edge?.connections, 50);
  assert.match(edge?.ports ?? '', /^tcp\/0, tcp\/1, tcp\/2, tcp\/3 \+1$/);
});

test('what only would be denied was done: effective calls it allowed', () => {
  const edges = [sampleEdge({ from: webEnd, to: bareEnd, state: 'would-be-denied' })];
  assert.equal(scene({ workloads, edges }).edges[0]?.state, 'would-be-denied');
  assert.equal(scene({ workloads, edges }, { decision: 'effective' }).edges[0]?.state, 'allowed');
});

test('states that are not to be shown make no edges', () => {
  const edges = [sampleEdge({ from: webEnd, to: bareEnd }), sampleEdge({ from: bareEnd, to: webEnd, state: 'denied' })];
  const found = scene({ workloads, edges }, { show: new Set(['denied']) });
  assert.deepEqual(
    found.edges.map((edge) => edge.state),
    ['denied'],
  );
});

test('a workload that is not listed is where its newest edge saw it', () => {
  const [before, now] = ['old', 'new'].map((app) => workloadEnd(sampleWorkload('moved', { env: 'prod', app })));
  assert.ok(before !== undefined && now !== undefined);
  const edges = [
    { ...sampleEdge({ from: now, to: bareEnd }), last: 9 },
    { ...sampleEdge({ from: before, to: bareEnd }), last: 5 },
  ];
  assert.ok(cardKeys(scene({ workloads, edges })).includes('env=prod/app=new'));
  assert.ok(!cardKeys(scene({ workloads, edges })).includes('env=prod/app=old'));
});

test('search marks cards by name, workload and label', () => {
  const matching = (search: string): string[] =>
    scene({ workloads, edges: [] }, { search }).districts.flatMap(({ cards }) =>
      cards.filter((card) => card.matches).map((card) => card.key),
    );
  assert.deepEqual(matching('SHOP'), ['env=prod/app=shop']);
  assert.deepEqual(matching('bare'), ['env=-/app=-']);
  assert.deepEqual(matching('role=db'), ['env=prod/app=shop']);
  assert.deepEqual(matching('nothing'), []);
  assert.equal(matching('').length, 3);
});

for (const seed of [1, 2, 3, 4, 5]) {
  test(`edges add up as brute force says, seed ${seed}`, () => {
    const input = sampleEstate({ apps: 12, perApp: 4, edges: 600, seed, denied: 40 });
    const found = scene(input);
    for (const edge of found.edges) {
      const owned = (key: string) =>
        input.workloads.filter(({ labels: { env, app } }) => key === `env=${env}/app=${app}`);
      const [from, to] = [new Set(owned(edge.from).map((w) => w.name)), new Set(owned(edge.to).map((w) => w.name))];
      if (from.size === 0 || to.size === 0) continue;
      const under = input.edges.filter(
        (one) =>
          one.from.kind === 'workload' && one.to.kind === 'workload' && from.has(one.from.name) && to.has(one.to.name),
      );
      assert.equal(edge.size, under.length);
      assert.equal(
        edge.connections,
        under.reduce((sum, one) => sum + one.attempts, 0),
      );
      assert.equal(edge.tally.denied, under.filter((one) => one.state === 'denied').length);
    }
    const inside = found.districts.flatMap(({ cards }) => cards).reduce((sum, card) => sum + tallySize(card.tally), 0);
    const across = found.edges.reduce((sum, edge) => sum + edge.size, 0);
    assert.equal(inside - across, input.edges.length);
  });
}

test('the order of edges and workloads means nothing', () => {
  const input = sampleEstate({ apps: 20, perApp: 3, edges: 500 });
  const turned = { workloads: input.workloads.toReversed(), edges: input.edges.toReversed() };
  assert.deepEqual(scene(turned), scene(input));
});

test('beyond 500 cards those with most that is not allowed stay, and the rest is counted', () => {
  const many = sampleEstate({ apps: 700, perApp: 1, edges: 0 }).workloads;
  const last = many.at(-1);
  assert.ok(last !== undefined);
  const edges = [sampleEdge({ from: workloadEnd(last), to: bareEnd, state: 'denied' })];
  const found = scene({ workloads: [...many, bare], edges });
  assert.equal(cardKeys(found).length, sceneLimits.nodes);
  assert.equal(found.omitted.cards, 201);
  assert.equal(found.edges.length, 1);
});

test('beyond 2,000 bundles those that are not allowed stay, and the rest is counted', () => {
  const input = sampleEstate({ apps: 200, perApp: 2, edges: 9000, denied: 5 });
  const [few, all] = [scene(input), scene(input, { show: new Set(['denied', 'mixed', 'would-be-denied']) })];
  assert.equal(few.edges.length, sceneLimits.edges);
  assert.ok(few.omitted.edges > 0);
  assert.equal(
    few.edges.filter((edge) => edge.state !== 'allowed' && edge.state !== 'unknown').length,
    all.edges.length,
  );
});

test('an opened app with 10,000 workloads shows some and folds the rest, with their edges', () => {
  const crowd = Array.from({ length: 10_000 }, (_, i) =>
    sampleWorkload(`w${i}`, { app: 'crowd', role: `r${i % 300}` }),
  );
  const far = crowd[9_999];
  assert.ok(far !== undefined);
  const edges = [sampleEdge({ from: webEnd, to: workloadEnd(far) })];
  const found = scene({ workloads: [...crowd, web], edges }, { opened: new Set(['env=-/app=crowd']) });
  assert.ok(found.omitted.workloads >= 9_500);
  assert.deepEqual(
    found.edges.map((edge) => edge.to),
    ['env=-/app=crowd/rest'],
  );
});

test('an empty estate is an empty scene', () => {
  assert.deepEqual(scene({ workloads: [], edges: [] }), {
    districts: [],
    edges: [],
    omitted: { cards: 0, workloads: 0, edges: 0 },
  });
});

for (const [latest, intended, effective] of [
  ['allowed', 'allowed', 'allowed'],
  ['would-be-denied', 'would-be-denied', 'allowed'],
  ['denied', 'denied', 'denied'],
  ['mixed', 'mixed', 'mixed'],
  ['unknown', 'unknown', 'unknown'],
] as const)
  test(`an edge that was allowed for an hour and is ${latest} now is ${intended} intended, ${effective} in effect`, () => {
    const edge = { state: 'allowed', latest, attempts: 9, denied: 0, wouldBeDenied: 0 } as Edge;
    assert.deepEqual([stateUnder(edge, 'intended'), stateUnder(edge, 'effective')], [intended, effective]);
  });
