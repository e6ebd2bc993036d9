import type { Scene, SceneEdge } from './scene.ts';

/** What the map draws of a scene's edges; `folded` ones are told by the tallies of their cards until focused. */
export type VisibleEdges = { readonly drawn: readonly SceneEdge[]; readonly folded: number };

/** With more allowed edges than this within a district, or across districts, none of them can be followed by eye. */
export const followable = { district: 40, across: 160 } as const;

export type Looked = { readonly focus: string | null; readonly selected: SceneEdge | null };

/** What is not allowed, what is selected or touches the focus, and what is allowed where there is little of it. */
export function visibleEdges(scene: Pick<Scene, 'edges'>, { focus, selected }: Looked): VisibleEdges {
  const groups = new Map<string, number>();
  for (const edge of scene.edges) {
    if (isCalm(edge)) groups.set(groupOf(edge), (groups.get(groupOf(edge)) ?? 0) + 1);
  }
  const isCrowded = (edge: SceneEdge): boolean =>
    (groups.get(groupOf(edge)) ?? 0) > (edge.reach === 'across' ? followable.across : followable.district);
  const isLooked = (edge: SceneEdge): boolean => edge === selected || touches(edge, focus);
  const drawn = scene.edges.filter((edge) => !isCalm(edge) || isLooked(edge) || !isCrowded(edge));
  return { drawn, folded: scene.edges.length - drawn.length };
}

/** Whether the edge ends on the node, or on a workload of the card. */
export function touches(edge: SceneEdge, focus: string | null): boolean {
  return focus !== null && [edge.from, edge.to, edge.fromCard, edge.toCard].includes(focus);
}

const isCalm = (edge: SceneEdge): boolean => edge.state === 'allowed' || edge.state === 'unknown';

function groupOf(edge: SceneEdge): string {
  if (edge.reach === 'across') return 'across';
  return edge.reach === 'card' ? edge.fromCard : edge.district;
}
