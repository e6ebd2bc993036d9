import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { type EdgePath, edgePaths } from '../scene/edge-paths.ts';
import { boundsOf, type Rect } from '../scene/geometry.ts';
import { type HitTest, hitTest } from '../scene/hit.ts';
import type { Layout } from '../scene/layout.ts';
import type { Card, Dot, Scene, SceneEdge } from '../scene/scene.ts';
import { type Trunk, trunks } from '../scene/trunks.ts';
import { type Looked, touches, visibleEdges } from '../scene/visible-edges.ts';

/** Everything that drawing and pointing look up, computed once per scene, layout and focus. */
export type Picture = {
  readonly scene: Scene;
  readonly layout: Layout;
  readonly cards: ReadonlyMap<string, Card>;
  readonly dots: ReadonlyMap<string, Dot>;
  readonly edges: ReadonlyMap<string, SceneEdge>;
  readonly paths: ReadonlyMap<string, EdgePath>;
  readonly drawn: readonly SceneEdge[];
  /** Allowed edges that are drawn on focus only, because too many run there. */
  readonly folded: number;
  /** Of what is drawn and has nothing to do with the focus or the selection. */
  readonly trunks: ReadonlyMap<DecisionState, readonly Trunk[]>;
  readonly focus: string | null;
  /** The selected edge and where it ends. */
  readonly selected: SceneEdge | null;
  readonly ends: ReadonlySet<string>;
  /** Keys of cards and workloads that stay bright; null: all of them. */
  readonly lit: ReadonlySet<string> | null;
  readonly hit: HitTest;
};

export type Mapped = Pick<Picture, 'scene' | 'layout' | 'cards' | 'dots' | 'edges' | 'paths'>;

export function mapScene(scene: Scene, layout: Layout): Mapped {
  const cards = scene.districts.flatMap((district) => district.cards);
  const dots = cards.flatMap((card) => card.tiers ?? []).flatMap((tier) => tier.dots);
  return {
    scene,
    layout,
    cards: new Map(cards.map((card) => [card.key, card])),
    dots: new Map(dots.map((dot) => [dot.key, dot])),
    edges: new Map(scene.edges.map((edge) => [edge.key, edge])),
    paths: edgePaths(scene, layout),
  };
}

export type Wanted = { readonly focus: string | null; readonly selected: string | null };

export function picture(mapped: Mapped, wanted: Wanted): Picture {
  const isThere = wanted.focus !== null && (mapped.cards.has(wanted.focus) || mapped.dots.has(wanted.focus));
  const focus = isThere ? wanted.focus : null;
  const selected = mapped.edges.get(wanted.selected ?? '') ?? null;
  const { drawn, folded } = visibleEdges(mapped.scene, { focus, selected });
  const paths = drawn.flatMap((edge) => mapped.paths.get(edge.key) ?? []);
  const rest = Map.groupBy(
    drawn.filter((edge) => !touches(edge, focus) && edge !== selected),
    (edge) => edge.state,
  );
  const trunksOf = (edges: readonly SceneEdge[]): Trunk[] =>
    trunks(edges.flatMap((edge) => mapped.paths.get(edge.key) ?? []));
  const merged = new Map([...rest].map(([state, edges]) => [state, trunksOf(edges)]));
  return {
    ...mapped,
    drawn,
    folded,
    trunks: merged,
    focus,
    selected,
    ends: new Set(selected === null ? [] : [selected.from, selected.to]),
    lit: litBy(mapped, { focus, selected }),
    hit: hitTest(mapped.layout, paths),
  };
}

/** A selected edge is looked at alone, also where it is one of many of what has the focus. */
function litBy({ scene, layout }: Mapped, { focus, selected }: Looked): ReadonlySet<string> | null {
  if (selected !== null) return new Set([selected.from, selected.to, selected.fromCard, selected.toCard]);
  if (focus === null) return null;
  const card = layout.dots.get(focus)?.card;
  const lit = new Set([focus, ...(card === undefined ? [] : [card])]);
  for (const edge of scene.edges) {
    if (!touches(edge, focus)) continue;
    for (const end of [edge.from, edge.to, edge.fromCard, edge.toCard]) lit.add(end);
  }
  return lit;
}

/** The box of a card or workload. */
export function boxOf({ layout }: Mapped, key: string): Rect | null {
  return layout.dots.get(key) ?? layout.cards.get(key) ?? null;
}

/** All of an edge with both its ends. */
export function edgeBounds(mapped: Mapped, { key, from, to }: SceneEdge): Rect | null {
  const ends = [boxOf(mapped, from), boxOf(mapped, to)].filter((box) => box !== null);
  return boundsOf([...ends, ...(mapped.paths.get(key)?.points ?? [])]);
}
