import { compareNames, displayText } from './display-text.ts';
import type { CardPlace, DistrictPlace, Places, Spot } from './places.ts';
import { type Card, type District, type Omitted, type SceneView, sceneLimits, type Tier } from './scene.ts';
import { addTally, emptyTally, notAllowed, tallySize } from './tally.ts';
import { buildTiers } from './tiers.ts';

/** A thing that edges may end on, numbered so that a pair of them is one number. */
export type VisibleNode = {
  readonly index: number;
  readonly key: string;
  readonly name: string;
  readonly card: string;
  readonly district: string;
  readonly districtName: string;
};

export type Visible = {
  readonly districts: readonly District[];
  readonly nodes: readonly VisibleNode[];
  /** What stands for each spot; a spot that is absent was left out. */
  readonly nodeOf: ReadonlyMap<Spot, VisibleNode>;
  readonly omitted: Pick<Omitted, 'cards' | 'workloads'>;
};

/** Opened cards and the focused one first, then those with most that is not allowed. */
export function pickVisible(places: Places, view: SceneView): Visible {
  const isWanted = (card: CardPlace): boolean => view.opened.has(card.key) || ownsKey(card, view.focus);
  const ranked = [...places.cards].sort((a, b) => Number(isWanted(b)) - Number(isWanted(a)) || compareCards(a, b));
  const shown = ranked.slice(0, sceneLimits.nodes).sort(byPlace);
  const registry = nodeRegistry();
  const build = cardBuilder({ places, view, registry, room: sceneLimits.nodes - shown.length });
  const cards = shown.map((card) => ({ place: card.district, ...build.card(card) }));
  return {
    districts: groupDistricts(cards),
    nodes: registry.nodes,
    nodeOf: registry.nodeOf,
    omitted: { cards: ranked.length - shown.length, workloads: build.folded() },
  };
}

function ownsKey(card: CardPlace, focus: string | null): boolean {
  return focus !== null && (focus === card.key || focus.startsWith(`${card.key}/`));
}

function compareCards(a: CardPlace, b: CardPlace): number {
  const bad = notAllowed(b.tally) - notAllowed(a.tally);
  return bad || tallySize(b.tally) - tallySize(a.tally) || b.spots.length - a.spots.length || byKey(a, b);
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1);

const kindOrder = ['outside', 'environment', 'no-environment'];

function byPlace(a: CardPlace, b: CardPlace): number {
  const kinds = kindOrder.indexOf(a.district.kind) - kindOrder.indexOf(b.district.kind);
  if (kinds !== 0) return kinds;
  if (a.district.key !== b.district.key) return compareNames(a.district.key, b.district.key);
  if (a.kind !== b.kind) return a.kind === 'no-app' ? 1 : -1;
  return compareNames(a.name, b.name) || byKey(a, b);
}

type Registry = {
  readonly nodes: VisibleNode[];
  readonly nodeOf: Map<Spot, VisibleNode>;
  readonly add: (node: Omit<VisibleNode, 'index'>, spots: readonly Spot[]) => void;
};

function nodeRegistry(): Registry {
  const nodes: VisibleNode[] = [];
  const nodeOf = new Map<Spot, VisibleNode>();
  const add: Registry['add'] = (node, spots) => {
    const added = { ...node, index: nodes.length };
    nodes.push(added);
    for (const spot of spots) nodeOf.set(spot, added);
  };
  return { nodes, nodeOf, add };
}

type Building = {
  readonly places: Places;
  readonly view: SceneView;
  readonly registry: Registry;
  /** Workloads that may still be shown one by one. */
  readonly room: number;
};

function cardBuilder({ places, view, registry, room }: Building) {
  const search = view.search.trim().toLowerCase();
  const matches = (spot: Spot): boolean => search === '' || spotText(spot).includes(search);
  let left = room;
  let folded = 0;
  const inbound = Map.groupBy(
    places.edges.filter(({ to }) => view.opened.has(to.card.key)),
    ({ to }) => to.card,
  );
  const tiersOf = (card: CardPlace): readonly Tier[] | null => {
    if (card.kind === 'addresses' || !view.opened.has(card.key)) return null;
    const tiers = buildTiers({ card, inbound: inbound.get(card) ?? [], matches, room: left, add: registry.add });
    left -= tiers.shown;
    folded += card.spots.length - tiers.shown;
    return tiers.tiers;
  };
  const build = (card: CardPlace): Card => {
    const base = { key: card.key, district: card.district.key, name: displayText(card.name) };
    const tiers = tiersOf(card);
    if (tiers === null)
      registry.add({ ...base, card: card.key, districtName: displayText(card.district.name) }, card.spots);
    const named = search !== '' && card.name.toLowerCase().includes(search);
    return {
      ...base,
      kind: card.kind,
      size: card.spots.length,
      managed: card.spots.filter((spot) => spot.workload?.managed).length,
      tally: card.tally,
      matches: named || card.spots.some(matches),
      tiers,
    };
  };
  return { card: build, folded: () => folded };
}

const searchedLength = 300;

function spotText(spot: Spot): string {
  const labels = Object.entries(spot.workload?.labels ?? {}).map(
    ([key, value]) => `${key}=${value.slice(0, searchedLength)}`,
  );
  return [spot.name.slice(0, searchedLength), ...labels].join(' ').toLowerCase();
}

function groupDistricts(cards: readonly (Card & { readonly place: DistrictPlace })[]): District[] {
  const groups = Map.groupBy(cards, (card) => card.place.key);
  return [...groups].map(([key, list]) => {
    const tally = emptyTally();
    for (const card of list) addTally(tally, card.tally);
    const { kind, name } = list[0]?.place ?? noPlace;
    return { kind, key, name: displayText(name), cards: list.map(({ place: _, ...card }) => card), tally };
  });
}

const noPlace: DistrictPlace = { kind: 'no-environment', key: '', name: '' };
