import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { crowdedFrom } from '../scene/edge-paths.ts';
import type { Point } from '../scene/geometry.ts';
import type { SceneEdge } from '../scene/scene.ts';
import { isQuiet } from '../scene/silence.ts';
import { worstFirst } from '../scene/tally.ts';
import type { Trunk } from '../scene/trunks.ts';
import { touches } from '../scene/visible-edges.ts';
import type { Frame } from './frame.ts';
import { stateDashes } from './map-theme.ts';

const bendRadius = 9;

/** Calm edges first, so that what is not allowed lies above them; each state is one stroke. */
export function drawEdges(frame: Frame): void {
  const { picture } = frame;
  const { focus, selected } = picture;
  const isLit = (edge: SceneEdge): boolean => touches(edge, focus) || edge === selected;
  const byState = Map.groupBy(
    picture.drawn.filter((edge) => !isLit(edge)),
    (edge) => edge.state,
  );
  const isCrowded = picture.scene.edges.length > crowdedFrom;
  for (const state of worstFirst.toReversed()) {
    const stroke = { state, alpha: restAlpha(frame, state), width: 1 };
    if (isCrowded) strokeTrunks(frame, picture.trunks.get(state) ?? [], stroke);
    else strokeRest(frame, byState.get(state) ?? [], stroke);
  }
  if (!isCrowded && focus === null && selected === null) drawArrows(frame, picture.drawn);
  drawFocused(
    frame,
    picture.drawn.filter((edge) => isLit(edge) && edge !== selected),
  );
  if (selected !== null) drawSelected(frame, selected);
}

/** What is quiet is fainter, so that what goes on now is seen first. */
function strokeRest(frame: Frame, edges: readonly SceneEdge[], stroke: Stroke): void {
  strokeEdges(frame, edges.filter(isQuiet), { ...stroke, alpha: stroke.alpha * 0.35 });
  strokeEdges(
    frame,
    edges.filter((edge) => !isQuiet(edge)),
    stroke,
  );
}

function drawArrows(frame: Frame, edges: readonly SceneEdge[]): void {
  for (const edge of edges) drawArrow(frame, edge);
}

function restAlpha({ picture, theme }: Frame, state: DecisionState): number {
  const isCalm = state === 'allowed' || state === 'unknown';
  if (picture.selected !== null) return 0.12;
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

/** Beside a selected edge they are what it might be mistaken for, and are told apart. */
function drawFocused(frame: Frame, lit: readonly SceneEdge[]): void {
  const isBeside = frame.picture.selected !== null;
  // Many thick lines in one gutter would be one block.
  const growth = lit.length > 12 ? 0.15 : 0.5;
  const sorted = [...lit].sort((a, b) => worstFirst.indexOf(b.state) - worstFirst.indexOf(a.state));
  for (const edge of sorted) {
    const stroke = { state: edge.state, alpha: isBeside ? 0.3 : 1, width: isBeside ? 1 : widthOf(edge, growth) };
    strokeEdges(frame, [edge], stroke);
    if (!isBeside) drawArrow(frame, edge);
  }
}

/** Wider by `growth` for ten times the connections. */
const widthOf = ({ connections }: SceneEdge, growth: number): number =>
  1.25 + Math.min(2.25, Math.log10(connections + 1) * growth);

/** On a halo in the colour of the focus, on a gap that cuts it out of what runs beside it. */
function drawSelected(frame: Frame, edge: SceneEdge): void {
  const { context, camera, theme, picture } = frame;
  const width = Math.max(2.5, widthOf(edge, 0.5));
  const around = [
    { colour: theme.panel, alpha: 1, width: width + 12 },
    { colour: theme.focus, alpha: 0.28, width: width + 9 },
    { colour: theme.panel, alpha: 1, width: width + 3 },
  ];
  context.lineJoin = 'round';
  context.beginPath();
  tracePath(frame, picture.paths.get(edge.key)?.points ?? []);
  for (const { colour, alpha, width: wide } of around) {
    context.strokeStyle = colour;
    context.globalAlpha = alpha;
    context.lineWidth = wide / camera.k;
    context.stroke();
  }
  context.globalAlpha = 1;
  strokeEdges(frame, [edge], { state: edge.state, alpha: 1, width });
  drawArrow(frame, edge, 1.5);
}

function drawArrow({ context, camera, theme, picture }: Frame, edge: SceneEdge, scale = 1): void {
  const points = picture.paths.get(edge.key)?.points ?? [];
  const [tail, tip] = [points.at(-2), points.at(-1)];
  if (tail === undefined || tip === undefined) return;
  const size = scale * Math.min(9, 7 / camera.k);
  const way = Math.sign(tip.x - tail.x) || 1;
  context.fillStyle = theme.states[edge.state];
  context.beginPath();
  context.moveTo(tip.x, tip.y);
  context.lineTo(tip.x - way * size, tip.y - size * 0.55);
  context.lineTo(tip.x - way * size, tip.y + size * 0.55);
  context.fill();
}
