import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { type EdgePath, edgePaths } from '../scene/edge-paths.ts';
import { type HitTest, hitTest } from '../scene/hit.ts';
import type { Layout } from '../scene/layout.ts';
import type { Card, Dot, Scene, SceneEdge } from '../scene/scene.ts';
import { type Trunk, trunks } from '../scene/trunks.ts';
import { touches, visibleEdges } from '../scene/visible-edges.ts';

/** Everything that drawing and pointing look up, computed once per scene, layout and focus. */
export type Picture = {
  readonly scene: Scene;
  readonly layout: Layout;
  readonly cards: ReadonlyMap<string, Card>;
  readonly dots: ReadonlyMap<string, Dot>;
  readonly edges: ReadonlyMap<string, SceneEdge>;
  readonly paths: ReadonlyMap<string, EdgePath>;
  readonly drawn: readonly SceneEdge[];
  readonly quiet: number;
  /** Of what is drawn and has nothing to do with the focus. */
  readonly trunks: ReadonlyMap<DecisionState, readonly Trunk[]>;
  readonly focus: string | null;
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

export function picture(mapped: Mapped, wanted: string | null): Picture {
  const focus = wanted !== null && (mapped.cards.has(wanted) || mapped.dots.has(wanted)) ? wanted : null;
  const { drawn, quiet } = visibleEdges(mapped.scene, focus);
  const paths = drawn.flatMap((edge) => mapped.paths.get(edge.key) ?? []);
  const rest = Map.groupBy(
    drawn.filter((edge) => !touches(edge, focus)),
    (edge) => edge.state,
  );
  const trunksOf = (edges: readonly SceneEdge[]): Trunk[] =>
    trunks(edges.flatMap((edge) => mapped.paths.get(edge.key) ?? []));
  const merged = new Map([...rest].map(([state, edges]) => [state, trunksOf(edges)]));
  return {
    ...mapped,
    drawn,
    quiet,
    trunks: merged,
    focus,
    lit: litBy(mapped, focus),
    hit: hitTest(mapped.layout, paths),
  };
}

function litBy({ scene, layout }: Mapped, focus: string | null): ReadonlySet<string> | null {
  if (focus === null) return null;
  const card = layout.dots.get(focus)?.card;
  const lit = new Set([focus, ...(card === undefined ? [] : [card])]);
  for (const edge of scene.edges) {
    if (!touches(edge, focus)) continue;
    for (const end of [edge.from, edge.to, edge.fromCard, edge.toCard]) lit.add(end);
  }
  return lit;
}
