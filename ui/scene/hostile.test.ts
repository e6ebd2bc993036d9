import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayLimit, displayText } from './display-text.ts';
import { edgePaths } from './edge-paths.ts';
import { layoutScene } from './layout.ts';
import { addressEnd, sampleEdge, sampleEstate, sampleView, sampleWorkload, workloadEnd } from './sample-estate.ts';
import { buildScene } from './scene.ts';

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

test('300,000 edges take time in proportion', () => {
  const timed = (edges: number): number => {
    const input = sampleEstate({ apps: 100, perApp: 20, edges });
    const started = performance.now();
    buildScene(input, sampleView);
    return performance.now() - started;
  };
  timed(30_000);
  const [few, many] = [timed(30_000), timed(300_000)];
  // Ten times the edges; quadratic work would take a hundred times as long.
  assert.ok(many < 50 * Math.max(few, 20), `${Math.round(few)} ms, ${Math.round(many)} ms`);
});
