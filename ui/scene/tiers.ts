import { plainText } from '@bulkhead/flows/edge-text.ts';
import { compareNames, displayText } from './display-text.ts';
import { type Arc, layerNames } from './layers.ts';
import type { VisibleNode } from './pick-visible.ts';
import { type CardPlace, label, type PlacedEdge, type Spot } from './places.ts';
import { countService, portsText } from './ports-text.ts';
import type { Dot, RestDot, Tier } from './scene.ts';
import { addTally, emptyTally, notAllowed } from './tally.ts';

export type TierInput = {
  readonly card: CardPlace;
  /** Edges that end in the card. */
  readonly inbound: readonly PlacedEdge[];
  readonly matches: (spot: Spot) => boolean;
  readonly room: number;
  readonly add: (node: Omit<VisibleNode, 'index'>, spots: readonly Spot[]) => void;
};

const noRole = 'no role';
/** More in one card is a list, not a picture. */
const shownPerCard = 120;

/** The workloads of an app by role; those with most that is not allowed stay when there is no room for all. */
export function buildTiers(input: TierInput): { readonly tiers: readonly Tier[]; readonly shown: number } {
  const { card, inbound, room } = input;
  const ranked = [...card.spots].sort(
    (a, b) => notAllowed(b.tally) - notAllowed(a.tally) || compareNames(a.name, b.name),
  );
  const shown = ranked.slice(0, Math.min(room, shownPerCard));
  const inside = inbound.filter(({ from }) => from.card === card);
  const ports = servedPorts(inbound);
  const byRole = Map.groupBy(
    shown.sort((a, b) => compareNames(a.name, b.name)),
    roleOf,
  );
  const roles = [...byRole.keys()].sort(compareNames);
  const layers = layerNames(roles, roleArcs(inside));
  const tiers = roles.map((role): Tier => {
    const dots = (byRole.get(role) ?? []).map((spot) => workloadDot(input, spot, ports.get(spot)));
    return { name: displayText(role), layer: layers.get(role) ?? 0, dots };
  });
  tiers.sort((a, b) => a.layer - b.layer);
  const rest = ranked.slice(shown.length);
  return {
    tiers: rest.length === 0 ? tiers : [...tiers, restTier(input, rest, tiers.at(-1)?.layer ?? 0)],
    shown: shown.length,
  };
}

function roleOf(spot: Spot): string {
  return label(spot.workload?.labels ?? {}, 'role') ?? noRole;
}

function roleArcs(edges: readonly PlacedEdge[]): Arc[] {
  const weights = new Map<string, Map<string, number>>();
  for (const { from, to, edge } of edges) {
    const row = weights.get(roleOf(from)) ?? new Map<string, number>();
    weights.set(roleOf(from), row);
    row.set(roleOf(to), (row.get(roleOf(to)) ?? 0) + edge.attempts);
  }
  return [...weights].flatMap(([from, row]) => [...row].map(([to, weight]) => ({ from, to, weight })));
}

function servedPorts(edges: readonly PlacedEdge[]): Map<Spot, Map<string, number>> {
  const ports = new Map<Spot, Map<string, number>>();
  for (const { to, edge } of edges) {
    const services = ports.get(to) ?? new Map<string, number>();
    ports.set(to, services);
    countService(services, edge.serviceText, edge.attempts);
  }
  return ports;
}

function workloadDot(
  { card, matches, add }: TierInput,
  spot: Spot,
  ports: ReadonlyMap<string, number> | undefined,
): Dot {
  const key = `${card.key}/workload=${plainText(spot.name)}`;
  const name = displayText(spot.name);
  add(nodeIn(card, key, name), [spot]);
  return {
    kind: 'workload',
    key,
    name,
    managed: spot.workload?.managed ?? false,
    mode: spot.workload?.mode ?? null,
    tally: spot.tally,
    matches: matches(spot),
    ports: portsText(ports ?? new Map()),
  };
}

function nodeIn({ key: card, district }: CardPlace, key: string, name: string): Omit<VisibleNode, 'index'> {
  return { key, name, card, district: district.key, districtName: displayText(district.name) };
}

function restTier({ card, matches, add }: TierInput, spots: readonly Spot[], layer: number): Tier {
  const name = `${spots.length} more`;
  const key = `${card.key}/rest`;
  add(nodeIn(card, key, name), spots);
  const tally = emptyTally();
  for (const spot of spots) addTally(tally, spot.tally);
  const dot: RestDot = { kind: 'rest', key, name, size: spots.length, tally, matches: spots.some(matches), ports: '' };
  return { name: 'not shown', layer: layer + 1, dots: [dot] };
}
