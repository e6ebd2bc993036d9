import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { displayLimit, displayText } from './display-text.ts';
import { edgePaths } from './edge-paths.ts';
import { layoutScene } from './layout.ts';
import { cardKey } from './places.ts';
import { addressEnd, sampleEdge, sampleEstate, sampleView, sampleWorkload, workloadEnd } from './sample-estate.ts';
import { buildScene, type Scene, type SceneInput } from './scene.ts';
import { tallySize } from './tally.ts';

const textCases: readonly (readonly [string, string, string])[] = [
  ['plain text', 'web-1', 'web-1'],
  ['markup is text', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['a bidi override', 'a\u202Egnp.exe', 'a‹202E›gnp.exe'],
  ['a line break and a bell', 'a\nb\u0007', 'a‹0A›b‹07›'],
  ['a zero-width space', 'pay\u200Bments', 'pay‹200B›ments'],
  ['right-to-left letters are isolated', 'שלום', '\u2068שלום\u2069'],
  ['half of a surrogate pair', '\uD800x', '‹D800›x'],
  ['nothing', '', ''],
];
for (const [title, text, shown] of textCases) {
  test(`text to draw: ${title}`, () => assert.equal(displayText(text), shown));
}

test('text to draw is cut, between code points', () => {
  const shown = displayText('😀'.repeat(5_000));
  assert.equal([...shown].length, displayLimit);
  assert.ok(shown.endsWith('😀…'));
});

const names = [
  'x'.repeat(10_000),
  '</script>',
  '\u202E',
  '__proto__',
  'constructor',
  '',
  '-',
  'a/b',
  '"',
  ' -> ',
  '\0',
  '🧨',
];
test('hostile names, labels and roles make a scene with as many cards as there are apps', () => {
  const workloads = names.map((name) => sampleWorkload(name, { env: name, app: name, role: name }));
  const edges = workloads.flatMap((from) =>
    workloads.map((to) => sampleEdge({ from: workloadEnd(from), to: workloadEnd(to) })),
  );
  const first = buildScene({ workloads, edges }, sampleView);
  const opened = new Set(first.districts.flatMap(({ cards }) => cards.map((card) => card.key)));
  assert.equal(opened.size, names.length);
  const scene = buildScene({ workloads, edges }, { ...sampleView, opened, search: '\u202E', focus: '__proto__' });
  const layout = layoutScene(scene, { previous: null, aspect: 1.6 });
  assert.equal(layout.dots.size, names.length);
  assert.equal(edgePaths(scene, layout).size, names.length * (names.length - 1));
  for (const edge of scene.edges) assert.ok(edge.fromName.length <= 2 * displayLimit);
});

test('one workload that talks to itself and to an address', () => {
  const one = sampleWorkload('one', {});
  const edges = [workloadEnd(one), addressEnd('192.0.2.1')].map((to) => sampleEdge({ from: workloadEnd(one), to }));
  const scene = buildScene({ workloads: [one], edges }, sampleView);
  assert.equal(scene.edges.length, 1);
  assert.equal(layoutScene(scene, { previous: null, aspect: 1.6 }).cards.size, 2);
});

test('labels that name each other in a circle of roles still have layers', () => {
  const ring = Array.from({ length: 50 }, (_, i) => sampleWorkload(`w${i}`, { app: 'ring', role: `r${i}` }));
  const edges = ring.flatMap((from, i) => {
    const to = ring[(i + 1) % ring.length];
    return to === undefined ? [] : [sampleEdge({ from: workloadEnd(from), to: workloadEnd(to) })];
  });
  const scene = buildScene({ workloads: ring, edges }, { ...sampleView, opened: new Set(['env=-/app=ring']) });
  const layers = scene.districts[0]?.cards[0]?.tiers?.map((tier) => tier.layer) ?? [];
  assert.deepEqual(new Set(layers).size, 50);
});

/** Each edge is an object with a key of its own, as reading an answer of the controller makes them. */
function repeated(edges: readonly Edge[], times: number): Edge[] {
  return Array.from({ length: times }, (_, i) => edges.map((edge) => ({ ...edge, key: `${edge.key} ${i}` }))).flat();
}

/** Microseconds of this thread's time per edge, the median of three: what else the machine does is not in it. */
function timed(input: SceneInput): { readonly scene: Scene; readonly perEdge: number } {
  const runs = [1, 2, 3].map(() => {
    const before = process.threadCpuUsage();
    const scene = buildScene(input, sampleView);
    const { user, system } = process.threadCpuUsage(before);
    return { scene, perEdge: (user + system) / input.edges.length };
  });
  const [, median] = runs.sort((a, b) => a.perEdge - b.perEdge);
  assert.ok(median !== undefined);
  return median;
}

test('a million edges are added up, each in about the time that it takes among a hundred thousand', () => {
  const { workloads, edges } = sampleEstate({ apps: 100, perApp: 20, edges: 50_000 });
  const million = repeated(edges, 20);
  const few = { workloads, edges: million.slice(0, 100_000) };
  buildScene(few, sampleView);
  const [among, all] = [timed(few), timed({ workloads, edges: million })];
  // Each is in the tally of the card at its one end, and of that at its other where that is another.
  const ends = edges.reduce((sum, { from, to }) => sum + (cardOf(from) === cardOf(to) ? 1 : 2), 0);
  assert.equal(
    all.scene.districts.reduce((sum, { tally }) => sum + tallySize(tally), 0),
    20 * ends,
  );
  // Quadratic work would take ten times as long for each.
  assert.ok(all.perEdge < 4 * among.perEdge, `${all.perEdge} us each, among 100,000 ${among.perEdge} us`);
});

function cardOf(end: Edge['from']): string {
  return end.kind === 'workload' ? cardKey(end.labels) : `${end.network} ${end.address.replace(/\.\d+$/, '')}`;
}
