import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { crowdedFrom } from '../scene/edge-paths.ts';
import { overlaps, type Point, type Rect } from '../scene/geometry.ts';
import type { SceneEdge } from '../scene/scene.ts';
import { worstFirst } from '../scene/tally.ts';
import type { Trunk } from '../scene/trunks.ts';
import { touches } from '../scene/visible-edges.ts';
import { drawText } from './canvas-text.ts';
import { type Frame, toScreen } from './frame.ts';
import { stateDashes } from './map-theme.ts';

const bendRadius = 9;

/** Calm edges first, so that what is not allowed lies above them; each state is one stroke. */
export function drawEdges(frame: Frame): void {
  const { picture, selected } = frame;
  const isLit = (edge: SceneEdge): boolean => touches(edge, picture.focus) || edge.key === selected;
  const byState = Map.groupBy(
    picture.drawn.filter((edge) => !isLit(edge)),
    (edge) => edge.state,
  );
  const isCrowded = picture.scene.edges.length > crowdedFrom;
  for (const state of worstFirst.toReversed()) {
    const stroke = { state, alpha: restAlpha(frame, state), width: 1 };
    if (isCrowded) strokeTrunks(frame, picture.trunks.get(state) ?? [], stroke);
    else strokeEdges(frame, byState.get(state) ?? [], stroke);
  }
  if (!isCrowded && picture.focus === null) drawArrows(frame, picture.drawn);
  const lit = picture.drawn.filter(isLit).sort((a, b) => worstFirst.indexOf(b.state) - worstFirst.indexOf(a.state));
  // Many thick lines in one gutter would be one block.
  const growth = lit.length > 12 ? 0.15 : 0.5;
  for (const edge of lit) drawFocused(frame, edge, growth);
}

function drawArrows(frame: Frame, edges: readonly SceneEdge[]): void {
  for (const edge of edges) drawArrow(frame, edge);
}

function restAlpha({ picture, theme }: Frame, state: DecisionState): number {
  const isCalm = state === 'allowed' || state === 'unknown';
  if (picture.focus !== null) return isCalm ? 0.1 : 0.2;
  if (picture.scene.edges.length > crowdedFrom) return isCalm ? 0.35 : 0.6;
  return isCalm && theme.kind === 'dark' ? 0.75 : 0.9;
}

/** One line where many edges run. */
function strokeTrunks(frame: Frame, lines: readonly Trunk[], { state, alpha, width }: Stroke): void {
  const { context, camera, theme } = frame;
  const dashes = stateDashes[state].map((length) => length / camera.k);
  context.strokeStyle = theme.states[state];
  context.globalAlpha = alpha;
  context.lineWidth = width / camera.k;
  context.setLineDash(dashes);
  context.beginPath();
  for (const { a, b } of lines) {
    if (isOutside([a, b], frame.area)) continue;
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
  }
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

type Stroke = { readonly state: DecisionState; readonly alpha: number; readonly width: number };

function strokeEdges(frame: Frame, edges: readonly SceneEdge[], { state, alpha, width }: Stroke): void {
  if (edges.length === 0) return;
  const { context, camera, theme, picture } = frame;
  context.beginPath();
  for (const edge of edges) tracePath(frame, picture.paths.get(edge.key)?.points ?? []);
  context.strokeStyle = theme.states[state];
  context.globalAlpha = alpha;
  context.lineWidth = width / camera.k;
  context.setLineDash(stateDashes[state].map((length) => length / camera.k));
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function tracePath({ context, area }: Frame, points: readonly Point[]): void {
  const [first, ...rest] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || isOutside(points, area)) return;
  context.moveTo(first.x, first.y);
  for (const [index, point] of rest.entries()) {
    const before = points[index] ?? first;
    const after = rest[index + 1];
    if (after === undefined) context.lineTo(point.x, point.y);
    else context.arcTo(point.x, point.y, after.x, after.y, radiusAt(before, point, after));
  }
}

function radiusAt(before: Point, point: Point, after: Point): number {
  const entering = Math.hypot(point.x - before.x, point.y - before.y);
  const leaving = Math.hypot(after.x - point.x, after.y - point.y);
  return Math.min(bendRadius, entering / 2, leaving / 2);
}

function isOutside(points: readonly Point[], area: Frame['area']): boolean {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const isBeside = Math.max(...xs) < area.x || Math.min(...xs) > area.x + area.width;
  return isBeside || Math.max(...ys) < area.y || Math.min(...ys) > area.y + area.height;
}

/** `growth` is how much wider an edge is for ten times the connections. */
function drawFocused(frame: Frame, edge: SceneEdge, growth: number): void {
  const width = 1.25 + Math.min(2.25, Math.log10(edge.connections + 1) * growth);
  const isSelected = edge.key === frame.selected;
  if (isSelected) strokeEdges(frame, [edge], { state: edge.state, alpha: 0.25, width: width + 6 });
  strokeEdges(frame, [edge], { state: edge.state, alpha: 1, width });
  drawArrow(frame, edge);
}

function drawArrow({ context, camera, theme, picture }: Frame, edge: SceneEdge): void {
  const points = picture.paths.get(edge.key)?.points ?? [];
  const [tail, tip] = [points.at(-2), points.at(-1)];
  if (tail === undefined || tip === undefined) return;
  const size = Math.min(9, 7 / camera.k);
  const way = Math.sign(tip.x - tail.x) || 1;
  context.fillStyle = theme.states[edge.state];
  context.beginPath();
  context.moveTo(tip.x, tip.y);
  context.lineTo(tip.x - way * size, tip.y - size * 0.55);
  context.lineTo(tip.x - way * size, tip.y + size * 0.55);
  context.fill();
}

/** Ports on the focused edges, each where it covers neither another label nor a card that is looked at. */
export function drawPorts(frame: Frame): void {
  const { picture } = frame;
  const focused = picture.drawn.filter((edge) => touches(edge, picture.focus) || edge.key === frame.selected);
  const taken = obstacles(frame, focused);
  for (const edge of focused.sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state))) {
    if (edge.ports === '') continue;
    const label = freeLabel(frame, edge, taken);
    if (label === null) continue;
    taken.push(label);
    drawPortLabel(frame, edge, label);
  }
}

const labelHeight = 18;

function obstacles(frame: Frame, edges: readonly SceneEdge[]): Rect[] {
  const { layout } = frame.picture;
  const ends = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  return [...ends].flatMap((key) => {
    const box = layout.dots.get(key) ?? layout.cards.get(key);
    if (box === undefined) return [];
    const { k } = frame.camera;
    return [{ ...toScreen(frame, box), width: box.width * k, height: box.height * k }];
  });
}

function freeLabel(frame: Frame, edge: SceneEdge, taken: readonly Rect[]): Rect | null {
  const { context, theme, picture } = frame;
  context.font = `500 11px ${theme.font}`;
  const width = Math.min(180, context.measureText(edge.ports).width) + 12;
  for (const at of labelPlaces(picture.paths.get(edge.key)?.points ?? [])) {
    const { x, y } = toScreen(frame, at);
    const label = { x: x - width / 2, y: y - labelHeight / 2, width, height: labelHeight };
    if (!taken.some((other) => overlaps(label, other))) return label;
  }
  return null;
}

function drawPortLabel({ context, theme }: Frame, edge: SceneEdge, { x, y, width, height }: Rect): void {
  context.fillStyle = theme.card;
  context.strokeStyle = theme.states[edge.state];
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x, y, width, height, height / 2);
  context.fill();
  context.stroke();
  const line = { x: x + 6, y: y + height / 2 + 0.5, room: width - 10, size: 11, weight: 500 } as const;
  drawText(context, { ...line, text: edge.ports, colour: theme.text, font: theme.font });
}

/** Along the longest stretches first, from the middle of each outwards. */
function labelPlaces(points: readonly Point[]): Point[] {
  const stretches = points.slice(1).map((b, index) => ({ a: points[index] ?? b, b }));
  const length = ({ a, b }: { readonly a: Point; readonly b: Point }): number => Math.hypot(b.x - a.x, b.y - a.y);
  stretches.sort((one, other) => length(other) - length(one));
  return stretches.flatMap(({ a, b }) =>
    [0.5, 0.35, 0.65, 0.2, 0.8].map((t) => ({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t })),
  );
}
