import type { Visible, VisibleNode } from './pick-visible.ts';
import type { PlacedEdge, Places } from './places.ts';
import { countService, portsText } from './ports-text.ts';
import { type SceneEdge, type SceneView, sceneLimits } from './scene.ts';
import { emptyTally, type MutableTally, worstFirst, worstState } from './tally.ts';

type Bundling = { readonly places: Places; readonly visible: Visible; readonly view: SceneView };

type Bundle = {
  readonly from: VisibleNode;
  readonly to: VisibleNode;
  readonly tally: MutableTally;
  size: number;
  connections: number;
  denied: number;
  wouldBeDenied: number;
  last: number;
};

/** One bundle per pair and direction of visible things; `left` of them had no room. */
export function collectBundles(input: Bundling): { readonly edges: readonly SceneEdge[]; readonly left: number } {
  const { pairs, bundles } = bundlePairs(input);
  const ranked = rank(bundles, input.view.focus);
  const kept = new Map(ranked.slice(0, sceneLimits.edges).map(([pair, bundle]) => [pair, { bundle, ...underlying() }]));
  input.places.edges.forEach(({ edge }, index) => {
    const found = kept.get(pairs[index] ?? nowhere);
    if (found === undefined) return;
    countService(found.services, edge.serviceText, edge.attempts);
    found.keys.push(edge.key);
  });
  const edges = [...kept.values()].map(({ bundle, services, keys }) =>
    sceneEdge(bundle, { services, keys, now: input.view.now }),
  );
  return { edges: edges.sort((a, b) => (a.key < b.key ? -1 : 1)), left: ranked.length - kept.size };
}

const nowhere = -1;

/** `pairs` holds for each edge the number of its bundle, so that a second pass over 1,000,000 of them is cheap. */
function bundlePairs({ places, visible, view }: Bundling) {
  const bundles = new Map<number, Bundle>();
  const pairs = new Float64Array(places.edges.length).fill(nowhere);
  places.edges.forEach((placed, index) => {
    const from = visible.nodeOf.get(placed.from);
    const to = visible.nodeOf.get(placed.to);
    if (from === undefined || to === undefined || from === to || !view.show.has(placed.state)) return;
    const pair = from.index * visible.nodes.length + to.index;
    pairs[index] = pair;
    const bundle = bundles.get(pair);
    if (bundle === undefined) bundles.set(pair, addEdge(newBundle(from, to), placed));
    else addEdge(bundle, placed);
  });
  return { pairs, bundles };
}

const underlying = () => ({ services: new Map<string, number>(), keys: [] as string[] });

function newBundle(from: VisibleNode, to: VisibleNode): Bundle {
  return { from, to, tally: emptyTally(), size: 0, connections: 0, denied: 0, wouldBeDenied: 0, last: 0 };
}

function addEdge(bundle: Bundle, { edge, state }: PlacedEdge): Bundle {
  bundle.tally[state]++;
  bundle.size++;
  bundle.connections += edge.attempts;
  bundle.denied += edge.denied;
  bundle.wouldBeDenied += edge.wouldBeDenied;
  bundle.last = Math.max(bundle.last, edge.last);
  return bundle;
}

function rank(bundles: ReadonlyMap<number, Bundle>, focus: string | null): [number, Bundle][] {
  const weigh = (bundle: Bundle) => {
    const touches =
      focus !== null && [bundle.from.key, bundle.to.key, bundle.from.card, bundle.to.card].includes(focus);
    return (touches ? 0 : worstFirst.length) + worstFirst.indexOf(worstState(bundle.tally));
  };
  const weighed = [...bundles].map((entry) => ({ entry, weight: weigh(entry[1]) }));
  weighed.sort((a, b) => a.weight - b.weight || compareBundles(a.entry[1], b.entry[1]));
  return weighed.map(({ entry }) => entry);
}

function compareBundles(a: Bundle, b: Bundle): number {
  return b.connections - a.connections || a.from.index - b.from.index || a.to.index - b.to.index;
}

type Behind = { readonly services: ReadonlyMap<string, number>; readonly keys: string[]; readonly now: number };

function sceneEdge(bundle: Bundle, { services, keys, now }: Behind): SceneEdge {
  const { from, to, tally, size, connections, denied, wouldBeDenied } = bundle;
  return {
    key: `${from.key} -> ${to.key}`,
    from: from.key,
    to: to.key,
    fromName: from.name,
    toName: to.name,
    fromDistrict: from.districtName,
    toDistrict: to.districtName,
    fromCard: from.card,
    toCard: to.card,
    district: from.district,
    state: worstState(tally),
    reach: from.card === to.card ? 'card' : from.district === to.district ? 'district' : 'across',
    connections,
    denied,
    wouldBeDenied,
    tally,
    size,
    ports: portsText(services),
    silence: Math.max(0, now - bundle.last),
    underlying: keys.sort().slice(0, sceneLimits.underlying),
  };
}
