import { plural } from '../policy/preview-text.ts';
import type { Card, Dot, SceneEdge } from '../scene/scene.ts';
import { silenceText } from '../scene/silence.ts';
import { type Tally, worstFirst } from '../scene/tally.ts';
import { cardSubtitle } from './draw-parts.ts';
import { stateWords } from './map-theme.ts';
import type { Picture } from './picture.ts';

/** What the map says to those who do not see it. */
export function describeKey(picture: Picture, key: string | null): string {
  if (key === null) return '';
  const card = picture.cards.get(key);
  if (card !== undefined) return describeCard(card, picture.scene.edges);
  const dot = picture.dots.get(key);
  if (dot !== undefined) return describeDot(dot);
  const edge = picture.edges.get(key);
  return edge === undefined ? '' : describeEdge(edge);
}

function describeCard(card: Card, edges: readonly SceneEdge[]): string {
  const incoming = edges.filter((edge) => edge.toCard === card.key && edge.fromCard !== card.key).length;
  const outgoing = edges.filter((edge) => edge.fromCard === card.key && edge.toCard !== card.key).length;
  const opened = card.tiers === null ? '' : ', opened';
  return `${card.name}${opened}: ${cardSubtitle(card)}; ${incoming} ${incoming === 1 ? 'edge' : 'edges'} in, ${outgoing} out; ${tallyText(card.tally)}`;
}

function describeDot(dot: Dot): string {
  const kind = dot.kind === 'rest' ? 'workloads' : dot.managed ? 'managed workload' : 'unmanaged workload';
  const serves = dot.ports === '' ? '' : `; serves ${dot.ports}`;
  return `${dot.name}, ${kind}${serves}; ${tallyText(dot.tally)}`;
}

/** With the district, for many environments have an app of the same name. */
export function fullName(edge: SceneEdge, end: 'from' | 'to'): string {
  return end === 'from' ? `${edge.fromDistrict} / ${edge.fromName}` : `${edge.toDistrict} / ${edge.toName}`;
}

export function describeEdge(edge: SceneEdge): string {
  return `${fullName(edge, 'from')} to ${fullName(edge, 'to')}, ${edge.ports}: ${plural(edge.connections, 'connection')}, ${tallyText(edge.tally)}; ${silenceText(edge)}`;
}

export function tallyText(tally: Tally): string {
  const parts = worstFirst.filter((state) => tally[state] > 0).map((state) => `${tally[state]} ${stateWords[state]}`);
  return parts.length === 0 ? 'no edges' : `edges: ${parts.join(', ')}`;
}
