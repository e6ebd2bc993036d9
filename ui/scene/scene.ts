import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { Edge } from '@bulkhead/flows/edge.ts';
import type { Labels, ModeName } from '@bulkhead/model/words.ts';
import { collectBundles } from './bundles.ts';
import { pickVisible } from './pick-visible.ts';
import { placeEnds } from './places.ts';
import type { Tally } from './tally.ts';

/** `mode` is null where nobody says; an unmanaged workload has none. */
export type SceneWorkload = {
  readonly name: string;
  readonly labels: Labels;
  readonly managed: boolean;
  readonly mode: ModeName | null;
};

/** Names addresses outside; the longest prefix that holds an address wins. A malformed prefix holds none. */
export type KnownPrefix = { readonly name: string; readonly prefix: string };

export type SceneInput = {
  readonly edges: readonly Edge[];
  readonly workloads: readonly SceneWorkload[];
  readonly prefixes?: readonly KnownPrefix[];
};

export type SceneView = {
  readonly decision: 'effective' | 'intended';
  /** Edges in other states are not drawn; the tallies of cards count them still. */
  readonly show: ReadonlySet<DecisionState>;
  /** Keys of opened app cards. */
  readonly opened: ReadonlySet<string>;
  /** Key of a card or workload: its edges are kept before any others. */
  readonly focus: string | null;
  /** Empty: everything matches. */
  readonly search: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

export type DistrictKind = 'environment' | 'no-environment' | 'outside';
export type CardKind = 'app' | 'no-app' | 'addresses';

/** A place that holds cards: one environment, or everything no workload owns. `name` is safe to draw. */
export type District = {
  readonly kind: DistrictKind;
  readonly key: string;
  readonly name: string;
  readonly cards: readonly Card[];
  readonly tally: Tally;
};

export type Card = {
  readonly kind: CardKind;
  readonly key: string;
  readonly district: string;
  readonly name: string;
  /** Workloads of an app, or addresses seen behind a prefix. */
  readonly size: number;
  readonly managed: number;
  /** Edges with an end here, each once. */
  readonly tally: Tally;
  readonly matches: boolean;
  /** Null while closed. */
  readonly tiers: readonly Tier[] | null;
};

/** Workloads of one role, left to right by `layer`: 0 is where traffic comes in. */
export type Tier = { readonly name: string; readonly layer: number; readonly dots: readonly Dot[] };

export type Dot = WorkloadDot | RestDot;

export type WorkloadDot = {
  readonly kind: 'workload';
  readonly key: string;
  readonly name: string;
  readonly managed: boolean;
  readonly mode: ModeName | null;
  readonly tally: Tally;
  readonly matches: boolean;
  /** Services it was seen to serve, most used first. */
  readonly ports: string;
};

/** Workloads of an opened app that had no room; their edges end here. */
export type RestDot = {
  readonly kind: 'rest';
  readonly key: string;
  readonly name: string;
  readonly size: number;
  readonly tally: Tally;
  readonly matches: boolean;
  readonly ports: string;
};

/** Everything from one visible end to another. Traffic within a closed card is in its tally only. */
export type SceneEdge = {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly fromName: string;
  readonly toName: string;
  /** Names of their districts. */
  readonly fromDistrict: string;
  readonly toDistrict: string;
  /** The cards that the ends are or are in, and the district of `fromCard`. */
  readonly fromCard: string;
  readonly toCard: string;
  readonly district: string;
  /** The worst of what it bundles. */
  readonly state: DecisionState;
  readonly reach: 'card' | 'district' | 'across';
  readonly connections: number;
  readonly denied: number;
  readonly wouldBeDenied: number;
  /** Underlying edges by state; `size` is their sum. */
  readonly tally: Tally;
  readonly size: number;
  readonly ports: string;
  /** Milliseconds since its last connection; the clocks of hosts may be ahead, but never below 0. */
  readonly silence: number;
  /** Keys of underlying edges, the first `underlyingLimit` of them. */
  readonly underlying: readonly string[];
};

/** What the limits left out: cards with all they hold, workloads folded into a rest, bundled edges. */
export type Omitted = { readonly cards: number; readonly workloads: number; readonly edges: number };

export type Scene = {
  readonly districts: readonly District[];
  readonly edges: readonly SceneEdge[];
  readonly omitted: Omitted;
};

/** What Canvas 2D draws at 60 frames a second without a GPU, and about what an eye can still follow. */
export const sceneLimits = { nodes: 500, edges: 2000, underlying: 100 } as const;

/** Linear in edges and workloads. Depends on its arguments alone, not on their order. */
export function buildScene(input: SceneInput, view: SceneView): Scene {
  const places = placeEnds(input, view);
  const visible = pickVisible(places, view);
  const { edges, left } = collectBundles({ places, visible, view });
  return { districts: visible.districts, edges, omitted: { ...visible.omitted, edges: left } };
}
