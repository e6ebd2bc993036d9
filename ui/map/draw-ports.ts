import type { Rect } from '../scene/geometry.ts';
import type { SceneEdge } from '../scene/scene.ts';
import { worstFirst } from '../scene/tally.ts';
import { touches } from '../scene/visible-edges.ts';
import { drawText } from './canvas-text.ts';
import { type Frame, isSeen, toScreen } from './frame.ts';
import { type InTheWay, labelPlace } from './label-place.ts';

/** Ports on the focused edges, each where it covers neither another label nor a card that is looked at. */
export function drawPorts(frame: Frame): void {
  const { picture } = frame;
  const { selected, focus } = picture;
  const focused = selected !== null ? [selected] : picture.drawn.filter((edge) => touches(edge, focus));
  if (focused.length === 0) return;
  const looked = endsOf(frame, focused);
  const others = cardsInSight(frame);
  for (const edge of focused.sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state))) {
    if (edge.ports === '') continue;
    const label = placeOf(frame, edge, { looked, others });
    if (label === null) continue;
    looked.push(label);
    drawPortLabel(frame, edge, label);
  }
}

const labelHeight = 18;

/** The ends of what is looked at, and the names of roles in their cards. */
function endsOf(frame: Frame, edges: readonly SceneEdge[]): Rect[] {
  const { layout } = frame.picture;
  const ends = [...new Set(edges.flatMap((edge) => [edge.from, edge.to]))];
  const cards = [...new Set(edges.flatMap((edge) => [edge.fromCard, edge.toCard]))];
  const boxes = [
    ...ends.map((key) => layout.dots.get(key) ?? layout.cards.get(key)),
    ...cards.flatMap((key) => layout.cards.get(key)?.headings ?? []),
  ];
  return boxes.flatMap((box) => (box === undefined ? [] : [onScreen(frame, box)]));
}

/** World units: where the name of an opened card or a district stands, and how large it is. */
const title = { width: 280, height: 34 };

/** Workloads, cards that are closed, and the titles of what is not. */
function cardsInSight(frame: Frame): Rect[] {
  const { cards, dots, districts } = frame.picture.layout;
  const { opened = [], closed = [] } = Object.groupBy(cards.values(), ({ inner }) => (inner ? 'opened' : 'closed'));
  const titles = [...districts.values(), ...opened].map(({ x, y, width }) => {
    return { x, y, width: Math.min(width, title.width), height: title.height };
  });
  return [...dots.values(), ...closed, ...titles]
    .filter((box) => isSeen(frame, box))
    .map((box) => onScreen(frame, box));
}

function onScreen(frame: Frame, box: Rect): Rect {
  const { k } = frame.camera;
  return { ...toScreen(frame, box), width: box.width * k, height: box.height * k };
}

function placeOf(frame: Frame, edge: SceneEdge, inTheWay: InTheWay): Rect | null {
  const { context, theme, picture } = frame;
  context.font = `500 11px ${theme.font}`;
  const width = Math.min(180, context.measureText(edge.ports).width) + 12;
  const points = (picture.paths.get(edge.key)?.points ?? []).map((point) => toScreen(frame, point));
  return labelPlace({ points, width, height: labelHeight, alone: edge === picture.selected }, inTheWay);
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
