import { overlaps, type Point, type Rect } from '../scene/geometry.ts';
import type { SceneEdge } from '../scene/scene.ts';
import { worstFirst } from '../scene/tally.ts';
import { touches } from '../scene/visible-edges.ts';
import { drawText } from './canvas-text.ts';
import { type Frame, toScreen } from './frame.ts';

/** Ports on the focused edges, each where it covers neither another label nor a card that is looked at. */
export function drawPorts(frame: Frame): void {
  const { picture } = frame;
  const { selected, focus } = picture;
  const focused = selected !== null ? [selected] : picture.drawn.filter((edge) => touches(edge, focus));
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
/** Screen pixels above and below a line. */
const besides = [-1, 1, -2, 2, -3, 3].map((lines) => lines * (labelHeight + 2));

/** The ends of what is looked at, and the names of roles in their cards. */
function obstacles(frame: Frame, edges: readonly SceneEdge[]): Rect[] {
  const { layout } = frame.picture;
  const { k } = frame.camera;
  const ends = [...new Set(edges.flatMap((edge) => [edge.from, edge.to]))];
  const cards = [...new Set(edges.flatMap((edge) => [edge.fromCard, edge.toCard]))];
  const boxes = [
    ...ends.map((key) => layout.dots.get(key) ?? layout.cards.get(key)),
    ...cards.flatMap((key) => layout.cards.get(key)?.headings ?? []),
  ];
  return boxes.flatMap((box) =>
    box === undefined ? [] : [{ ...toScreen(frame, box), width: box.width * k, height: box.height * k }],
  );
}

function freeLabel(frame: Frame, edge: SceneEdge, taken: readonly Rect[]): Rect | null {
  const { context, theme, picture } = frame;
  context.font = `500 11px ${theme.font}`;
  const width = Math.min(180, context.measureText(edge.ports).width) + 12;
  const places = labelPlaces(picture.paths.get(edge.key)?.points ?? []).map((at) => toScreen(frame, at));
  // Beside the line where it has no room on it; what is selected alone has all the room there is.
  for (const aside of edge === picture.selected ? [0, ...besides] : [0]) {
    for (const { x, y } of places) {
      const label = { x: x - width / 2, y: y - labelHeight / 2 + aside, width, height: labelHeight };
      if (!taken.some((other) => overlaps(label, other))) return label;
    }
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
