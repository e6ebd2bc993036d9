import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { portsText } from './ports-text.ts';
import { addressEnd, type SampleEdge, sampleEdge, sampleView, sampleWorkload, workloadEnd } from './sample-estate.ts';
import { buildScene, type Scene, type SceneEdge, type SceneView, sceneLimits } from './scene.ts';
import { emptyTally, type Tally, tallySize } from './tally.ts';

const web = sampleWorkload('web', { env: 'prod', app: 'shop', role: 'web' });
const db = { ...sampleWorkload('db', { env: 'prod', app: 'shop', role: 'db' }), managed: false };
const mail = sampleWorkload('mail', { env: 'prod', app: 'mail' });
const workloads = [web, db, mail];
const [webEnd, dbEnd, mailEnd] = workloads.map(workloadEnd) as [
  SampleEdge['from'],
  SampleEdge['from'],
  SampleEdge['from'],
];
const [shop, webDot, dbDot] = ['env=prod/app=shop', 'env=prod/app=shop/workload=web', 'env=prod/app=shop/workload=db'];

const sceneOf = (edges: readonly Edge[], view: Partial<SceneView> = {}): Scene =>
  buildScene({ workloads, edges }, { ...sampleView, ...view });

/** An edge from web to mail with numbers of its own. */
function numbered(port: number, numbers: Partial<Edge>, state: DecisionState = 'allowed'): Edge {
  return { ...sampleEdge({ from: webEnd, to: mailEnd, port, state }), ...numbers };
}

type Sums = Pick<SceneEdge, 'connections' | 'denied' | 'wouldBeDenied' | 'size' | 'silence' | 'ports' | 'state'>;
const sums = (edge: SceneEdge | undefined): Partial<Sums> => {
  const { connections, denied, wouldBeDenied, size, silence, ports, state } = edge ?? ({} as SceneEdge);
  return { connections, denied, wouldBeDenied, size, silence, ports, state };
};

const one: Sums = {
  ...{ connections: 7, denied: 2, wouldBeDenied: 1, size: 1, silence: 300, ports: 'tcp/1', state: 'allowed' },
};
const first = numbered(1, { attempts: 7, denied: 2, wouldBeDenied: 1, last: 700 });
const second = (numbers: Partial<Edge>, state?: DecisionState): Edge[] => [
  first,
  numbered(2, { attempts: 1, denied: 0, wouldBeDenied: 0, last: 700, ...numbers }, state),
];
const both: Sums = { ...one, connections: 8, size: 2, ports: 'tcp/1, tcp/2' };

/** Edges of one bundle, and what it says; the clock is at 1,000. */
const numbers: readonly (readonly [title: string, edges: readonly Edge[], said: Sums])[] = [
  ['one edge as it is', [first], one],
  ['connections add up', second({ attempts: 5 }), { ...both, connections: 12 }],
  ['denied ones add up by their number, not by their edges', second({ denied: 40 }), { ...both, denied: 42 }],
  ['so do those that would be denied', second({ wouldBeDenied: 50 }), { ...both, wouldBeDenied: 51 }],
  ['a later connection ends the silence', second({ last: 950 }), { ...both, silence: 50 }],
  ['an earlier one does not lengthen it', second({ last: 5 }), { ...both, silence: 300 }],
  ['a host whose clock is ahead is not silent', second({ last: 1400 }), { ...both, silence: 0 }],
  ['ports go by connections', second({ attempts: 8 }), { ...both, connections: 15, ports: 'tcp/2, tcp/1' }],
  ['the worst state is shown', second({}, 'mixed'), { ...both, state: 'mixed' }],
];
for (const [title, edges, said] of numbers) {
  for (const [order, list] of [['', edges] as const, [', turned', edges.toReversed()] as const]) {
    test(`a bundle's numbers: ${title}${order}`, () => {
      const { edges: bundles } = sceneOf(list);
      assert.deepEqual(bundles.map(sums), [said]);
    });
  }
}

test('a bundle names the first hundred of its edges, in order', () => {
  const many = Array.from({ length: 130 }, (_, i) => numbered(i, { key: `e${String(i).padStart(3, '0')}` }));
  const [bundle] = sceneOf(many.toReversed()).edges;
  assert.equal(bundle?.size, 130);
  assert.deepEqual(
    bundle?.underlying,
    many.slice(0, sceneLimits.underlying).map(({ key }) => key),
  );
});

const services: readonly (readonly [services: Readonly<Record<string, number>>, text: string])[] = [
  [{}, ''],
  [{ 'tcp/1': 1 }, 'tcp/1'],
  [{ 'tcp/1': 1, 'tcp/2': 9, 'tcp/3': 5 }, 'tcp/2, tcp/3, tcp/1'],
  [{ 'tcp/3': 5, 'tcp/1': 5, 'tcp/2': 5 }, 'tcp/1, tcp/2, tcp/3'],
  [{ 'tcp/1': 1, 'tcp/2': 2, 'tcp/3': 3, 'tcp/4': 4 }, 'tcp/4, tcp/3, tcp/2, tcp/1'],
  [{ 'tcp/1': 1, 'tcp/2': 2, 'tcp/3': 3, 'tcp/4': 4, 'tcp/5': 5 }, 'tcp/5, tcp/4, tcp/3, tcp/2 +1'],
  [{ 'x\ny': 1 }, 'x‹0A›y'],
];
for (const [counts, text] of services) {
  test(`services by connections: "${text}"`, () => assert.equal(portsText(new Map(Object.entries(counts))), text));
}

/** Where edges end, and in how many each thing's tally counts: two dots of one card, the card, another card, its district. */
const tallies: readonly (readonly [title: string, edges: readonly SampleEdge[], counted: string])[] = [
  ['nothing', [], 'web 0, db 0, shop 0, mail 0, prod 0'],
  ['within an app', [{ from: webEnd, to: dbEnd }], 'web 1, db 1, shop 1, mail 0, prod 1'],
  ['a workload to itself', [{ from: webEnd, to: webEnd }], 'web 1, db 0, shop 1, mail 0, prod 1'],
  ['between apps', [{ from: webEnd, to: mailEnd }], 'web 1, db 0, shop 1, mail 1, prod 2'],
  ['from another app', [{ from: mailEnd, to: dbEnd }], 'web 0, db 1, shop 1, mail 1, prod 2'],
  ['from outside', [{ from: addressEnd('192.0.2.1'), to: webEnd }], 'web 1, db 0, shop 1, mail 0, prod 1'],
  [
    'all of that at once',
    [
      { from: webEnd, to: dbEnd },
      { from: webEnd, to: webEnd },
      { from: webEnd, to: mailEnd },
      { from: mailEnd, to: dbEnd },
    ],
    'web 3, db 2, shop 4, mail 2, prod 6',
  ],
];
for (const [title, edges, counted] of tallies) {
  test(`tallies count an edge once: ${title}`, () => {
    const found = sceneOf(
      edges.map((edge) => sampleEdge({ ...edge, state: 'denied' })),
      { opened: new Set([shop]) },
    );
    const prod = found.districts.find(({ key }) => key === 'env=prod');
    const cards = new Map(prod?.cards.map((card) => [card.key, card]));
    const dots = new Map(cards.get(shop)?.tiers?.flatMap((tier) => tier.dots.map((dot) => [dot.key, dot])));
    const told: readonly (readonly [string, Tally | undefined])[] = [
      ['web', dots.get(webDot)?.tally],
      ['db', dots.get(dbDot)?.tally],
      ['shop', cards.get(shop)?.tally],
      ['mail', cards.get('env=prod/app=mail')?.tally],
      ['prod', prod?.tally],
    ];
    const text = (count: (tally: Tally) => number): string =>
      told.map(([name, tally]) => `${name} ${count(tally ?? emptyTally())}`).join(', ');
    assert.equal(text(tallySize), counted);
    assert.equal(
      text(({ denied }) => denied),
      counted,
    );
  });
}

test('a card says how many of its workloads have an agent, and so does each of them', () => {
  const [shopCard, mailCard] = ['shop', 'mail'].map((app) =>
    sceneOf([], { opened: new Set([shop]) }).districts[0]?.cards.find(({ name }) => name === app),
  );
  assert.deepEqual([shopCard?.size, shopCard?.managed, mailCard?.size, mailCard?.managed], [2, 1, 1, 1]);
  const dots = shopCard?.tiers?.flatMap((tier) => tier.dots) ?? [];
  assert.deepEqual(
    dots.map((dot) => [dot.name, dot.kind === 'workload' && dot.managed, dot.kind === 'workload' && dot.mode]),
    [
      ['db', false, 'test'],
      ['web', true, 'test'],
    ],
  );
});
