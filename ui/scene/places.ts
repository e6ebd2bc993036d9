import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { AddressEnd, Edge, EdgeEnd, WorkloadEnd } from '@bulkhead/flows/edge.ts';
import { plainText } from '@bulkhead/flows/edge-text.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type AddressGroups, addressGroups } from './address-groups.ts';
import type { CardKind, DistrictKind, SceneInput, SceneView, SceneWorkload } from './scene.ts';
import { emptyTally, type MutableTally, stateUnder } from './tally.ts';

export type DistrictPlace = { readonly kind: DistrictKind; readonly key: string; readonly name: string };

export type CardPlace = {
  readonly kind: CardKind;
  readonly key: string;
  readonly name: string;
  readonly district: DistrictPlace;
  readonly spots: Spot[];
  readonly tally: MutableTally;
};

/** Where one end of edges is: a workload in an app, or one address behind a prefix. */
export type Spot = {
  readonly name: string;
  readonly card: CardPlace;
  readonly workload: SceneWorkload | null;
  readonly tally: MutableTally;
};

/** An edge with its ends found and its state under the view. */
export type PlacedEdge = {
  readonly edge: Edge;
  readonly from: Spot;
  readonly to: Spot;
  readonly state: DecisionState;
};

export type Places = { readonly cards: readonly CardPlace[]; readonly edges: readonly PlacedEdge[] };

/** A workload is where its labels are now; one that is not listed, where its newest edge saw it. */
export function placeEnds(input: SceneInput, view: SceneView): Places {
  const cards = new Map<string, CardPlace>();
  const spotOf = spotFinder(cards, addressGroups(input.prefixes ?? []));
  for (const workload of input.workloads) spotOf.workload(workload);
  for (const workload of unlisted(input)) spotOf.workload(workload);
  const edges = input.edges.map((edge) => {
    const state = stateUnder(edge, view.decision);
    return tallied({ edge, from: spotOf.end(edge.from), to: spotOf.end(edge.to), state });
  });
  return { cards: [...cards.values()], edges };
}

/** Each tally counts the edge once, also where both ends share it. */
function tallied(placed: PlacedEdge): PlacedEdge {
  const { from, to, state } = placed;
  from.tally[state]++;
  if (to !== from) to.tally[state]++;
  from.card.tally[state]++;
  if (to.card !== from.card) to.card.tally[state]++;
  return placed;
}

type Sighting = { readonly edge: Edge; readonly end: WorkloadEnd };

function unlisted(input: SceneInput): SceneWorkload[] {
  const listed = new Set(input.workloads.map((workload) => workload.name));
  const newest = new Map<string, Sighting>();
  const look = (edge: Edge, end: EdgeEnd): void => {
    if (end.kind === 'address' || listed.has(end.name)) return;
    const seen = newest.get(end.name);
    if (seen === undefined || isNewer(edge, seen.edge)) newest.set(end.name, { edge, end });
  };
  for (const edge of input.edges) {
    look(edge, edge.from);
    look(edge, edge.to);
  }
  return [...newest.values()].map(({ end }) => ({ ...end, mode: null }));
}

function isNewer(a: Edge, b: Edge): boolean {
  return a.last > b.last || (a.last === b.last && a.key > b.key);
}

type SpotFinder = {
  readonly workload: (workload: SceneWorkload) => Spot;
  readonly end: (end: EdgeEnd) => Spot;
};

function spotFinder(cards: Map<string, CardPlace>, groups: AddressGroups): SpotFinder {
  const nameOf = appNames();
  const workloads = new Map<string, Spot>();
  // By network, then address: joining the two for every edge costs more than a second look-up.
  const networks = new Map<string, Map<string, Spot>>();
  const workload = (found: SceneWorkload): Spot =>
    remember(workloads, found.name, () => addSpot(cards, nameOf(found.labels), { name: found.name, workload: found }));
  const address = (end: AddressEnd): Spot =>
    remember(remember(networks, end.network, newAddresses), end.address, () =>
      addSpot(cards, prefixCard(groups(end)), { name: end.address, workload: null }),
    );
  return {
    workload,
    end: (end) =>
      end.kind === 'address' ? address(end) : (workloads.get(end.name) ?? workload({ ...end, mode: null })),
  };
}

const newAddresses = () => new Map<string, Spot>();

function remember<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

type CardName = Pick<CardPlace, 'kind' | 'key' | 'name' | 'district'>;

function addSpot(cards: Map<string, CardPlace>, card: CardName, spot: Pick<Spot, 'name' | 'workload'>): Spot {
  const place = remember(cards, card.key, () => ({ ...card, spots: [], tally: emptyTally() }));
  const added: Spot = { ...spot, card: place, tally: emptyTally() };
  place.spots.push(added);
  return added;
}

/** Not "outside": that may as well be an environment of somebody. */
const outside: DistrictPlace = { kind: 'outside', key: 'outside', name: 'addresses' };

function prefixCard(name: string): CardName {
  return { kind: 'addresses', key: `outside/${plainText(name)}`, name, district: outside };
}

/** Names are put together once per app and not once per workload. */
function appNames(): (labels: Labels) => CardName {
  const environments = new Map<string | null, Map<string | null, CardName>>();
  return (labels) => {
    const apps = remember(environments, label(labels, 'env'), () => new Map<string | null, CardName>());
    return remember(apps, label(labels, 'app'), () => appOf(labels));
  };
}

function appOf(labels: Labels): CardName {
  const district = districtOf(label(labels, 'env'));
  const app = label(labels, 'app');
  if (app === null) return { kind: 'no-app', key: cardKey(labels), name: 'no app', district };
  return { kind: 'app', key: cardKey(labels), name: app, district };
}

/** The key of the card that holds workloads with these labels: `env=prod/app=shop`, `-` where a label is missing. */
export function cardKey(labels: Labels): string {
  return `${districtOf(label(labels, 'env')).key}/app=${valueText(label(labels, 'app'))}`;
}

function districtOf(env: string | null): DistrictPlace {
  if (env === null) return { kind: 'no-environment', key: 'env=-', name: 'no environment' };
  return { kind: 'environment', key: `env=${valueText(env)}`, name: env };
}

function valueText(value: string | null): string {
  if (value === null) return '-';
  return value === '-' || value.includes('/') ? JSON.stringify(value) : plainText(value);
}

export function label(labels: Labels, key: string): string | null {
  return Object.hasOwn(labels, key) ? (labels[key] ?? null) : null;
}
